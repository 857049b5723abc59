"""Frames to and from the engine, on two inherited pipes.

    u32 LE length of what follows | u8 kind | u32 LE length of head | head (JSON) | body (raw)
"""

import errno
import io
import os
import select
import struct

LOAD, INVOKE = 1, 2
BOOTED, LOADED, INIT_ERROR, RESPONSE, ERROR = 128, 129, 130, 131, 132

#: Bytes of length, kind and head length together; and how many of them `length` counts.
_PREFIX = struct.Struct("<IBI")
_SIZE = _PREFIX.size
_COUNTED = _SIZE - 4
#: Looked up once: they are called for every invocation.
_pack, _unpack, _write = _PREFIX.pack, _PREFIX.unpack_from, os.write
#: A longer frame means that the peer is broken (32 MiB, agreed with the engine).
_LONGEST = 32 << 20
#: One read takes a whole small frame. Python sets aside as much before every read.
_CHUNK = 4 << 10


class Closed(Exception):
    """The engine closed its end, or no longer speaks our language: this instance is over."""


class Channel(object):
    def __init__(self, calls, answers):
        self.calls = calls
        self.answers = answers
        self._rest = b""
        _close_on_exec(calls)
        _close_on_exec(answers)

    def close(self):
        os.close(self.calls)
        os.close(self.answers)

    def receive(self):
        """Waits for the next frame; returns (kind, head bytes, body bytes)."""
        data = self._rest or self._read()
        while len(data) < _SIZE:
            data += self._read()
        length, kind, head = _unpack(data)
        if not _COUNTED + head <= length <= _LONGEST:
            raise Closed("a frame of %d bytes with a head of %d" % (length, head))
        end = 4 + length
        if len(data) < end:
            data = self._read_until(data, end)
        self._rest = data[end:]
        body = _SIZE + head
        return kind, data[_SIZE:body], data[body:end]

    def send(self, kind, head=b"{}", body=b""):
        size = len(head)
        frame = _pack(_COUNTED + size + len(body), kind, size) + head + body
        try:
            count = _write(self.answers, frame)
        except OSError:
            count = 0  # what it was is found out again
        if count < len(frame):
            write_all(self.answers, frame[count:])

    def _read(self):
        chunk = os.read(self.calls, _CHUNK)
        if not chunk:
            raise Closed("end of stream")
        return chunk

    def _read_until(self, data, end):
        """The rest of a large frame, read straight into its place."""
        whole = bytearray(end)
        filled = len(data)
        whole[:filled] = data
        stream = io.FileIO(self.calls, "rb", closefd=False)
        view = memoryview(whole)
        while filled < end:
            count = stream.readinto(view[filled:])
            if not count:
                raise Closed("end of stream within a frame")
            filled += count
        return bytes(whole)


def write_all(descriptor, data):
    """Writes everything: one system call, unless a full non-blocking pipe interrupts it."""
    rest = data
    while rest:
        try:
            count = os.write(descriptor, rest)
        except OSError as error:
            # A program that the function started may have made our shared log pipe non-blocking.
            if error.errno != errno.EAGAIN:
                raise
            select.select([], [descriptor], [])
            continue
        rest = rest[count:] if count < len(rest) else b""


def _close_on_exec(descriptor):
    """Programs that the function starts must not inherit the engine's pipes."""
    try:
        os.set_inheritable(descriptor, False)
    except AttributeError:  # Python 2.7
        import fcntl

        flags = fcntl.fcntl(descriptor, fcntl.F_GETFD)
        fcntl.fcntl(descriptor, fcntl.F_SETFD, flags | fcntl.FD_CLOEXEC)
