"""Functions that mean harm: each is contained, reported and billed, and nobody else notices.

What they try is in tests/hostile, one file each. Each runs on a server that others use, too: after it a well-behaved
function answers as before, and once it is deleted nothing of it is left.
"""

import contextlib
import json
import os
import pathlib
import platform
import re
import signal
import socket
import subprocess
import time

import pytest

from conftest import connect
from support.code import NODE, create, node, program, python, zipped
from support.server import Server
from support.waiting import wait_until

HOSTILE = pathlib.Path(__file__).parent / "hostile"
ATTEMPT = (HOSTILE / "attempt.py").read_text()

# How an attempt may fail. A name that is missing here is a hole or a surprise, and either is worth a look.
REFUSALS = {
    "EPERM", "EACCES", "ENOENT", "EROFS", "ENOSYS", "ESRCH", "ENXIO", "ENODEV", "EXDEV", "ENOTDIR", "EINVAL", "EOPNOTSUPP",
    "EAFNOSUPPORT", "EPROTONOSUPPORT", "ESOCKTNOSUPPORT", "ENETUNREACH", "EHOSTUNREACH", "ECONNREFUSED",
    f"signal {int(signal.SIGSYS)}",
}  # fmt: skip

# What the server says when instances misbehave; anything else it warns of fails the tests.
EXPECTED = r"an instance broke the protocol|log lines were dropped"

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="the hostile functions use x86-64's system calls")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """The server, and a well-behaved function on it."""
    with Server(tmp_path_factory.mktemp("hostile"), expect_log=EXPECTED) as server:
        create(connect(server, "lambda"), "bystander", MemorySize=128)
        yield server


@pytest.fixture
def run(hostile, name):
    """Runs a hostile function, once or more often; at the end everything about it is checked from outside."""
    functions, logs = connect(hostile, "lambda"), connect(hostile, "logs")
    made, calls = [], {}

    def invoke(source, event=None, memory=256, timeout=120, function=None, **options):
        function = function or f"{name}-{source}"
        if function not in made:
            files = {"lambda_function.py": (HOSTILE / f"{source}.py").read_text(), "attempt.py": ATTEMPT}
            create(functions, function, zipped(files), MemorySize=memory, Timeout=timeout, **options)
            made.append(function)
        calls[function] = calls.get(function, 0) + 1
        answer = functions.invoke(FunctionName=function, Payload=json.dumps(event or {}).encode())
        return json.load(answer["Payload"])

    yield invoke
    began = time.monotonic()
    assert json.load(functions.invoke(FunctionName="bystander")["Payload"]) == "hello"
    assert time.monotonic() - began < 30, "the bystander had to wait"
    for function in made:
        reports = wait_until(lambda f=function: all_reports(logs, f, calls[f]), f"{function} is reported")
        for duration, billed in reports:
            # Rounded up to 100 ms, never to nothing.
            assert billed % 100 == 0 and billed >= duration and billed > 0
        try:
            functions.delete_function(FunctionName=function)
        except functions.exceptions.ResourceNotFoundException:
            pass  # the test did


def all_reports(logs, function, count):
    """Duration and billed duration of each invocation, once as many are told as there were."""
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=f"/aws/lambda/{function}", filterPattern='"REPORT RequestId"'
    )
    found = [
        re.search(r"Duration: ([\d.]+) ms\s+Billed Duration: (\d+) ms", event["message"])
        for page in pages for event in page["events"]
    ]  # fmt: skip
    reports = [(float(match[1]), int(match[2])) for match in found if match]
    return reports if len(reports) >= count else None


