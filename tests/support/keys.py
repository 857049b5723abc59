"""Access keys of servers that ask for signatures."""

import re
import subprocess

from .server import BINARY
from .waiting import PATIENCE


def tinderbox(*arguments, env=None, check=True):
    """Runs the command line."""
    done = subprocess.run(
        [BINARY, *arguments], capture_output=True, text=True, timeout=PATIENCE, env=env, stdin=subprocess.DEVNULL
    )
    assert not check or done.returncode == 0, done.stderr
    return done


def create_key(data, *arguments):
    """A key made in a data directory that no server holds: its id and secret."""
    told = tinderbox("keys", "create", "--data", str(data), *arguments).stdout
    found = re.fullmatch(r"export AWS_ACCESS_KEY_ID=(\S+)\nexport AWS_SECRET_ACCESS_KEY=(\S+)\n", told)
    assert found, told
    return found[1], found[2]
