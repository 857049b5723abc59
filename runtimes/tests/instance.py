"""One instance as the engine sees it: a process, pipes on its descriptors 3 and 4, a log pipe."""

import fcntl
import json
import os
import re
import selectors
import signal
import struct
import time
from pathlib import Path

LOAD, INVOKE = 1, 2
BOOTED, LOADED, INIT_ERROR, RESPONSE, ERROR = 128, 129, 130, 131, 132
STREAM, CHUNK, STREAM_END = 133, 134, 135

MAGIC = b"\xa5\x5a\x54\x42"
#: Seconds that anything at all may take before the test fails.
PATIENCE = 30
LEVELS = ["NONE", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]


class Instance:
    """Starts `argv` and talks frames with it."""

    def __init__(self, argv, env):
        calls_end, calls = os.pipe()
        answers, answers_end = os.pipe()
        log, log_end = os.pipe()
        # Out of the way of the numbers they get in the instance.
        theirs = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in (calls_end, answers_end)]
        self.started = time.perf_counter()
        self.pid = os.posix_spawn(
            argv[0],
            argv,
            env,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, log_end, 1),
                (os.POSIX_SPAWN_DUP2, log_end, 2),
                (os.POSIX_SPAWN_DUP2, theirs[0], 3),
                (os.POSIX_SPAWN_DUP2, theirs[1], 4),
            ],
        )
        for fd in (*theirs, calls_end, answers_end, log_end):
            os.close(fd)
        self.calls = calls
        self.answers = answers
        self._log = log
        os.set_blocking(log, False)
        self._pending = b""
        self._status = None

    def send(self, kind, head, body=b""):
        head = json.dumps(head).encode()
        frame = struct.pack("<IBI", 5 + len(head) + len(body), kind, len(head)) + head + body
        while frame:
            frame = frame[os.write(self.calls, frame) :]

    def receive(self):
        """The next frame, as (kind, head, body); the log is drained meanwhile."""
        length, kind, head = struct.unpack("<IBI", self._exactly(9))
        rest = self._exactly(length - 5)
        return kind, json.loads(rest[:head] or b"{}"), rest[head:]

    def _exactly(self, count):
        data = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self.answers, selectors.EVENT_READ)
            selector.register(self._log, selectors.EVENT_READ)
            deadline = time.monotonic() + PATIENCE
            while len(data) < count:
                ready = {key.fd for key, _ in selector.select(max(deadline - time.monotonic(), 0))}
                if not ready:
                    raise AssertionError("no frame; log: %r" % self._pending)
                if self._log in ready and not self._drain():
                    selector.unregister(self._log)
                if self.answers in ready:
                    chunk = os.read(self.answers, count - len(data))
                    if not chunk:
                        self._drain()
                        raise EOFError("the instance is gone; log: %r" % self._pending)
                    data += chunk
        return data

    def _drain(self):
        """Takes what is in the pipe; False at its end."""
        while True:
            try:
                chunk = os.read(self._log, 1 << 20)
            except BlockingIOError:
                return True
            if not chunk:
                return False
            self._pending += chunk

    def settle(self):
        """Waits until the process has nothing to do until it is told something."""
        deadline = time.monotonic() + PATIENCE
        while not re.search(r"\) S ", Path(f"/proc/{self.pid}/stat").read_text()):
            assert time.monotonic() < deadline, "the process does not come to rest"
            time.sleep(0.001)

    def events(self):
        """The events logged so far, as (level name or None if raw, text with the newline that ends it)."""
        self._drain()
        data, self._pending = self._pending, b""
        events = []
        while data:
            if data.startswith(MAGIC):
                level, length, micros = struct.unpack_from("<BIQ", data, 4)
                assert abs(micros / 1e6 - time.time()) < 600, "a record's time is off"
                text, data = data[17 : 17 + length], data[17 + length :]
                events.append((LEVELS[level], text.decode()))
            else:
                end = data.find(b"\n") + 1 or len(data)
                line, data = data[:end], data[end:]
                events.append((None, line.decode()))
        return events

    def wait(self):
        """The exit status once the process has ended by itself: its code, or minus its signal."""
        deadline = time.monotonic() + PATIENCE
        with selectors.DefaultSelector() as selector:
            selector.register(self._log, selectors.EVENT_READ)
            while self._status is None:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    self._status = os.waitstatus_to_exitcode(status)
                elif time.monotonic() > deadline:
                    raise AssertionError("the process does not end; log: %r" % self._pending)
                else:
                    selector.select(0.01)
                    self._drain()
        return self._status

    def hang_up(self):
        """Closes the engine's ends."""
        for fd in (self.calls, self.answers):
            if fd is not None:
                os.close(fd)
        self.calls = self.answers = None

    def close(self):
        if self._status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self._status = -signal.SIGKILL
        self.hang_up()
        os.close(self._log)