@pytest.fixture
def host():
    """Things of the host that a function must not reach, and how they are after."""
    directory = pathlib.Path("/tmp") / f"tinderbox-host-{os.getpid()}"
    directory.mkdir(exist_ok=True)
    directory.chmod(0o755)
    secret = directory / "secret"
    secret.write_text("readable by everybody")
    secret.chmod(0o644)
    victim = subprocess.Popen(["sleep", "300"], user=65534 if os.geteuid() == 0 else None)
    with socket.create_server(("127.0.0.1", 0)) as port, socket.socket(socket.AF_UNIX) as abstract, socket.socket(socket.AF_UNIX) as path:
        name = f"tinderbox-host-{os.getpid()}"
        abstract.bind("\0" + name)
        abstract.listen()
        path.bind(str(directory / "socket"))
        path.listen()
        yield {
            "host_file": str(secret), "ports": [port.getsockname()[1]], "abstract": name, "path": str(directory / "socket"),
            "pids": [victim.pid, os.getpid(), os.getppid()],
        }  # fmt: skip
        assert victim.poll() is None, "a process of the host was killed"
        assert secret.read_text() == "readable by everybody"
    victim.kill()
    victim.wait()
    (directory / "socket").unlink()
    secret.unlink()
    directory.rmdir()


@pytest.mark.parametrize(
    "source",
    ["mounts", "namespaces", "kernel_parts", "sockets", "network", "host_files", "proc_writes", "read_only", "privileges", "others",
     "foreign_abi"],
)  # fmt: skip
def test_every_attempt_is_refused(run, host, hostile, source):
    told = run(source, {**host, "ports": [*host["ports"], hostile.port], "pids": [*host["pids"], hostile.pid]})
    assert "errorType" not in told, told
    got_through = {attempt: outcome for attempt, outcome in told.items() if outcome not in REFUSALS}
    assert not got_through
    assert len(told) >= 2


def test_inside_and_outside_agree(run, hostile, host, name):
    functions = connect(hostile, "lambda")
    told = run("inside", host, function=f"{name}-inside")
    assert not told["host_file"] and told["processes"] <= 3 and told["uid"] == told["gid"] >= 1 << 20
    for namespace, link in told["namespaces"].items():
        assert link != os.readlink(f"/proc/self/ns/{namespace}"), namespace
        assert link != os.readlink(f"/proc/{hostile.pid}/ns/{namespace}"), namespace
    nothing = "0000000000000000"
    assert told["status"] == {
        "CapInh": nothing, "CapPrm": nothing, "CapEff": nothing, "CapBnd": nothing, "CapAmb": nothing, "NoNewPrivs": "1",
        "Seccomp": "2", "Groups": "",
    }  # fmt: skip
    assert told["writable"] == ["/dev/shm", "/tmp"]
    assert all(line.endswith(":/") for line in told["cgroup"].split()), "the cgroup's path tells of the host"
    # The same, as the host sees it.
    functions.invoke(FunctionName=f"{name}-inside", InvocationType="Event", Payload=json.dumps({**host, "seconds": 60}))
    ours = wait_until(lambda: [p for p in instances() if uid_of(p) == told["uid"]] or None, "it is seen from outside")
    for pid in ours:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        for field, value in {"CapEff": nothing, "CapPrm": nothing, "CapBnd": nothing, "NoNewPrivs": "1", "Seccomp": "2"}.items():
            assert re.search(rf"^{field}:\s+{value}$", status, re.MULTILINE), (field, status)
        for namespace in ("mnt", "pid", "net", "ipc", "uts", "cgroup"):
            assert os.readlink(f"/proc/{pid}/ns/{namespace}") == told["namespaces"][namespace], namespace
    # Killed from outside it is gone as a whole.
    functions.delete_function(FunctionName=f"{name}-inside")
    for pid in ours:
        with contextlib.suppress(ProcessLookupError):  # it went with its function
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not [p for p in instances() if uid_of(p) == told["uid"]], "it is gone")


def instances():
    """Processes of users that only instances have."""
    found = [int(p.name) for p in pathlib.Path("/proc").glob("[0-9]*")]
    return [pid for pid in found if (uid_of(pid) or 0) >= 1_879_048_192]


def uid_of(pid):
    try:
        return os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return None


def of_server(pid, tag):
    """Whether an instance's cgroup is one of the server's that has the tag."""
    try:
        return tag in pathlib.Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:
        return False


