"""One whole life of an instance before it is anybody's: a function is loaded and invoked over a channel of our own.

The first real one then finds compiled what the interpreter compiles as it runs, and in a fork, copied what it writes to.
Nothing of it stays: no module, no variable, no handler of the log.
"""

import logging
import os
import sys

from . import channel as frames
from . import codec

_INVOCATIONS = 3
_NAME = "rehearsed"


def rehearse(instance, pipe):
    """`instance` makes what serves a channel until its end."""
    path, environment, folder = list(sys.path), dict(os.environ), os.getcwd()
    handlers, level = list(logging.root.handlers), logging.root.level
    known = set(sys.path_importer_cache)
    ends = os.pipe() + os.pipe()
    try:
        script = frames.Channel(ends[2], ends[1])
        root = os.path.join(os.path.dirname(os.path.abspath(__file__)), _NAME)
        head = {"task_root": root, "handler": _NAME + ".handler", "env": {_NAME: root}}
        script.send(frames.LOAD, codec.encode(head))
        for count in range(_INVOCATIONS):
            call = {"id": "%s-%d" % (_NAME, count), "deadline_ms": 0, "arn": root, "trace": "Root=%d" % count}
            script.send(frames.INVOKE, codec.encode(call), b'{"key": "value"}')
        os.close(ends[1])
        instance(frames.Channel(ends[0], ends[3]), pipe).serve()
    except frames.Closed:
        pass  # the end of the script
    finally:
        os.chdir(folder)
        sys.path[:] = path
        sys.modules.pop(_NAME, None)
        for entry in set(sys.path_importer_cache) - known:
            del sys.path_importer_cache[entry]
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)
        for name in set(os.environ) - set(environment):
            del os.environ[name]
        os.environ.update(environment)
        for end in ends[:1] + ends[2:]:
            os.close(end)
