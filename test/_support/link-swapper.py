"""Puts a link in the place of whatever appears in a directory of this user: swap.py DIRECTORY TARGET."""
import itertools
import os
import sys

directory, target = sys.argv[1:]
os.chdir(directory)
print("ready", flush=True)
for number in itertools.count():
    for name in os.listdir("."):
        if name.startswith("taken-"):
            continue
        try:
            os.rename(name, f"taken-{number}")
            os.symlink(target, name)
        except OSError:
            pass