@pytest.mark.parametrize("source, least, most", [("fork_bomb", 50, 1024), ("thread_bomb", 50, 1024)])
def test_processes_are_bounded(run, source, least, most):
    told = run(source, memory=1024)
    assert (told["errorType"] == "Runtime.OutOfMemory") if isinstance(told, dict) else least <= told <= most
    again = run(source, memory=1024)
    assert (again["errorType"] == "Runtime.OutOfMemory") if isinstance(again, dict) else again <= most


def test_a_fork_storm_ends_at_its_timeout(run):
    told = run("fork_storm", timeout=3, memory=512)
    assert told["errorType"] in ("Sandbox.Timedout", "Runtime.OutOfMemory", "Runtime.ExitError"), told


@pytest.mark.parametrize("kind", ["heap", "shared", "files"])
def test_memory_is_bounded(run, kind):
    told = run("memory_bomb", {"kind": kind})
    # /dev/shm is smaller than the memory and refuses first.
    assert told["errorType"] in (("Runtime.OutOfMemory",) if kind != "files" else ("Runtime.OutOfMemory", "OSError")), told


def test_tmp_is_bounded_in_bytes_and_names(run):
    told = run("tmp_flood", timeout=300)
    assert told["full"] == "ENOSPC" and 400 <= told["mib"] <= 512
    assert told["no more"] == "ENOSPC" and told["names"] <= 1 << 20


def test_descriptors_are_bounded(run):
    told = run("descriptors")
    assert told["why"] == "EMFILE" and told["opened"] <= 1024
    assert told["flying"] in ("ETOOMANYREFS", "EAGAIN", "ENOBUFS") and told["sent"] <= 1 << 17


@pytest.mark.parametrize("kind", ["lines", "endless"])
def test_log_floods_are_bounded(run, hostile, kind):
    assert run("log_flood", {"kind": kind}) == "said"
    assert memory_of(hostile.pid) < 400 << 20
    assert hostile.health()["status"] == "ok"


def memory_of(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) << 10


def test_a_child_that_prints_for_ever_holds_up_no_answer(run):
    began = time.monotonic()
    assert run("log_after_answer") == "answered"
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("kind", ["closed", "full"])
def test_output_may_be_closed(run, kind):
    assert run("output_closed", {"kind": kind}) == "fine"


def test_huge_responses_are_refused(run, hostile):
    for mib in (7, 40):
        told = run("huge_response", {"mib": mib}, memory=1024)
        assert told["errorType"] in ("Function.ResponseSizeTooLarge", "Runtime.ExitError"), told
    assert memory_of(hostile.pid) < 400 << 20


@pytest.mark.parametrize("kind", ["ahead", "another", "noise", "endless", "unknown", "late", "silent"])
def test_spoofed_responses_reach_nobody_else(run, kind):
    first = run("spoofed_response", {"kind": kind})
    # What it says of its own invocation is its own affair.
    if isinstance(first, dict):
        assert first["errorType"].startswith(("Runtime.", "Function.", "Sandbox.")), first
    else:
        assert first in ("forged", "true answer")
    if kind == "late":
        time.sleep(0.3)  # the forged frame is sent 100 ms after the answer
    assert run("spoofed_response") == "true answer"
    assert run("spoofed_response") == "true answer"


def test_thousands_of_connections_leave_room_for_others(run, hostile):
    told = run("endpoint_flood", timeout=300, memory=1024)
    assert told == {"held": 3000, "health": 200}
    wait_until(lambda: len(os.listdir(f"/proc/{hostile.pid}/fd")) < 2000, "the connections are closed")


def test_slow_readers_hold_up_nobody(run, hostile):
    assert run("slow_reader", timeout=60, memory=512) > 0
    assert memory_of(hostile.pid) < 400 << 20


