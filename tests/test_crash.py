"""kill -9 of the server: nothing durable is lost and nothing is left behind."""

import json
import pathlib

import pytest

from support import leftovers
from support.code import PYTHON, create, python
from support.waiting import wait_until

SLEEPER = python(
    """
    import time

    def lambda_handler(event, context):
        print("awake", event)
        time.sleep(event.get("seconds", 0))
        return event
    """
)


def events(logs, name):
    """The messages of a function's log."""
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{name}")
    return [event["message"] for page in pages for event in page["events"]]


def test_functions_tags_and_log_lines_survive(start, client, name):
    first = start()
    functions, logs = client(first, "lambda"), client(first, "logs")
    made = create(functions, name, SLEEPER, Tags={"team": "blue"}, MemorySize=256)
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=5)
    functions.invoke(FunctionName=name, Payload=b'{"n": 1}')
    seen = events(logs, name)
    assert any("awake {'n': 1}" in message for message in seen)
    first.kill()

    second = start(data=first.data)
    functions, logs = client(second, "lambda"), client(second, "logs")
    kept = functions.get_function(FunctionName=name)
    assert kept["Tags"] == {"team": "blue"}
    assert kept["Concurrency"] == {"ReservedConcurrentExecutions": 5}
    for field in ("CodeSha256", "RevisionId", "MemorySize", "LastModified", "Runtime"):
        assert kept["Configuration"][field] == made[field], field
    assert events(logs, name) == seen
    assert json.load(functions.invoke(FunctionName=name, Payload=b'{"n": 2}')["Payload"]) == {"n": 2}


def test_accepted_events_run_once_the_server_lives(start, client, name):
    first = start()
    functions = client(first, "lambda")
    create(functions, name, SLEEPER, Timeout=60)
    # The first event keeps its instance busy; with one of concurrency the others must wait.
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    for n in range(5):
        seconds = 50 if n == 0 else 0
        payload = json.dumps({"n": n, "seconds": seconds}).encode()
        assert functions.invoke(FunctionName=name, InvocationType="Event", Payload=payload)["StatusCode"] == 202
    first.kill()

    second = start(data=first.data)
    functions, logs = client(second, "lambda"), client(second, "logs")
    functions.delete_function_concurrency(FunctionName=name)
    for n in range(5):
        wait_until(lambda n=n: any(f"'n': {n}," in m for m in safely(events, logs, name)), f"event {n} ran")


def safely(read, logs, name):
    """The lines so far; none while the group does not exist yet."""
    try:
        return read(logs, name)
    except logs.exceptions.ResourceNotFoundException:
        return []


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_nothing_is_left_behind(start, client, name, end):
    server = start()
    tag = server.health()["id"]
    functions = client(server, "lambda")
    create(functions, name, SLEEPER, Timeout=60)
    for n in range(3):
        event = json.dumps({"seconds": 50 if end == "kill" else 4, "n": n}).encode()
        functions.invoke(FunctionName=name, InvocationType="Event", Payload=event)
    wait_until(lambda: server.health()["instances"]["busy"] >= 1, "instances run")
    assert any(found.startswith("process") for found in leftovers.of(server, tag))
    getattr(server, end)()
    leftovers.none(server, tag)


def test_a_copied_binary_works_alone(tmp_path, start, client, name, monkeypatch):
    from support import server as module

    copy = tmp_path / "alone" / "tinderbox"
    copy.parent.mkdir()
    copy.write_bytes(pathlib.Path(module.BINARY).read_bytes())
    copy.chmod(0o755)
    monkeypatch.setattr(module, "BINARY", str(copy))
    functions = client(start(), "lambda")
    create(functions, name, runtime=PYTHON)
    assert json.load(functions.invoke(FunctionName=name)["Payload"]) == "hello"
