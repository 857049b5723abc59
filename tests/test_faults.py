"""What goes wrong around the server: helpers killed, a full disk, a clock that jumps. It notices, says so, and goes on."""

import json
import os
import pathlib
import subprocess
import threading

import pytest

from conftest import connect
from support import durable, leftovers
from support.code import create, python
from support.waiting import wait_until


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
    told = "what makes sandboxes has died|could not be|was not frozen|was not thawed|nothing to fork them from"
    server = start(expect_log=told)
    tag = server.health()["id"]
    functions = connect(server, "lambda")
    create(functions, name, durable.NOTE, Timeout=60)
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

        wait_until(works, "functions run again")
        assert json.load(functions.invoke(FunctionName=name, Payload=b"3")["Payload"]) == 3
    server.stop()
    leftovers.none(server, tag)


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
    told = "accepted until it is over|No space left|writes again|written again|works again|opened the store again"
    trouble = "writing log lines|syncing log|storing the times|scratch volume|is dropped|tried again|still stored"
    server = start(data=small_disk.data, expect_log=f"{told}|{trouble}")
    functions, logs = connect(server, "lambda"), connect(server, "logs")
    durable.make(functions, logs, name, Timeout=60)
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
    # While the store is busy trying, it is told that it does not answer.
    health = wait_until(lambda: (told := server.health()) and "the store cannot write" in told["store"] and told, "it is told why")
    assert health["status"] == "degraded", health
    assert "MiB free" in health["store"] and "until it is over" in health["store"], health
    told = [line for line in server.log if "ERROR" in line and ("is accepted until it is over" in line or "No space left" in line)]
    # Of the store, of blobs, of log segments: each once at most, however often it was tried.
    assert 1 <= len(told) <= 4, server.log
    small_disk.free()
    # Told without anybody's writing.
    wait_until(lambda: (told := server.health()) and (told["status"], told["store"]) == ("ok", "ok"), "it is told that it is over")

    def accepted():
        try:
            return functions.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"note": 4711}')["StatusCode"] == 202
        except functions.exceptions.ClientError:
            return False

    wait_until(accepted, "events are accepted again")

    wait_until(lambda: 4711 in durable.noted(logs), "and run")
    large = json.dumps({"note": 4712, "pad": "x" * 100_000})
    assert functions.invoke(FunctionName=name, InvocationType="Event", Payload=large)["StatusCode"] == 202
    assert any("written again" in line or "writes again" in line for line in server.log)


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
    create(functions, name, python(source), Timeout=60)
    assert json.load(functions.invoke(FunctionName=name, Payload=b"0")["Payload"]) > 0
    for number, jump in enumerate((DAY, -2 * DAY, 0), 1):
        answers = []
        running = threading.Thread(target=lambda: answers.append(functions.invoke(FunctionName=name, Payload=b"3")))
        running.start()
        wait_until(lambda: server.health()["instances"]["busy"] == 1, "it runs")
        offset.write_text(str(jump))
        running.join()
        assert "FunctionError" not in answers[0], "it was timed out by a clock"
        functions.invoke(FunctionName=name, Payload=b"0")
        functions.invoke(FunctionName=name, InvocationType="Event", Payload=str(number).encode() + b"e-3")

        def said(number=number):
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{name}")
            messages = [event["message"].rstrip() for page in pages for event in page["events"]]
            return f"said at 0.00{number}" in messages and messages.count("said at 3") == number and messages

        messages = wait_until(said, "every line is there")
        durations = [float(m.split("Duration: ")[1].split()[0]) for m in messages if m.startswith("REPORT")]
        assert all(0 < duration < 60_000 for duration in durations), durations