def test_the_endpoint_knows_who_calls(run, hostile, name):
    told = run("foreign_keys", function=f"{name}-keys")
    for known in ("own", "unsigned"):
        status, text = told[known]
        assert status == 200 and "123456789012" in text and f"assumed-role/lambda-role/{name}-keys" in text, told[known]
    for foreign in ("other account", "a user", "another session", "reset", "foreign host", "foreign page"):
        assert 400 <= told[foreign][0] < 500, (foreign, told[foreign])
        assert "000000000001" not in told[foreign][1]
    assert json.load(connect(hostile, "lambda").invoke(FunctionName="bystander")["Payload"]) == "hello", "nothing was reset"


def test_instances_do_not_meet(run, name):
    left = run("neighbour", {"act": "leave"}, function=f"{name}-one")
    assert left["segment"]
    found = run("neighbour", {"act": "look"}, function=f"{name}-other")
    assert found["uid"] != left["uid"] and found["processes"] <= 3
    assert (found["port"], found["abstract"], found["segment"], found["files"]) == (False, False, False, [])
    # The first sees its own.
    own = run("neighbour", {"act": "look"}, function=f"{name}-one")
    assert own["port"] and own["abstract"] and own["segment"] and len(own["files"]) == 2


def test_process_one_survives_every_signal(run):
    told = run("signals_to_init")
    assert told["refused"] and told["alive"], told
    assert run("signals_to_init")["alive"]


def test_killing_everything_kills_itself(run):
    told = run("kill_everything")
    assert told["errorType"] == "Runtime.ExitError", told
    assert run("kill_everything")["errorType"] == "Runtime.ExitError"


def test_no_core_is_dumped(run, hostile):
    cores = {p for p in pathlib.Path.cwd().glob("core*")} | {p for p in pathlib.Path("/tmp").glob("core*")}
    assert run("core_dump")["errorType"] == "Runtime.ExitError"
    assert cores == {p for p in pathlib.Path.cwd().glob("core*")} | {p for p in pathlib.Path("/tmp").glob("core*")}
    assert not list(hostile.data.rglob("core*"))


def test_who_hears_no_signal_is_ended(run):
    assert run("deaf", timeout=3)["errorType"] == "Sandbox.Timedout"


def test_daemons_stop_with_the_answer_and_end_with_the_instance(run, hostile, name):
    functions = connect(hostile, "lambda")
    told = run("daemon", function=f"{name}-daemon")
    assert len(told["processes"]) >= 3
    daemons = [pid for pid in instances() if uid_of(pid) == told["uid"]]
    assert len(daemons) >= 2
    # Frozen with its instance, a loop uses no processor.
    wait_until(lambda: used(daemons) == used(daemons), "the daemons stand still")
    functions.delete_function(FunctionName=f"{name}-daemon")
    wait_until(lambda: not [pid for pid in instances() if uid_of(pid) == told["uid"]], "no daemon is left without its function")


def used(pids):
    """Ticks of processor time that processes have used, after a moment in which they could have used more."""
    time.sleep(0.05)
    ticks = []
    for pid in pids:
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        ticks.append(int(fields[11]) + int(fields[12]))
    return ticks


def test_what_is_left_in_tmp_is_never_walked(run):
    assert run("deep_directories") == 3000


def test_name_queries_without_end(run):
    told = run("dns_flood")
    assert told["sent"] > 0 and told["answered"]


def test_links_in_a_zip_lead_nowhere(hostile, name, host):
    import io
    import zipfile

    functions = connect(hostile, "lambda")

    def zip_of(link, target):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("lambda_function.py", "def lambda_handler(e, c):\n    return open(e).read()\n")
            entry = zipfile.ZipInfo(link)
            entry.external_attr = 0o120777 << 16
            archive.writestr(entry, target)
            if link == "dir":
                archive.writestr("dir/planted", "by the zip")
        return buffer.getvalue()

    for number, (link, target) in enumerate(
        [("link", host["host_file"]), ("link", "../../../../../.." + host["host_file"]), ("dir", "/tmp"), ("../link", "x"), ("/etc/link", "x")]
    ):
        function = f"{name}-{number}"
        try:
            create(functions, function, zip_of(link, target))
        except functions.exceptions.InvalidParameterValueException:
            continue
        answer = json.load(functions.invoke(FunctionName=function, Payload=json.dumps(f"/var/task/{link}"))["Payload"])
        assert isinstance(answer, dict) and answer["errorType"] in ("FileNotFoundError", "IsADirectoryError", "PermissionError"), answer
        functions.delete_function(FunctionName=function)
    assert not pathlib.Path("/tmp/planted").exists() and not pathlib.Path("/etc/link").exists()


