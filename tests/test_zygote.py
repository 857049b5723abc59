"""Instances that are forks of a booted interpreter: as confined as those that were executed, and strangers to each other."""

import base64
import json
import os
import pathlib
import re
import signal

import pytest

from conftest import connect
from support.code import create, python
from support.server import Server
from support.waiting import wait_until

INSIDE = """
    import os, random, re, sys, uuid

    FIRST = random.random()
    # Words come with one added to each byte, and memory is looked at in the same way, so that asking is not finding.
    SHIFT = bytes((n + 1) % 256 for n in range(256))

    def status():
        return dict(re.findall(r"(\\w+):[ \\t]*(.*)", open("/proc/self/status").read()))

    def memory_holds(words):
        found = set()
        with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
            for line in maps:
                if "rw" not in line.split()[1]:
                    continue
                begin, end = (int(at, 16) for at in line.split()[0].split("-"))
                try:
                    memory.seek(begin)
                    part = memory.read(end - begin)
                except (OSError, OverflowError, ValueError):
                    continue
                part = part.translate(SHIFT)
                found.update(n for n, word in enumerate(words) if bytes(word) in part)
        return sorted(found)

    def descriptors():
        found = {}
        for number in range(1024):
            try:
                found[number] = os.readlink("/proc/self/fd/%d" % number)
            except OSError:
                pass
        return found

    def lambda_handler(event, context):
        return {
            "uid": os.getuid(), "parent": os.getppid(), "status": status(), "first": FIRST, "uuid": str(uuid.uuid4()),
            "namespaces": {n: os.readlink("/proc/self/ns/" + n) for n in ("mnt", "pid", "net", "ipc", "uts", "cgroup")},
            "descriptors": descriptors(),
            "argv": sys.argv, "cwd": os.getcwd(), "processes": sorted(int(p) for p in os.listdir("/proc") if p.isdigit()),
            "found": memory_holds(event.get("words", [])), "set": os.environ.get("SECRET", ""), "said": event.get("said"),
        }
    """

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="looks into processes of other users")


@pytest.fixture
def server(tmp_path):
    with Server(tmp_path, expect_log="what makes sandboxes") as server:
        yield server


def zygotes(server):
    """The zygotes of this server, which are below its spawner."""
    tag = server.health()["id"]
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            said, cgroup = (process / "cmdline").read_bytes(), (process / "cgroup").read_text()
            ids = re.search(r"Uid:\s*(\d+)", (process / "status").read_text())
        except OSError:
            continue
        if b"--zygote" in said.split(b"\0") and tag in cgroup and ids[1] == "0":
            found.append(int(process.name))
    return found


def forked(functions, server, name, event=None, **options):
    """Creates a function whose first instance is a fork, asks it once, and returns its answer and its process's id."""
    # What was executed while there was no zygote is used first.
    for turn in range(40):
        answer, process, parent = first_of(functions, f"{name}-{turn}", event, options)
        if parent in zygotes(server):
            return answer, process
    raise AssertionError("nothing is forked")


def first_of(functions, name, event, options):
    """The first answer of a new function, its instance's process and the parent of that."""
    create(functions, name, python(INSIDE), **options)
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event or {}).encode())
    answer = json.load(answer["Payload"])
    assert "uid" in answer, answer
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            owner = process.stat().st_uid
            told = (process / "status").read_text()
        except OSError:
            continue
        parent = int(re.search(r"PPid:\s*(\d+)", told)[1])
        if owner == answer["uid"]:
            return answer, int(process.name), parent
    raise AssertionError("there is no process of the instance's user")


@pytest.fixture
def functions(server):
    functions = connect(server, "lambda")
    create(functions, "first", python(INSIDE))
    functions.invoke(FunctionName="first")
    wait_until(lambda: zygotes(server), "a zygote has booted")
    return functions


def test_forks_are_as_confined_as_what_is_executed(functions, server):
    answer, process = forked(functions, server, "fork")
    status = answer["status"]
    assert set(status["Uid"].split()) == set(status["Gid"].split()) == {str(answer["uid"])} and answer["uid"] > 1_000_000
    assert status["Groups"] == ""
    for capabilities in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[capabilities], 16) == 0
    assert (status["NoNewPrivs"], status["Seccomp"], status["Threads"]) == ("1", "2", "1")
    [zygote] = zygotes(server)
    for name, inside in answer["namespaces"].items():
        assert inside != os.readlink(f"/proc/{zygote}/ns/{name}"), name
        assert inside != os.readlink(f"/proc/{server.pid}/ns/{name}"), name
    # Its parent is not to be seen, nor is anything else but its init.
    assert answer["parent"] == 0 and answer["processes"][0] == 1 and len(answer["processes"]) == 2
    # The streams, and the two pipes to the engine.
    names = answer["descriptors"]
    assert sorted(names) == list("01234")
    assert all(names[n].startswith("pipe:") for n in "1234") and names["0"] == "/dev/null"
    assert answer["argv"] == ["/var/lang/tinderbox/python/bootstrap.py"] and answer["cwd"] == "/var/task"
    limits = pathlib.Path(f"/proc/{process}/limits").read_text()
    assert re.search(r"Max open files\s+1024\s+1024", limits) and re.search(r"Max core file size\s+1\s+1", limits)


def test_forks_share_no_secret_and_no_luck(functions, server):
    words = [[byte + 1 for byte in word] for word in (b"hush-variable-one", b"hush-event-one")]
    one, _ = forked(
        functions, server, "one", {"said": "hush-event-one", "words": words}, Environment={"Variables": {"SECRET": "hush-variable-one"}}
    )
    assert one["found"] == [0, 1], "it finds its own, so the search works"
    two, _ = forked(functions, server, "two", {"words": words})
    assert two["found"] == []
    assert one["first"] != two["first"] and one["uuid"] != two["uuid"] and one["uid"] != two["uid"]


def test_memory_of_a_fork_has_its_limit_and_is_told(functions, server):
    hungry = python("def lambda_handler(event, context):\n    return len(bytearray(event['mib'] << 20))\n")
    forked(functions, server, "before")
    create(functions, "hungry", hungry, MemorySize=128)

    def ask(mib):
        answer = functions.invoke(FunctionName="hungry", Payload=json.dumps({"mib": mib}).encode(), LogType="Tail")
        report = base64.b64decode(answer["LogResult"]).decode()
        return json.load(answer["Payload"]), int(re.search(r"Max Memory Used: (\d+) MB", report)[1])

    size, used = ask(60)
    assert size == 60 << 20 and 60 < used <= 128
    failure, used = ask(125)
    assert failure["errorType"] == "Runtime.OutOfMemory" and used == 128


def test_when_a_zygote_dies_its_forks_end_and_others_are_made(functions, server):
    _, process = forked(functions, server, "orphan")
    [zygote] = zygotes(server)
    os.kill(zygote, signal.SIGKILL)
    wait_until(lambda: not pathlib.Path(f"/proc/{process}").exists(), "the fork has ended")
    for name in ("first", "after"):
        if name == "after":
            create(functions, name, python(INSIDE))
        answer = functions.invoke(FunctionName=name)
        assert "FunctionError" not in answer, answer["Payload"].read()
    wait_until(lambda: [z for z in zygotes(server) if z != zygote], "another zygote has booted")
