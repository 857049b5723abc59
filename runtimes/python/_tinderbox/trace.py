"""The caller's trace in the environment, where tracing libraries and started programs look for it.

What C's setenv was given it keeps for ever, and each call has a trace of its own: a million calls
would take 150 MB. So an instance that has served many calls shows its traces from two buffers of
its own in turn. Python before 3.9 used putenv, and kept the last value only.
"""

import os
import sys

_NAME = "_X_AMZN_TRACE_ID"
#: Changes after which an instance is worth the time and memory that `ctypes` takes.
_MANY = 256
_LONGEST = 1024


class Trace(object):
    def __init__(self):
        self._shown = None
        self._changes = 0
        self._show = _set

    def follow(self, trace):
        if trace == self._shown:
            return
        self._shown = trace
        if trace is None:
            os.environ.pop(_NAME, None)
            return
        self._changes += 1
        if self._changes == _MANY and sys.version_info >= (3, 9):
            self._show = _in_place() or _set
        self._show(trace)


def _set(trace):
    # JSON gives unicode; Python 2.7 wants its environment as bytes.
    os.environ[_NAME] = trace if isinstance(trace, str) else trace.encode("utf-8")


def _in_place():
    """A function that does what `_set` does and keeps nothing; None where there is no way."""
    try:
        import ctypes

        putenv = ctypes.CDLL(None).putenv
        buffers = [ctypes.create_string_buffer(_LONGEST) for _ in range(2)]
        name = os.fsencode(_NAME)
        os.environ._data[name]
    except Exception:
        return None

    def show(trace):
        value = trace.encode("utf-8")
        data = getattr(os.environ, "_data", None)  # the function may have put something else there
        if data is None or len(value) + len(name) + 2 > _LONGEST or b"\0" in value:
            return _set(trace)
        # Whoever reads the last one still finds it whole.
        buffers.reverse()
        buffers[0].value = name + b"=" + value
        putenv(buffers[0])
        data[name] = value

    return show
