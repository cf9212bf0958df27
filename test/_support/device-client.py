"""A client of the device file that is not Node: one call a line on stdin, its outcome as JSON on stdout.

Commands: open [nonblock|trunc] · close · read SIZE · read-with-alarm SIZE · write OP LENGTH · poll MILLISECONDS ·
epoll MILLISECONDS · wait MILLISECONDS (edge-triggered, registered once) · seek · ioctl · mmap · stat · chmod MODE.
An error is reported by its errno name.
"""

import ctypes
import errno
import fcntl
import json
import os
import select
import signal
import sys

path = sys.argv[1]
libc = ctypes.CDLL(None, use_errno=True)
fd = -1
edge = None


def libc_read(size):
    """read(2) without the interpreter's habit of trying again after a signal."""
    buffer = ctypes.create_string_buffer(size)
    count = libc.read(fd, buffer, ctypes.c_size_t(size))
    if count < 0:
        raise OSError(ctypes.get_errno(), "read")
    return {"length": count, "text": buffer.raw[:count].rstrip(b"\0").decode("latin1")}


def run(name, *arguments):
    global fd, edge
    if name == "open":
        flags = os.O_RDWR
        if "nonblock" in arguments:
            flags |= os.O_NONBLOCK
        if "trunc" in arguments:
            flags |= os.O_TRUNC
        fd = os.open(path, flags)
        return "ok"
    if name == "close":
        os.close(fd)
        fd = -1
        return "ok"
    if name == "read":
        return libc_read(int(arguments[0]))
    if name == "read-with-alarm":
        signal.signal(signal.SIGALRM, lambda *_: None)
        signal.siginterrupt(signal.SIGALRM, True)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        return libc_read(int(arguments[0]))
    if name == "write":
        message = bytearray(int(arguments[1]))
        if message:
            message[0] = int(arguments[0])
        return os.write(fd, message)
    if name == "poll":
        poll = select.poll()
        poll.register(fd, select.POLLIN | select.POLLOUT | select.POLLPRI | select.POLLRDNORM)
        return [events for _, events in poll.poll(int(arguments[0]))]
    if name == "epoll":
        with select.epoll() as level:
            level.register(fd, select.EPOLLIN)
            return [events for _, events in level.poll(int(arguments[0]) / 1000)]
    if name == "wait":
        if edge is None:
            edge = select.epoll()
            edge.register(fd, select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET)
        return [events for _, events in edge.poll(int(arguments[0]) / 1000)]
    if name == "seek":
        return os.lseek(fd, 0, os.SEEK_SET)
    if name == "ioctl":
        return fcntl.ioctl(fd, 0x5401, b"\0" * 64) and "ok"
    if name == "mmap":
        libc.mmap.restype = ctypes.c_void_p
        address = libc.mmap(None, ctypes.c_size_t(4096), 3, 1, fd, ctypes.c_long(0))
        if address == ctypes.c_void_p(-1).value:
            raise OSError(ctypes.get_errno(), "mmap")
        return "ok"
    if name == "stat":
        stat = os.stat(path)
        return {"mode": oct(stat.st_mode), "uid": stat.st_uid, "gid": stat.st_gid, "size": stat.st_size}
    if name == "chmod":
        os.chmod(path, int(arguments[0], 8))
        return "ok"
    raise ValueError(name)


for line in sys.stdin:
    try:
        outcome = run(*line.split())
    except OSError as error:
        outcome = errno.errorcode[error.errno]
    print(json.dumps(outcome), flush=True)
