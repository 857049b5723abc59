"""The tests run on every interpreter that this machine has (see interpreters.py).

python3 -m pytest runtimes/tests            all
python3 -m pytest runtimes/tests -k "3.11 or 20"
"""

import interpreters
import pytest
from function import Function, matches


class Runtime:
    """An interpreter: `check` runs one function on it and compares everything it did."""

    def __init__(self, name, version, argv):
        self.name = name
        self.version = version
        self.argv = argv

    def function(self, source, handler="app.handler", files=None, **more):
        """A Function of one file, or of the `files` beside or instead of it."""
        main = {"python": "app.py", "node": "app.js"}[self.name]
        return Function(self.argv, {main: source, **(files or {})}, handler, **more)

    def check(self, source, event=None, response=None, error=None, logs=None, head=None, **more):
        """Loads and invokes once. What is None is not looked at, but an error must be expected."""
        with self.function(source, **more) as function:
            assert function.loaded() is None, function.events()
            got, failed = function.invoke(event, **(head or {}))
            if error is None:
                assert failed is None, failed
                assert matches(got, response), got
            else:
                assert failed is not None, got
                assert matches({key: failed[key] for key in error}, error), failed
            if logs is not None:
                events = function.events()
                assert matches(events, logs), events

    def check_init_error(self, source, error, logs=None, **more):
        """Loading must end with this error, these events, and the end of the process."""
        with self.function(source, **more) as function:
            failed = function.loaded()
            assert failed is not None
            assert matches({key: failed[key] for key in error}, error), failed
            assert function.instance.wait() != 0
            if logs is not None:
                events = function.events()
                assert matches(events, logs), events


@pytest.fixture(scope="session", params=interpreters.PYTHONS)
def python(request):
    path = interpreters.python(request.param)
    if path is None:
        pytest.skip(f"Python {request.param} is not on this machine")
    version = tuple(map(int, request.param.split(".")))
    return Runtime("python", version, interpreters.python_argv(path))


@pytest.fixture(scope="session", params=interpreters.NODES)
def node(request):
    path = interpreters.node(request.param)
    if path is None:
        pytest.skip(f"Node.js {request.param} is not on this machine, nor to be had from npm")
    return Runtime("node", (int(request.param),), interpreters.node_argv(path))