NODE_BOMBS = {
    "heap": "exports.handler = async () => { const a = []; for (;;) a.push(new Array(1e6).fill(Math.random())); };",
    "buffers": "exports.handler = async () => { const a = []; for (;;) a.push(Buffer.alloc(8 << 20, 1)); };",
    "children": """
        const { spawn } = require("child_process");
        exports.handler = async () => {
          let made = 0;
          for (let i = 0; i < 3000; i++) {
            const child = spawn("sleep", ["60"], { stdio: "ignore" });
            child.on("error", () => {});
            if (!child.pid) return { made };
            made++;
          }
          return { made };
        };
    """,
    "exit": "exports.handler = async () => { process.kill(process.pid, 'SIGKILL'); await new Promise(() => {}); };",
}


@pytest.mark.parametrize("bomb", NODE_BOMBS)
def test_node_bombs(hostile, name, bomb):
    functions = connect(hostile, "lambda")
    create(functions, name, node(NODE_BOMBS[bomb]), NODE, MemorySize=512, Timeout=120)
    told = json.load(functions.invoke(FunctionName=name)["Payload"])
    if bomb == "children" and "errorType" not in told:
        assert told["made"] <= 1024
    else:
        assert told["errorType"] in ("Runtime.OutOfMemory", "Runtime.ExitError"), told
    functions.delete_function(FunctionName=name)


RUNTIME_API_LIAR = """\
#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
while true; do
    id=$(curl -sS -D - -o /tmp/event "$api/invocation/next" | tr -d '\\r' | sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: //p')
    a=$(curl -s -o /dev/null -w '%{http_code}' -d lie "$api/invocation/00000000-0000-0000-0000-000000000000/response")
    b=$(curl -s -o /dev/null -w '%{http_code}' -d lie "$api/invocation/../../x/response")
    c=$(curl -s -o /dev/null -w '%{http_code}' -X DELETE "$api/invocation/next")
    curl -sS -d "[$a,$b,$c]" "$api/invocation/$id/response" > /dev/null
    curl -s -d '"a second answer"' "$api/invocation/$id/response" > /dev/null
done
"""


def test_a_custom_runtime_cannot_answer_for_others(hostile, name):
    functions = connect(hostile, "lambda")
    create(functions, name, program("bootstrap", RUNTIME_API_LIAR), "provided.al2023", Handler="x", Timeout=120)
    for _ in range(3):
        told = json.load(functions.invoke(FunctionName=name)["Payload"])
        assert all(400 <= status < 500 for status in told), told
    functions.delete_function(FunctionName=name)


def test_the_host_is_as_it_was(hostile, name):
    """Last in the file: what the functions of this worker did to the host, seen from outside."""
    functions = connect(hostile, "lambda")
    create(functions, name, python("def lambda_handler(event, context):\n    return 1\n"))
    assert json.load(functions.invoke(FunctionName=name)["Payload"]) == 1
    functions.delete_function(FunctionName=name)
    tag = hostile.health()["id"]
    mounts = pathlib.Path("/proc/self/mountinfo").read_text()
    assert str(hostile.data) not in mounts and tag not in mounts
    # Of this server, only what is ready for the next functions, the bystander's included, is left. Other workers' servers
    # keep instances of their own.
    wait_until(lambda: len({uid_of(pid) for pid in instances() if of_server(pid, tag)}) < 20, "instances of deleted functions end")
