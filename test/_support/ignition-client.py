"""Collects key-value pairs as Ignition does on Hyper-V (through libhvee), re-implemented from its description.

Opens the device with O_NONBLOCK, registers, acknowledges every SET, and takes a second without a message as the end.
`poll` waits with poll(2); `read` reads until EAGAIN and sleeps a little. Prints the items as JSON: {pool: {key: value}}.
"""

import json
import os
import select
import struct
import sys
import time

MESSAGE_BYTES = 7432
SILENCE_SECONDS = 1.0
OP_SET, OP_REGISTER1 = 1, 100
HV_E_FAIL = 0x80004005

path, way = sys.argv[1:]
fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
os.write(fd, bytes([OP_REGISTER1]).ljust(MESSAGE_BYTES, b"\0"))


def next_message():
    """The next message, or None after a second of silence."""
    if way == "poll":
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        return os.read(fd, MESSAGE_BYTES) if poll.poll(SILENCE_SECONDS * 1000) else None
    end = time.monotonic() + SILENCE_SECONDS
    while time.monotonic() < end:
        try:
            return os.read(fd, MESSAGE_BYTES)
        except BlockingIOError:
            time.sleep(0.01)
    return None


def text(field):
    return field.split(b"\0", 1)[0].decode()


items = {}
while (message := next_message()) is not None:
    if len(message) != MESSAGE_BYTES:
        sys.exit(f"a message of {len(message)} bytes")
    operation, pool = message[0], message[1]
    if operation == OP_REGISTER1:
        continue
    if operation == OP_SET:
        key_size, value_size = struct.unpack_from("<II", message, 8)
        items.setdefault(pool, {})[text(message[16 : 16 + key_size])] = text(message[528 : 528 + value_size])
    status = 0 if operation == OP_SET else HV_E_FAIL
    os.write(fd, struct.pack("<I", status) + message[4:])
print(json.dumps(items))
