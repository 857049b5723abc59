"""Instances made and ended by the thousand, and a server killed again and again under load: nothing lost, nothing left.

Short here, long under `make torture` (TINDERBOX_TORTURE).
"""

import base64
import json
import os
import pathlib
import random
import subprocess
import threading
import time

import pytest

from conftest import connect
from support import leftovers
from support.code import create, python
from support.server import Server
from support.waiting import wait_until

LONG = bool(os.environ.get("TINDERBOX_TORTURE"))
INSTANCES = 10_000 if LONG else 120
KILLS = 200 if LONG else 4
CALLERS = 4

ONE_SHOT = python(
    """
    import os

    def lambda_handler(event, context):
        os._exit(int(event.get("code", 0)))
    """
)

# An event has run when its number is in the group: PutLogEvents answers once it is on disk.
NOTE = python(
    """
    import json, os, time, urllib.request

    def call(operation, body):
        request = urllib.request.Request(
            os.environ["AWS_ENDPOINT_URL"], json.dumps(body).encode(),
            {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Logs_20140328." + operation})
        return urllib.request.urlopen(request, timeout=5).read()

    def lambda_handler(event, context):
        if isinstance(event, dict) and "note" in event:
            call("PutLogEvents", {"logGroupName": "/churn", "logStreamName": "done", "logEvents": [
                {"timestamp": int(time.time() * 1000), "message": str(event["note"])}]})
        return event
    """
)


def state(server):
    """What a server holds on the host, as numbers that must not grow."""
    status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
    tag = server.health()["id"]
    return {
        "descriptors": len(os.listdir(f"/proc/{server.pid}/fd")),
        "memory": int(status.split("VmRSS:")[1].split()[0]) << 10,
        "threads": int(status.split("Threads:")[1].split()[0]),
        "cgroups": len([p for p in pathlib.Path("/sys/fs/cgroup").rglob(f"*{tag}*/*") if p.is_dir()]),
        "scratch": len(list((server.data / "sandbox").rglob("*"))),
        "loops": len([d for d in pathlib.Path("/sys/block").glob("loop*/loop/backing_file") if str(server.data) in leftovers._read(d)]),
    }


