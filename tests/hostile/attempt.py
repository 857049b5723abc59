"""What the hostile functions share: attempts whose failure is told, not raised, and raw system calls."""

import ctypes
import errno
import os

LIBC = ctypes.CDLL(None, use_errno=True)


def outcome(act, *arguments):
    """How an attempt ended: "done", or the name of the error."""
    try:
        act(*arguments)
    except OSError as error:
        return errno.errorcode.get(error.errno, type(error).__name__)
    except ValueError:
        return "EINVAL"
    return "done"


def call(number, *arguments):
    """How a raw system call (x86-64's numbers) ended. Run in a child, for those that would change the caller."""
    pid = os.fork()
    if pid == 0:
        ctypes.set_errno(0)
        result = LIBC.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
        os._exit(ctypes.get_errno() if result == -1 else 0)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return "signal %d" % os.WTERMSIG(status)
    return errno.errorcode.get(os.WEXITSTATUS(status), "done")
