"""Opens a device path again and again, registers, and reads the reply: a program that waits for the path and nothing else.

Prints each outcome that differs from the one before: `absent`, `served`, `false` (a file that takes a message and
gives none), or the name of the call and its errno.
"""
import errno
import os
import sys

path = sys.argv[1]
registration = bytes([100]) + bytes(7431)


def outcome():
    call = "open"
    try:
        device = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return "absent"
    except OSError as error:
        return f"open {errno.errorcode[error.errno]}"
    try:
        call = "write"
        os.write(device, registration)
        call = "read"
        reply = os.read(device, 7432)
        return "served" if len(reply) == 7432 and reply[0] == 100 else "false"
    except OSError as error:
        return f"{call} {errno.errorcode[error.errno]}"
    finally:
        os.close(device)


last = None
while True:
    now = outcome()
    if now != last:
        print(now, flush=True)
        last = now
