"""The log pipe: descriptors 1 and 2 are one pipe, which the engine cuts into events at newlines.

A record makes one event of several lines: magic, u8 level, u32 LE length, u64 LE microseconds,
text. The engine looks for the magic only where an event starts, so all writers share one `Pipe`,
which knows whether the last line is finished. Nothing is buffered: what was printed is out, in
order, even if the process dies on the next line.
"""

import io
import struct
import sys
import time

from .channel import write_all

try:
    from _thread import RLock
except ImportError:  # Python 2.7
    from threading import RLock

_MAGIC = b"\xa5\x5a\x54\x42"
_PREFIX = struct.Struct("<4sBIQ")

NONE, TRACE, DEBUG, INFO, WARN, ERROR, FATAL = range(7)


class Pipe(io.BufferedIOBase):
    """The binary stream under both sys.stdout and sys.stderr."""

    mode = "wb"
    name = "<log>"

    def __init__(self):
        io.BufferedIOBase.__init__(self)
        self._lock = RLock()
        self._at_line_start = True

    def write(self, data):
        data = bytes(data)
        if data:
            with self._lock:
                write_all(1, data)
                self._at_line_start = data.endswith(b"\n")
        return len(data)

    def record(self, level, text):
        """One event, however many lines it has."""
        data = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
        head = _PREFIX.pack(_MAGIC, level, len(data), int(time.time() * 1e6))
        with self._lock:
            write_all(1, head + data if self._at_line_start else b"\n" + head + data)
            self._at_line_start = True

    def forked(self):
        """In a child process: another thread may have held the lock when it was copied."""
        self._lock = RLock()

    def fileno(self):
        return 1

    def isatty(self):
        return False

    def writable(self):
        return True

    def close(self):
        """The pipe outlives whoever closes sys.stdout."""


class _Stream2(object):
    """Python 2.7's sys.stdout: takes bytes as they are, and text as UTF-8."""

    encoding = "UTF-8"
    errors = "replace"
    closed = False
    softspace = 0

    def __init__(self, pipe):
        self._pipe = pipe
        self.fileno = pipe.fileno
        self.isatty = pipe.isatty

    def write(self, text):
        self._pipe.write(text if isinstance(text, str) else text.encode("utf-8", "replace"))

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        pass

    def close(self):
        pass


def install():
    """Puts a new pipe under the standard streams and returns it."""
    pipe = Pipe()
    sys.stdout = sys.__stdout__ = _text(pipe)
    sys.stderr = sys.__stderr__ = _text(pipe)
    return pipe


def _text(pipe):
    if sys.version_info[0] == 2:
        return _Stream2(pipe)
    return io.TextIOWrapper(pipe, "utf-8", "backslashreplace", newline="\n", write_through=True)
