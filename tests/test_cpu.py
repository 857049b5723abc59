"""Processor time follows from memory: by weight, or as a hard share."""

import json
import os
import pathlib
import re

import pytest

from support.code import create, python
from support.waiting import wait_until

BURN = python(
    """
    import os, time

    def burn(seconds, processes):
        pids = []
        for _ in range(processes - 1):
            pid = os.fork()
            if pid == 0:
                until = time.monotonic() + seconds
                while time.monotonic() < until:
                    pass
                os._exit(0)
            pids.append(pid)
        began, until = time.monotonic(), time.monotonic() + seconds
        while time.monotonic() < until:
            pass
        for pid in pids:
            os.waitpid(pid, 0)
        used = os.times()
        return (used.user + used.system + used.children_user + used.children_system), time.monotonic() - began

    before = sum(os.times()[:2])
    used, wall = burn(0.6, 1)
    loading = (used - before) / wall

    def lambda_handler(event, context):
        before = sum(os.times()[:4])
        used, wall = burn(event["seconds"], event["processes"])
        return {"init": loading, "share": (used - before) / wall}
    """
)


def held_back(tag):
    """Seconds for which a quota has kept an instance of a server from running, the most of any that lives."""
    most = 0.0
    for place, _, files in os.walk("/sys/fs/cgroup"):
        if tag not in place or "cpu.stat" not in files:
            continue
        try:
            told = pathlib.Path(place, "cpu.stat").read_text()
        except OSError:  # it has ended since
            continue
        # In nanoseconds by version 1, in microseconds by version 2.
        nanoseconds, microseconds = (re.search(rf"^{field} (\d+)$", told, re.MULTILINE) for field in ("throttled_time", "throttled_usec"))
        most = max(most, int(nanoseconds[1]) / 1e9 if nanoseconds else 0, int(microseconds[1]) / 1e6 if microseconds else 0)
    return most


@pytest.fixture(scope="module")
def share(request, tmp_path_factory):
    """Measures the share of a processor that an instance with some memory gets."""
    from conftest import connect
    from support.server import Server

    with Server(tmp_path_factory.mktemp("data"), env={"TINDERBOX_ENGINE__CPU": request.param}) as server:
        functions = connect(server, "lambda")

        def measure(memory, processes=1, seconds=1.5):
            name = f"burn-{memory}-{processes}"
            create(functions, name, BURN, MemorySize=memory, Timeout=120)
            event = json.dumps({"processes": processes, "seconds": seconds})
            told = json.load(functions.invoke(FunctionName=name, Payload=event)["Payload"])
            told["held_back"] = held_back(server.health()["id"])
            functions.delete_function(FunctionName=name)
            return told

        yield measure


@pytest.mark.parametrize("share", ["quota"], indirect=True)
def test_a_quota_is_a_hard_share_from_the_first_moment_on(share):
    # 128 of 1,769 MB are 7 % of a processor; a period of 100 ms more or less is what remains of a short measurement.
    told = at_least(0.04, lambda: share(128), most=0.12)
    assert told["init"] <= 0.25, told
    assert told["held_back"] > 1, told
    at_least(0.15, lambda: share(512), most=0.38)
    # Two processes share it.
    assert share(512, processes=2)["share"] <= 0.38


def at_least(least, measure, most):
    """A measurement in which there was that much to have: others who want processors can take it, and must not add to it."""

    def enough():
        told = measure()
        assert told["share"] <= most, told
        return told["share"] >= least and told

    return wait_until(enough, f"the share is at least {least}")


@pytest.mark.parametrize("share", ["weight"], indirect=True)
def test_by_weight_one_processor_is_the_most_up_to_1536_mb(share):
    small = share(128)
    # How much it gets depends on what else runs here. But nothing keeps it from having all that nobody else wants.
    assert small["held_back"] < 0.2, small
    assert share(1536, processes=3)["share"] <= 1.15
    assert share(2048, processes=4)["share"] <= 2.15
