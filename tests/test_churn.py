"""Instances made and ended by the thousand, and a server killed again and again under load: nothing lost, nothing left.

Short here, long under `make torture` (TINDERBOX_TORTURE); TINDERBOX_CHURN and TINDERBOX_KILLS are other lengths.
"""

import base64
import json
import os
import pathlib
import random
import threading
import time

from conftest import connect
from support import durable, leftovers
from support.code import create, python
from support.server import Server
from support.waiting import wait_until

LONG = bool(os.environ.get("TINDERBOX_TORTURE"))
INSTANCES = int(os.environ.get("TINDERBOX_CHURN", 10_000 if LONG else 80))
KILLS = int(os.environ.get("TINDERBOX_KILLS", 200 if LONG else 4))
CALLERS = 4

ONE_SHOT = python(
    """
    import os

    def lambda_handler(event, context):
        os._exit(int(event.get("code", 0)))
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
        "cgroups": sum(tag in place and len(below) for place, below, _ in os.walk("/sys/fs/cgroup")),
        "scratch": sum(len(below) + len(files) for _, below, files in os.walk(server.data / "sandbox")),
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
    create(clients[0], name, ONE_SHOT, Timeout=60)

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

    try:
        wait_until(back, "what the server holds is as before")
    except AssertionError as error:
        raise AssertionError(f"{error}: {grown}") from None
    print(f"{INSTANCES + 40} instances came and went; held before and after: {before}, {state(server)}")


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
    durable.make(functions, logs, name, Timeout=60)
    create(functions, f"{name}-changing", durable.NOTE)
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
            return set(accepted) - durable.noted(logs)

        wait_until(lambda: not missing(), f"every accepted event has run (seed {seed}, {len(accepted)} accepted)", timeout=300)
        assert accepted, f"no event was accepted at all (seed {seed})"
        assert json.load(connect(server, "lambda").invoke(FunctionName=name, Payload=b"1")["Payload"]) == 1
        tag = server.health()["id"]
    leftovers.none(server, tag, hint=f"(seed {seed})")
    print(f"{KILLS} kills, {len(accepted)} events accepted, none lost, nothing left (seed {seed})")
