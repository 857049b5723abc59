"""The interpreters that this machine has, and how an instance of each is started."""

import functools
import glob
import os
import platform
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

RUNTIMES = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tinderbox"

PYTHONS = ["2.7", *("3.%d" % minor for minor in range(6, 15))]
NODES = ["12", "14", "16", "18", "20", "22", "24"]


def python_argv(python):
    """The command line of a Python stem; 2.7 has no isolated mode, but its three parts."""
    version = subprocess.run([python, "-V"], capture_output=True, text=True, check=True)
    old = "Python 2" in version.stdout + version.stderr
    flags = ["-E", "-s"] if old else ["-I"]
    return [python, *flags, "-S", "-B", str(RUNTIMES / "python/bootstrap.py")]


def node_argv(node):
    """The command line of a Node.js stem."""
    flags = ["--expose-gc", "--max-http-header-size=81920"]
    return [node, *flags, str(RUNTIMES / "node/bootstrap.js")]


@functools.cache
def python(version):
    """The path of a Python of this version ("3.11"), or None."""
    root = os.environ.get("PYENV_ROOT") or str(Path.home() / ".pyenv")
    found = sorted(glob.glob(f"{root}/versions/{version}.*/bin/python{version}"))
    return found[-1] if found else shutil.which("python" + version)


@functools.cache
def node(major):
    """The path of a Node.js of this major version, or None: the system's, else npm's package."""
    system = shutil.which("node")
    if system and _output(system, "--version").startswith(f"v{major}."):
        return system
    return _npm_node(major)


def _npm_node(major):
    """npm carries Node.js binaries as packages; each is kept in the cache directory."""
    package = "node-linux-" + {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), "x64")
    place = CACHE / "test-nodes" / major
    binary = place / "node_modules" / package / "bin/node"
    if binary.exists():
        return str(binary)
    if not shutil.which("npm"):
        return None
    place.parent.mkdir(parents=True, exist_ok=True)
    # Installed aside and renamed, since several test processes may come here at once.
    with tempfile.TemporaryDirectory(dir=place.parent) as fresh:
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", fresh]
        done = subprocess.run([*command, f"{package}@{major}"], capture_output=True)
        if done.returncode != 0:
            return None
        try:
            os.rename(fresh, place)
            os.mkdir(fresh)
        except OSError:
            pass  # another process was quicker
    return str(binary) if re.match(rf"v{major}\.", _output(str(binary), "--version")) else None


def _output(*command):
    return subprocess.run(command, capture_output=True, text=True).stdout
