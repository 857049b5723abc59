"""Processor time follows from memory: by weight, or as a hard share."""

import json

import pytest

from support.code import create, python

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


@pytest.fixture(scope="module")
def share(request, tmp_path_factory):
    """Measures the share of a processor that an instance with some memory gets."""
    from conftest import connect
    from support.server import Server

    with Server(tmp_path_factory.mktemp("data"), env={"TINDERBOX_ENGINE__CPU": request.param}) as server:
        functions = connect(server, "lambda")

        def measure(memory, processes=1, seconds=1.5):
            name = f"burn-{memory}-{processes}"
            create(functions, name, BURN, MemorySize=memory, Timeout=60)
            event = json.dumps({"processes": processes, "seconds": seconds})
            told = json.load(functions.invoke(FunctionName=name, Payload=event)["Payload"])
            functions.delete_function(FunctionName=name)
            return told

        yield measure


@pytest.mark.parametrize("share", ["quota"], indirect=True)
def test_a_quota_is_a_hard_share_from_the_first_moment_on(share):
    told = share(128)
    # 128 of 1,769 MB are 7 % of a processor; a period of 100 ms more or less is what remains of a short measurement.
    assert 0.04 <= told["share"] <= 0.12, told
    assert told["init"] <= 0.25, told
    assert 0.15 <= share(512)["share"] <= 0.38
    # Two processes share it.
    assert share(512, processes=2)["share"] <= 0.38


@pytest.mark.parametrize("share", ["weight"], indirect=True)
def test_by_weight_one_processor_is_the_most_up_to_1536_mb(share):
    small = share(128)
    # Nobody else wants it, so even the smallest gets far more than its share; how much depends on what else runs here.
    assert small["share"] > 0.2 and small["init"] > 0.1, small
    assert share(1536, processes=3)["share"] <= 1.15
    assert share(2048, processes=4)["share"] <= 2.15
