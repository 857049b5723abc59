"""LOAD: makes a generic interpreter the interpreter of one function."""

import importlib
import os
import sys
import time

from .faults import Fault, syntax


def prepare(head):
    """Environment, working directory and module path."""
    environment = head.get("env") or {}
    for name, value in environment.items():
        os.environ[str(name)] = _native(value)
    time.tzset()
    root = _native(head["task_root"])
    os.chdir(root)
    sys.path[:] = _path(root, _native(head.get("layers_root", "/opt")))
    _imitate_site()


def _path(root, layers):
    """AWS's order: the function, its layers, the standard library, the SDK that AWS provides."""
    packages = "%s/python/lib/python%d.%d/site-packages" % ((layers,) + sys.version_info[:2])
    own = os.environ.get("PYTHONPATH", "").split(":")
    path = [root, packages, layers + "/python"] + [entry for entry in own if entry]
    path += [entry for entry in sys.path if entry not in path]
    sdk = os.environ.get("LAMBDA_RUNTIME_DIR", "/var/runtime")
    return path if sdk in path else path + [sdk]


def _imitate_site():
    """The interpreter runs without `site`, which is what gives programs exit() and quit()."""
    builtins = sys.modules["builtins" if sys.version_info[0] > 2 else "__builtin__"]
    builtins.exit = builtins.quit = sys.exit


def handler(name):
    """Imports `module.function`, and explains what is wrong with it if that fails."""
    try:
        module, function = name.rsplit(".", 1)
    except ValueError as error:
        raise Fault("Runtime.MalformedHandlerName", "Bad handler '%s': %s" % (name, error))
    if module.split(".")[0] in sys.builtin_module_names:
        message = "Cannot use built-in module %s as a handler module" % module
        raise Fault("Runtime.BuiltInModuleConflict", message)
    try:
        loaded = importlib.import_module(module.replace("/", "."))
    except ImportError as error:
        message = "Unable to import module '%s': %s" % (module, error)
        raise Fault("Runtime.ImportModuleError", message)
    except SyntaxError as error:
        raise syntax(module, error)
    try:
        return getattr(loaded, function)
    except AttributeError:
        message = "Handler '%s' missing on module '%s'" % (function, module)
        raise Fault("Runtime.HandlerNotFound", message)


def _native(text):
    """JSON gives unicode; Python 2.7 wants its environment and paths as bytes."""
    return text if isinstance(text, str) else text.encode("utf-8")
