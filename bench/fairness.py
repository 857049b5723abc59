"""Fairness: a function with one caller, alone and beside another function's storm."""

import contextlib
import subprocess

from measure import rounds
from subjects import LANGUAGES, create, invocations

STORM = 64  # connections, each of which sends its next request when the last was answered
REQUESTS, WARMUP = 1_000, 100
ENDLESS = 10**9


def measure(options, table, load, ours):
    """The rows of every language; what is compared was measured in turn within each round."""
    for language, runtime in LANGUAGES.items():
        bystander, storm = (f"{who}-{language}".lower() for who in ("bystander", "storm"))
        for name in (bystander, storm):
            create(ours.url, name, runtime)
            load(ours.address, "--path", invocations(name))

        def once(bystander=bystander, storm=storm):
            alone = _ask(load, ours, bystander)
            with _storming(load, ours, storm):
                return alone, _ask(load, ours, bystander)

        told, note = rounds(options.rounds, once)
        beside = f"beside another's storm of {STORM} connections"
        for where, what in enumerate((f"{language}, a function alone, 1 conn.", f"{language}, the same {beside}")):
            table.row(f"{what}: p50", [t[where]["p50_us"] for t in told], "us", note=note)
            table.row(f"{what}: p99", [t[where]["p99_us"] for t in told], "us")
        for key in ("p50", "p99"):
            ratios = [after[f"{key}_us"] / before[f"{key}_us"] for before, after in told]
            table.row(f"{language}: {key} {beside} / alone", ratios, "x", "≤ 2" if key == "p99" else "")


def _ask(load, ours, name):
    return load(ours.address, "--path", invocations(name), "--requests", REQUESTS, "--warmup", WARMUP)


@contextlib.contextmanager
def _storming(load, ours, name):
    """While this lasts the function is asked as fast as it answers."""
    command = [
        load.program, "--address", ours.address, "--path", invocations(name), "--connections", str(STORM), "--requests", str(ENDLESS),
    ]  # fmt: skip
    storm = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        # The first requests make the storm's instances; the bystander's warm-up goes by meanwhile.
        yield
        if storm.poll() is not None:
            raise SystemExit(f"the storm was over before it was measured: {command}")
    finally:
        storm.terminate()
        storm.wait()