def in_parallel(count, work):
    """Runs `work(n)` for every n, a few at once, and raises what any of them raised."""
    numbers, failures = iter(range(count)), []
    lock = threading.Lock()

    def run():
        while not failures:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            try:
                work(number)
            except Exception as failure:
                failures.append(failure)

    threads = [threading.Thread(target=run) for _ in range(CALLERS)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    if failures:
        raise failures[0]


def test_instances_come_and_go_and_leave_nothing(start, name):
    server = start()
    clients = [connect(server, "lambda") for _ in range(CALLERS)]
    create(clients[0], name, ONE_SHOT, Timeout=20)

    def end_one(number):
        answer = clients[number % CALLERS].invoke(FunctionName=name, Payload=json.dumps({"code": number % 2}).encode())
        assert json.load(answer["Payload"])["errorType"] == "Runtime.ExitError"

    # The first ones fill pools and caches.
    in_parallel(40, end_one)
    settled = lambda: server.health()["instances"]["busy"] == 0  # noqa: E731
    wait_until(settled, "all are at rest")
    before = wait_until(lambda: at_rest(server), "nothing changes any more")
    in_parallel(INSTANCES, end_one)
    wait_until(settled, "all are at rest")
    grown = {}

    def back():
        grown.clear()
        now = state(server)
        allowed = {"descriptors": 8, "memory": 48 << 20, "threads": 8, "cgroups": 4, "scratch": 4, "loops": 4}
        grown.update({what: (before[what], now[what]) for what in before if now[what] > before[what] + allowed[what]})
        return not grown

    wait_until(back, f"what the server holds is as before: {grown}")


def at_rest(server):
    """What the server holds, once it does not change for a moment."""
    first = state(server)
    time.sleep(0.2)
    second = state(server)
    return second if all(first[what] == second[what] for what in first if what != "memory") else None


class Load:
    """Mixed work on a server that may die at any moment: events, invocations, changes of functions."""

    def __init__(self, server, name, numbers, accepted):
        self.server, self.name, self.numbers, self.accepted = server, name, numbers, accepted
        self.stopping = False
        works = [self.events, self.events, self.invocations, self.changes]
        self.threads = [threading.Thread(target=self.run, args=(work,)) for work in works]
        [thread.start() for thread in self.threads]

    def run(self, work):
        functions = connect(self.server, "lambda")
        while not self.stopping:
            try:
                work(functions)
            except Exception:
                # It was killed while it answered, or is not reachable any more: nothing was promised.
                time.sleep(0.01)

    def events(self, functions):
        number = next(self.numbers)
        payload = json.dumps({"note": number}).encode()
        answer = functions.invoke(FunctionName=self.name, InvocationType="Event", Payload=payload)
        if answer["StatusCode"] == 202:
            self.accepted.append(number)

    def invocations(self, functions):
        event = {"text": base64.b64encode(os.urandom(100)).decode()}
        answer = functions.invoke(FunctionName=self.name, Payload=json.dumps(event).encode())
        if "FunctionError" not in answer:
            assert json.load(answer["Payload"]) == event

    def changes(self, functions):
        functions.update_function_configuration(FunctionName=f"{self.name}-changing", Description=str(next(self.numbers)))
        functions.invoke(FunctionName=f"{self.name}-changing", Payload=b"{}")

    def stop(self):
        self.stopping = True
        [thread.join() for thread in self.threads]


def counter(first=0):
    lock, value = threading.Lock(), [first]

    class Counter:
        def __next__(self):
            with lock:
                value[0] += 1
                return value[0]

    return Counter()


def test_a_server_killed_under_load_loses_no_accepted_event(tmp_path, name):
    data, numbers, accepted = tmp_path / "data", counter(), []
    seed = int(os.environ.get("TINDERBOX_TORTURE_SEED", time.time_ns() % 100_000))
    chance = random.Random(seed)
    first = Server(data)
    functions, logs = connect(first, "lambda"), connect(first, "logs")
    logs.create_log_group(logGroupName="/churn")
    logs.create_log_stream(logGroupName="/churn", logStreamName="done")
    create(functions, name, NOTE, Timeout=30)
    create(functions, f"{name}-changing", NOTE)
    server = first
    for _ in range(KILLS):
        load = Load(server, name, numbers, accepted)
        time.sleep(chance.uniform(0.05, 1.2))  # anywhere in its life
        server.kill()
        load.stop()
        server = Server(data)
    with server:
        logs = connect(server, "logs")

        def missing():
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/churn")
            done = {int(event["message"]) for page in pages for event in page["events"]}
            return set(accepted) - done

        wait_until(lambda: not missing(), f"every accepted event has run (seed {seed}, {len(accepted)} accepted)", timeout=120)
        assert accepted, f"no event was accepted at all (seed {seed})"
        assert json.load(connect(server, "lambda").invoke(FunctionName=name, Payload=b"1")["Payload"]) == 1
        tag = server.health()["id"]
    wait_until(lambda: not leftovers.of(server, tag), f"nothing is left (seed {seed})")


def helpers(server):
    """The janitor and the spawner of a server."""
    janitor = next(int(pid) for pid in all_children(server.pid) if b"__sandbox" in command_of(pid))
    spawner = next(int(pid) for pid in all_children(janitor))
    return {"janitor": janitor, "spawner": spawner}


def all_children(pid):
    """A process's children, whichever of its threads made them."""
    lists = pathlib.Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for path in lists for child in path.read_text().split()]


def command_of(pid):
    return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()


@pytest.mark.parametrize("victim", ["janitor", "spawner"])
def test_the_server_survives_its_helpers(start, name, victim):
    told = "what makes sandboxes has died|could not be|was given up|broke|hung up"
    server = start(expect_log=told)
    tag = server.health()["id"]
    functions = connect(server, "lambda")
    create(functions, name, NOTE, Timeout=30)
    assert json.load(functions.invoke(FunctionName=name, Payload=b"1")["Payload"]) == 1
    died = lambda: sum("what makes sandboxes has died" in line for line in server.log)  # noqa: E731
    for times in (1, 2):
        os.kill(helpers(server)[victim], 9)
        # From here on no instance of before lives.
        wait_until(lambda times=times: died() == times, "it is noticed and told")
        # A request may come at the very moment; a second later none may fail.
        def works():
            try:
                answer = functions.invoke(FunctionName=name, Payload=b"2")
                return "FunctionError" not in answer and json.load(answer["Payload"]) == 2
            except functions.exceptions.ClientError:
                return False

        wait_until(works, "functions run again", timeout=15)
        assert json.load(functions.invoke(FunctionName=name, Payload=b"3")["Payload"]) == 3
    server.stop()
    wait_until(lambda: not leftovers.of(server, tag), "nothing is left")


