"""Without isolation: what is missing is told, functions run all the same, and nothing outlives the server."""

import itertools
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from support import leftovers
from support.code import NODE, create, node, program, python
from support.server import BINARY
from support.waiting import PATIENCE, wait_until

NOBODY = 65534
NUMBERS = itertools.count()
LOUD = r"NO ISOLATION|not protected|not limited|given: "

LOOK = """
    import json, os, subprocess, tempfile, urllib.request

    def lambda_handler(event, context):
        if event.get("linger"):
            # A daemon: a session of its own, and a parent that is gone.
            subprocess.run(["sh", "-c", "setsid sleep %d & exit 0" % event["linger"]], stdin=subprocess.DEVNULL)
            subprocess.run(["sleep", str(event["linger"])])
        identity = urllib.request.Request(
            os.environ["AWS_ENDPOINT_URL"], b"Action=GetCallerIdentity&Version=2011-06-15",
            {"Content-Type": "application/x-www-form-urlencoded"})
        return {
            "uid": os.getuid(), "session": os.getsid(0) == os.getpid(), "cwd": os.getcwd(),
            "tmp": tempfile.gettempdir(), "file": __file__, "root": os.environ["LAMBDA_TASK_ROOT"],
            "own": os.environ["OWN"], "identity": urllib.request.urlopen(identity).read().decode(),
            "server's": [name for name in os.environ if name.startswith("PYTEST")],
        }
"""

BOOTSTRAP = """\
#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while true; do
    id=$(curl -sS -D - -o "$TMPDIR/event" "$api/next" | tr -d '\\r' | sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: //p')
    curl -sS -d @"$TMPDIR/event" "$api/$id/response" > /dev/null
done
"""


def as_user(user, place):
    """How a copy of the binary is run as `user`, who cannot look into the tests' own directories."""
    binary = place / "tinderbox"
    shutil.copy(BINARY, binary)
    place.chmod(0o755)
    data = place / "data"
    data.mkdir()
    os.chown(data, user, user)
    given_up = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
    return data, (*given_up, str(binary))


@pytest.fixture(params=[0, NOBODY], ids=["root", "nobody"])
def plain(request, start):
    """A server that isolates nothing."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    with tempfile.TemporaryDirectory(prefix="tinderbox-plain-") as place:
        data, command = as_user(request.param, pathlib.Path(place))
        server = start(
            "--isolation", "none", data=data, command=command, expect_log=LOUD, env={"HOME": place, "PATH": "/usr/bin:/bin"}
        )
        server.user = request.param
        yield server
        if server.process.poll() is None:
            server.stop()
        assert not list((data / "sandbox").glob("plain/*"))


@pytest.fixture
def seconds():
    """A time to sleep that tells this test's processes from others."""
    return 900_000_000 + os.getpid() * 100 + next(NUMBERS)


def sleepers(seconds):
    lines = [leftovers.command_line(process) for process in pathlib.Path("/proc").glob("[0-9]*")]
    return [line for line in lines if str(seconds) in line]


def test_without_root_what_is_missing_is_listed_on_one_screen():
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    with tempfile.TemporaryDirectory(prefix="tinderbox-plain-") as place:
        data, command = as_user(NOBODY, pathlib.Path(place))
        refused = subprocess.run(
            [*command, "up", "--listen", "127.0.0.1:0", "--data", str(data)], capture_output=True, text=True, timeout=PATIENCE
        )
    assert refused.returncode != 0 and refused.stdout == ""
    for told in ("isolated", "only root", "SYS_ADMIN", "memory limit", "--isolation none"):
        assert told in refused.stderr, refused.stderr
    assert len(refused.stderr.splitlines()) <= 24


def test_functions_run_and_it_is_told_that_nothing_protects(plain, client, name):
    health = plain.health()
    assert health["isolated"] is False and "NO ISOLATION" in health["isolation"]
    assert sum("NO ISOLATION" in line and "WARN" in line for line in plain.log) == 1
    assert f"user {plain.user}" in health["isolation"]
    functions = client(plain, "lambda")
    create(functions, name, python(LOOK), Environment={"Variables": {"OWN": "/var/task/x"}}, Timeout=60)
    told = json.load(functions.invoke(FunctionName=name, Payload=b"{}")["Payload"])
    assert told["uid"] == plain.user and told["session"] and not told["server's"]
    assert told["tmp"].startswith(str(plain.data)) and told["own"] == told["root"] + "/x"
    assert f"assumed-role/lambda-role/{name}" in told["identity"]
    create(functions, f"{name}-other", python(LOOK), Environment={"Variables": {"OWN": ""}}, Timeout=60)
    other = json.load(functions.invoke(FunctionName=f"{name}-other", Payload=b"{}")["Payload"])
    assert not {told["tmp"], told["root"]} & {other["tmp"], other["root"]}
    answer = functions.invoke(FunctionName=name, LogType="Tail", Payload=b"{}")
    assert json.load(answer["Payload"])["root"] == told["root"], "a warm instance"


def test_node_and_custom_runtimes(plain, client, name):
    functions = client(plain, "lambda")
    source = "exports.handler = async (event) => ({ got: event, root: process.env.LAMBDA_TASK_ROOT });"
    create(functions, name, node(source), NODE)
    told = json.load(functions.invoke(FunctionName=name, Payload=b"1")["Payload"])
    assert told["got"] == 1 and told["root"].startswith(str(plain.data))
    create(functions, f"{name}-own", program("bootstrap", BOOTSTRAP), "provided.al2023", Handler="x")
    answer = functions.invoke(FunctionName=f"{name}-own", Payload=b'{"n": 7}')
    assert json.load(answer["Payload"]) == {"n": 7}


def test_a_timeout_ends_all_that_was_started(plain, client, name, seconds):
    functions = client(plain, "lambda")
    create(functions, name, python(LOOK), Environment={"Variables": {"OWN": ""}}, Timeout=4)
    answer = functions.invoke(FunctionName=name, Payload=json.dumps({"linger": seconds}))
    assert "Task timed out" in json.load(answer["Payload"])["errorMessage"]
    wait_until(lambda: not sleepers(seconds), "nothing the function started is left")


@pytest.mark.parametrize("janitor_too", [False, True], ids=["server", "server-and-janitor"])
def test_a_kill_leaves_nothing(plain, client, name, seconds, janitor_too):
    tag = plain.health()["id"]
    functions = client(plain, "lambda")
    create(functions, name, python(LOOK), Environment={"Variables": {"OWN": ""}}, Timeout=60)
    functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps({"linger": seconds}))
    wait_until(lambda: len(sleepers(seconds)) >= 2, "the function and its daemon run")
    if janitor_too:
        for found in leftovers.of(plain, tag):
            if found.startswith("process") and "__sandbox" in found:
                pid = int(found.split()[1].rstrip(":"))
                parent = int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")")[1].split()[1])
                if parent == plain.pid:
                    os.kill(pid, 9)
    plain.kill()
    if janitor_too:
        # Nobody is left to clear away; the next server does.
        with type(plain)(plain.data, "--isolation", "none", command=plain.command, expect_log=LOUD):
            wait_until(lambda: not sleepers(seconds), "the next server ended what was left")
    leftovers.none(plain, tag, and_not=lambda: sleepers(seconds))
