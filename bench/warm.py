"""Warm work: a hello over HTTP beside the floors and the peers, all in turn within each round."""

import json
import statistics
import subprocess
import tempfile

from measure import Run, rounds
from subjects import LANGUAGES, PEER_STARTS, create, invocations, peer, server

REQUESTS = {1: 4_000, 16: 20_000}
SLOW = 0.15  # of the requests above, for peers that take so much longer


class Subject:
    """Something that answers a hello at an address and a path."""

    def __init__(self, name, address, path, share=1.0):
        self.name, self.address, self.path, self.share = name, address, path, share

    def load(self, load, connections):
        requests = int(REQUESTS[connections] * self.share)
        return load(
            self.address, "--path", self.path, "--connections", connections,
            "--requests", requests, "--warmup", min(300, requests // 10),
        )  # fmt: skip


def measure(options, table, load):
    """All warm rows."""
    with tempfile.TemporaryDirectory() as data, Run(options.floor) as floor, server(options.binary, data) as ours:
        subjects = [Subject("bare hyper", floor.address, "/")]
        for language, runtime in LANGUAGES.items():
            name = f"warm-{language}".lower()
            create(ours.url, name, runtime)
            load(ours.address, "--path", invocations(name))
            subjects.append(Subject(language, ours.address, invocations(name)))
        started = []
        try:
            for name in PEER_STARTS if options.peers else ():
                directory = tempfile.TemporaryDirectory()
                started.append(directory)
                run, path = peer(name, directory.name)
                started.append(run)
                share = SLOW if "offline" in name or "Python" in name else 1.0
                subjects.append(Subject(name, run.address, path, share))
            for connections in (1, 16):
                _rows(options, table, load, subjects, connections)
        finally:
            for one in reversed(started):
                one.__exit__(None, None, None) if isinstance(one, Run) else one.cleanup()


def _round_trip(options):
    return json.loads(subprocess.run([options.child_echo], check=True, capture_output=True, text=True).stdout)["p50_us"]


def _rows(options, table, load, subjects, connections):
    def once():
        child = _round_trip(options) if connections == 1 else None
        return child, {one.name: one.load(load, connections) for one in subjects}

    told, note = rounds(options.rounds, once)
    figures = lambda name, key: [one[1][name][key] for one in told]  # noqa: E731
    if connections == 1:
        table.row("JSON round trip to a Python child: p50", [one[0] for one in told], "us", note=note)
    for one in subjects:
        what = f"{one.name}, {connections} conn."
        starts = sorted({start for t in told for start in t[1][one.name]["starts"] if start})
        table.row(f"{what}: p50", figures(one.name, "p50_us"), "us", note=", ".join(starts))
        table.row(f"{what}: p99", figures(one.name, "p99_us"), "us")
        table.row(f"{what}: rate", figures(one.name, "per_second"), "req/s", _rate_goal(one.name, connections))
    for language in LANGUAGES:
        _compared(table, told, language, connections, [one.name for one in subjects])


def _rate_goal(name, connections):
    return "≥ 20,000" if name in LANGUAGES and connections == 16 else ""


def _compared(table, told, language, connections, names):
    """Ratios, each within one round."""
    what = f"{language} warm, {connections} conn."

    def ratio(key, of):
        return [t[1][language][key] / of(t) for t in told]

    if connections == 1:
        table.row(f"{what}: p50 / hyper's", ratio("p50_us", lambda t: t[1]["bare hyper"]["p50_us"]), "x", "≤ 3")
        both = lambda t: t[1]["bare hyper"]["p50_us"] + t[0]  # noqa: E731
        table.row(f"{what}: p50 / (hyper's + round trip)", ratio("p50_us", both), "x", "≤ 1.25")
        table.row(f"{what}: p99 / its p50", ratio("p99_us", lambda t: t[1][language]["p50_us"]), "x", "≤ 3")
    goals = {"workerd": "≥ 1", f"functions-framework {language}": "≥ 5"} if connections == 16 else {}
    for other in names:
        if other != "bare hyper" and other not in LANGUAGES and (language in other or other == "workerd"):
            values = ratio("per_second", lambda t, other=other: t[1][other]["per_second"])
            table.row(f"{what}: rate / {other}'s", values, "x", goals.get(other, ""))