@pytest.fixture
def small_disk(tmp_path):
    """A data directory on a disk of 96 MB, and how to fill it and make room again."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount")
    disk = tmp_path / "disk"
    disk.mkdir()
    assert os.system(f"mount -t tmpfs -o size=96m tinderbox-test {disk}") == 0

    class Disk:
        data = disk / "data"

        def fill(self):
            with open(disk / "ballast", "wb", buffering=0) as file:
                block = bytes(1 << 20)
                while True:
                    try:
                        file.write(block)
                    except OSError:
                        if len(block) == 1:
                            return
                        block = block[: len(block) // 2] or b"x"

        def free(self):
            (disk / "ballast").unlink()

    yield Disk()
    wait_until(lambda: os.system(f"umount {disk} 2>/dev/null") == 0, "the disk can be unmounted")


def test_a_full_disk_is_told_and_survived(small_disk, start, name):
    server = start(data=small_disk.data, expect_log="No space left|writing log lines|syncing log|storing the times|scratch volume|could not|cannot")
    functions, logs = connect(server, "lambda"), connect(server, "logs")
    logs.create_log_group(logGroupName="/churn")
    logs.create_log_stream(logGroupName="/churn", logStreamName="done")
    create(functions, name, NOTE, Timeout=20)
    assert json.load(functions.invoke(FunctionName=name, Payload=b"1")["Payload"]) == 1
    small_disk.fill()
    refused = 0
    for number in range(20):
        try:
            functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps({"note": number, "pad": "x" * 100_000}))
        except functions.exceptions.ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500, error
            refused += 1
    assert refused, "an event was accepted that cannot be on disk"
    # What needs no disk goes on.
    assert json.load(functions.invoke(FunctionName=name, Payload=b"2")["Payload"]) == 2
    assert server.health()["status"] in ("ok", "degraded")
    print("".join(server.log))
    wait_until(lambda: any("No space left" in line or "ENOSPC" in line or "code: 28" in line for line in server.log), "it is told")
    small_disk.free()

    def accepted():
        try:
            return functions.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"note": 4711}')["StatusCode"] == 202
        except functions.exceptions.ClientError:
            return False

    wait_until(accepted, "events are accepted again")

    def noted():
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/churn")
        return "4711" in [event["message"] for page in pages for event in page["events"]]

    wait_until(noted, "and run")


# What the server takes for the time is the time and what the file says.
CLOCK = r"""
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = syscall(SYS_clock_gettime, clock, time);
    if (result == 0 && clock == CLOCK_REALTIME) {
        char text[32] = {0};
        int file = open(getenv("CLOCK_OFFSET"), O_RDONLY);
        if (file >= 0 && read(file, text, sizeof text - 1) > 0) time->tv_sec += atoll(text);
        if (file >= 0) close(file);
    }
    return result;
}
"""

DAY = 86_400


def test_a_clock_that_jumps_ends_nothing_and_loses_nothing(start, name, tmp_path):
    (tmp_path / "clock.c").write_text(CLOCK)
    library, offset = tmp_path / "clock.so", tmp_path / "offset"
    built = subprocess.run(["cc", "-shared", "-fPIC", "-o", library, tmp_path / "clock.c"], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    offset.write_text("0")
    server = start(env={"LD_PRELOAD": str(library), "CLOCK_OFFSET": str(offset)})
    functions, logs = connect(server, "lambda"), connect(server, "logs")
    source = """
        import time

        def lambda_handler(event, context):
            left = context.get_remaining_time_in_millis()
            time.sleep(event)
            print("said at", event)
            return left
    """
    create(functions, name, python(source), Timeout=20)
    assert json.load(functions.invoke(FunctionName=name, Payload=b"0")["Payload"]) > 0
    for number, jump in enumerate((DAY, -2 * DAY, 0), 1):
        answers = []
        running = threading.Thread(target=lambda: answers.append(functions.invoke(FunctionName=name, Payload=b"1.5")))
        running.start()
        wait_until(lambda: server.health()["instances"]["busy"] == 1, "it runs")
        offset.write_text(str(jump))
        running.join()
        assert "FunctionError" not in answers[0], "it was timed out by a clock"
        functions.invoke(FunctionName=name, Payload=b"0")
        functions.invoke(FunctionName=name, InvocationType="Event", Payload=str(number).encode() + b"e-3")

        def said(number=number):
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{name}")
            messages = [event["message"] for page in pages for event in page["events"]]
            return f"said at 0.00{number}" in messages and messages.count("said at 1.5") == number and messages

        messages = wait_until(said, "every line is there")
        durations = [float(m.split("Duration: ")[1].split()[0]) for m in messages if m.startswith("REPORT")]
        assert all(0 < duration < 10_000 for duration in durations), durations
