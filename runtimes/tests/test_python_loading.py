"""Python: environment, module path, handlers, and what a started program inherits."""

import os

import pytest
from function import Function

RETURN = "def handler(event, context):\n    return %s\n"


@pytest.mark.parametrize(
    "handler, files",
    [
        ("app.handler", {"app.py": RETURN % 1}),
        ("app.other", {"app.py": "other = lambda event, context: 1\n"}),
        ("folder/app.handler", {"folder/__init__.py": "", "folder/app.py": RETURN % 1}),
        ("pkg.mod.handler", {"pkg/__init__.py": "", "pkg/mod.py": RETURN % 1}),
        ("app.handler", {"app/__init__.py": RETURN % 1}),
        # names of our own files and modules
        ("bootstrap.handler", {"bootstrap.py": RETURN % 1}),
        (
            "loop.handler",
            {"loop.py": "import faults\nhandler = faults.handler\n", "faults.py": RETURN % 1},
        ),
    ],
)
def test_handler_names(python, handler, files):
    with python.function("", handler=handler, files=files) as function:
        assert function.loaded() is None
        assert function.invoke() == (1, None)


def test_folders_need_no_init_file(python):
    if python.version >= (3,):
        files = {"src/app.py": RETURN % 1}
        with python.function("", handler="src/app.handler", files=files) as function:
            assert function.loaded() is None


def test_environment(python):
    source = "import os\nseen = os.environ['AT_IMPORT']\n" + RETURN % (
        "[seen, os.environ['TEXT'], os.getcwd() == os.path.realpath(event), os.environ['PATH']]"
    )
    env = {"AT_IMPORT": "yes", "TEXT": "a=b c", "PATH": "/usr/bin"}
    with python.function(source, env=env) as function:
        function.loaded()
        root = str(function.root)
        assert function.invoke(root) == (["yes", "a=b c", True, "/usr/bin"], None)


@pytest.mark.parametrize("zone, hours", [(":UTC", 0), ("XYZ-3", 3)])
def test_time_zone(python, zone, hours):
    source = "import time\n" + RETURN % "[time.timezone // -3600, time.localtime(0).tm_hour]"
    python.check(source, response=[hours, hours], env={"TZ": zone})


def test_module_path(python):
    own = "%d.%d" % python.version
    with python.function(
        "import sys\n" + RETURN % "sys.path",
        env={"LAMBDA_RUNTIME_DIR": "/sdk", "PYTHONPATH": "/mine:/other"},
    ) as function:
        function.loaded()
        path, _ = function.invoke()
        root = function.root
    layers = f"{root.parent}/layers/python"
    packages = f"{layers}/lib/python{own}/site-packages"
    assert path[:5] == [str(root), packages, layers, "/mine", "/other"]
    assert path[-1] == "/sdk"
    standard = path[5:-1]
    assert any(entry.endswith("/python" + own) for entry in standard)
    assert not any("site-packages" in entry or "tinderbox" in entry for entry in standard)


def test_a_process_started_with_the_functions_environment(python):
    """For functions that set variables which an interpreter reads as it starts."""
    argv = [python.argv[0], "-s", "-S", "-B", python.argv[-1]]
    env = {"PYTHONPATH": "/mine", "PYTHONHASHSEED": "1"}
    files = {"app.py": "import sys\n" + RETURN % "[sys.path, hash('x')]"}
    hashes = set()
    for _ in range(2):
        with Function(argv, files, "app.handler", env=env, boot=env) as function:
            assert function.loaded() is None
            (path, value), _ = function.invoke()
            assert path[0] == str(function.root)
        hashes.add(value)
        assert path.count("/mine") == 1 and path.index("/mine") == 3
        assert not any("tinderbox" in entry for entry in path)
    assert len(hashes) == 1


def test_layers_and_sdk_are_imported_in_order(python):
    """The function's own module wins over a layer's, and a layer's over the SDK's."""
    files = {
        "own.py": "place = 'task'\n",
        "../layers/python/own.py": "place = 'layer'\n",
        "../layers/python/both.py": "place = 'layer'\n",
        "../sdk/both.py": "place = 'sdk'\n",
        "../sdk/provided.py": "place = 'sdk'\n",
    }
    source = "import sys\nsys.path[-1] = sys.path[0] + '/../sdk'\nimport own, both, provided\n"
    source += RETURN % "[own.place, both.place, provided.place]"
    python.check(source, response=["task", "layer", "sdk"], files=files)


