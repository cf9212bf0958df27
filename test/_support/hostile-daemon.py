"""A daemon that breaks every rule it can, at random: hostile-daemon.py PATH SEED ACTIONS

Short, long, late, double and garbage answers, small buffers, closes in the middle, never reading, forgetting to
register. It ends by itself; only errors that the device documents are allowed.
"""

import errno
import os
import random
import select
import sys
import time

MESSAGE_BYTES = 7432
# EFAULT: a second registration while the reply to the first is unread.
ALLOWED = {errno.EINVAL, errno.EBUSY, errno.EAGAIN, errno.EINTR, errno.EFAULT}

path, seed, actions = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
chance = random.Random(seed)
fd = -1
last = bytes(MESSAGE_BYTES)


def readable(milliseconds):
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(milliseconds))


def register():
    os.write(fd, bytes([chance.choice([100, 100, 100, 4, 77])]).ljust(MESSAGE_BYTES, b"\0"))


def read():
    global last
    if readable(chance.choice([0, 1, 20])):
        last = os.read(fd, chance.choice([MESSAGE_BYTES, MESSAGE_BYTES, 100_000, 7431, 1, 4096]))


def answer():
    message = bytearray(last.ljust(MESSAGE_BYTES, b"\0"))
    message[0:4] = chance.choice([b"\0\0\0\0", b"\0\0\0\0", b"\x03\x01\x07\x80", bytes(chance.randbytes(4))])
    spoil = chance.random()
    if spoil < 0.3:
        start = chance.randrange(4, MESSAGE_BYTES)
        junk = chance.randbytes(chance.randrange(1, 3000))[: MESSAGE_BYTES - start]
        message[start : start + len(junk)] = junk
    elif spoil < 0.4:
        message[4:] = b"\xff" * (MESSAGE_BYTES - 4)
    elif spoil < 0.5:
        message[4:] = b"A" * (MESSAGE_BYTES - 4)
    length = chance.choice([MESSAGE_BYTES, MESSAGE_BYTES, MESSAGE_BYTES, 7431, 100, 60_000])
    os.write(fd, bytes(message[:length].ljust(length, b"\0")))
    if chance.random() < 0.2:
        os.write(fd, bytes(message))


def reopen():
    global fd
    if fd >= 0:
        os.close(fd)
    fd = os.open(path, os.O_RDWR | chance.choice([0, os.O_NONBLOCK]))


def close():
    global fd
    os.close(fd)
    fd = -1


def be_late():
    time.sleep(chance.choice([0, 0.01, 0.08]))


for _ in range(actions):
    try:
        if fd < 0:
            reopen()
            register()
        else:
            chance.choices(
                [read, answer, register, reopen, close, be_late], weights=[40, 40, 5, 3, 2, 10]
            )[0]()
    except OSError as error:
        if error.errno not in ALLOWED:
            sys.exit(f"{errno.errorcode[error.errno]} is not documented")