def test_host_packages_are_not_visible(python):
    source = "import sys\ntry: import pip\nexcept ImportError: pip = None\n"
    python.check(source + RETURN % "[pip, 'site' in sys.modules]", response=[None, False])


def test_programs_do_not_inherit_the_socket(python):
    source = (
        "import subprocess\n"
        "def handler(event, context):\n"
        "    command = ['sh', '-c', 'readlink /proc/self/fd/3 || echo none']\n"
        "    return subprocess.Popen(command, stdout=subprocess.PIPE, close_fds=False)"
        ".communicate()[0].decode()\n"
    )
    python.check(source, response="none\n")


def test_a_forked_child_cannot_answer(python):
    if python.version < (3, 7):
        return
    source = (
        "import os\n"
        "def handler(event, context):\n"
        "    pid = os.fork()\n"
        "    if pid:\n"
        "        os.waitpid(pid, 0)\n"
        "    return 'parent' if pid else 'child'\n"
    )
    with python.function(source) as function:
        function.loaded()
        assert function.invoke() == ("parent", None)
        assert function.invoke() == ("parent", None)


def test_multiprocessing(python):
    source = (
        "import multiprocessing\n"
        "def work(pipe):\n"
        "    pipe.send(42)\n"
        "def handler(event, context):\n"
        "    ours, theirs = multiprocessing.Pipe()\n"
        "    child = multiprocessing.Process(target=work, args=(theirs,))\n"
        "    child.start()\n"
        "    child.join()\n"
        "    return ours.recv()\n"
    )
    python.check(source, response=42)


def test_multiprocessing_by_spawn(python):
    if python.version < (3,):
        return
    source = (
        "import multiprocessing\n"
        "def work(pipe):\n"
        "    pipe.send(42)\n"
        "def handler(event, context):\n"
        "    spawn = multiprocessing.get_context('spawn')\n"
        "    ours, theirs = spawn.Pipe()\n"
        "    child = spawn.Process(target=work, args=(theirs,))\n"
        "    child.start()\n"
        "    child.join()\n"
        "    return ours.recv()\n"
    )
    python.check(source, response=42)


def test_threads_left_behind_do_not_disturb(python):
    source = (
        "import threading\n"
        "go = threading.Event()\n"
        "def late():\n"
        "    go.wait()\n"
        "    print('late')\n"
        "def handler(event, context):\n"
        "    if event == 'start':\n"
        "        threading.Thread(target=late).start()\n"
        "    else:\n"
        "        go.set()\n"
        "        [t.join() for t in threading.enumerate() if t is not threading.current_thread()]\n"
        "    return event\n"
    )
    with python.function(source) as function:
        function.loaded()
        assert function.invoke("start") == ("start", None)
        assert function.invoke("finish") == ("finish", None)
        assert function.events() == [(None, "late")]


def test_reports_its_version(python):
    with python.function(RETURN % 1) as function:
        version = function.booted["version"].split(".")
        assert tuple(map(int, version[:2])) == python.version
        assert len(version) == 3


def test_the_standard_input_is_empty(python):
    assert os.path.exists("/dev/null")
    python.check("import sys\n" + RETURN % "sys.stdin.read()", response="")


def test_nothing_of_the_rehearsal_is_left(python):
    source = (
        "import logging, os, sys\n"
        "def handler(event, context):\n"
        "    fds = [fd for fd in range(64) if os.path.exists('/proc/self/fd/%d' % fd)]\n"
        "    places = [list(sys.modules), sys.path, list(sys.path_importer_cache), dict(os.environ).items()]\n"
        "    found = [str(thing) for place in places for thing in place if 'rehearsed' in str(thing)]\n"
        "    return found, len(logging.root.handlers), '_X_AMZN_TRACE_ID' in os.environ, fds\n"
    )
    with python.function(source, settled=True) as function:
        assert function.loaded() is None
        assert function.invoke() == ([[], 1, False, [0, 1, 2, 3, 4]], None)
