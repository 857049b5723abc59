#!/usr/bin/env python3
"""Measures the release build beside its floor in one run and writes bench/RESULTS.md.

Everything runs on this machine, the load on the same cores as the server. A figure is told as
min / median / max over the rounds; what could not be measured is told as such, never filled in.
"""

import argparse
import base64
import datetime
import json
import os
import pathlib
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

from support.code import HELLO, NODE, PYTHON, ROLE  # noqa: E402
from support.waiting import wait_until  # noqa: E402

LANGUAGES = {"Python": PYTHON, "Node": NODE}


class Run:
    """One process that says where it listens."""

    def __init__(self, *command):
        self.begun = time.perf_counter()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = self.process.stdout.readline().split()[-1]

    @property
    def address(self):
        return self.url.removeprefix("http://")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        self.process.stdout.close()


def call(url, method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, {"content-type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read() or b"null")


def create(url, name, runtime):
    handler, code = HELLO[runtime]
    call(
        url,
        "POST",
        "/2015-03-31/functions",
        {
            "FunctionName": name,
            "Runtime": runtime,
            "Handler": handler,
            "Role": ROLE,
            "Code": {"ZipFile": base64.b64encode(code).decode()},
        },
    )


def invocations(name):
    return f"/2015-03-31/functions/{name}/invocations"


def resident_kib(pid):
    """VmRSS of one process, in KiB."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def tree_kib(pid):
    """Proportional set size of a process and all that descend from it, in KiB."""
    children = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    total, todo = 0, [pid]
    while todo:
        one = todo.pop()
        todo += children.get(one, [])
        try:
            rollup = pathlib.Path(f"/proc/{one}/smaps_rollup").read_text()
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total


def stolen():
    """Seconds of processor time that the host has given to others instead of this machine."""
    return int(pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[8]) / os.sysconf("SC_CLK_TCK")


class Bench:
    def __init__(self, options):
        self.options = options
        self.rows = []
        self.begun, self.stolen = time.monotonic(), stolen()

    def load(self, address, *arguments):
        command = [self.options.load, "--address", address, *map(str, arguments)]
        told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        if told["failures"]:
            raise SystemExit(f"{told['failures']} requests failed: {command}")
        return told

    def row(self, what, values, unit, goal="", note=""):
        low, middle, high = min(values), statistics.median(values), max(values)
        show = lambda v: f"{v:,.0f}" if v >= 100 else f"{v:.2f}"  # noqa: E731
        self.rows.append((what, f"{show(low)} / {show(middle)} / {show(high)} {unit}", goal, note))
        print(f"{what}: {self.rows[-1][1]} {goal} {note}", flush=True)
        return middle

    def server(self, data):
        return Run(self.options.binary, "up", "--listen", "127.0.0.1:0", "--data", data)

    def start_and_memory(self):
        starts, resident, tree = [], [], []
        for _ in range(self.options.rounds * 3):
            with tempfile.TemporaryDirectory() as data, self.server(data) as server:
                wait_until(lambda: urllib.request.urlopen(server.url + "/health").status == 200, "healthy")
                starts.append((time.perf_counter() - server.begun) * 1000)
                resident.append(resident_kib(server.process.pid) / 1024)
                tree.append(tree_kib(server.process.pid) / 1024)
        self.row("start to health", starts, "ms", "≤ 100 ms")
        self.row("server idle, resident", resident, "MiB", "≤ 30 MB")
        self.row("server with janitor and spawner, proportional", tree, "MiB", "≤ 30 MB")

    def floor(self):
        with Run(self.options.floor) as floor:
            return {n: self.latency(f"hyper hello, {n} conn.", floor.address, ["/"], n) for n in (1, 16)}

    def latency(self, what, address, paths, connections, floor=None):
        requests = 20_000 if connections > 1 else 8_000
        told = [
            self.load(
                address,
                *[a for path in paths for a in ("--path", path)],
                "--connections", connections, "--requests", requests, "--warmup", 300,
            )
            for _ in range(self.options.rounds)
        ]
        starts = {start for one in told for start in one["starts"] if start}
        note = f"start: {', '.join(sorted(starts))}" if starts else ""
        p50 = self.row(f"{what}: p50", [t["p50_us"] for t in told], "us", "", note)
        if floor:
            goal = "≤ 3" if connections == 1 else ""
            self.row(f"{what}: p50 / hyper's", [t["p50_us"] / floor for t in told], "x", goal)
        self.row(f"{what}: p99", [t["p99_us"] for t in told], "us")
        self.row(f"{what}: rate", [t["per_second"] for t in told], "req/s")
        return p50

    def cold(self, url, address, language, runtime):
        told = []
        for turn in range(self.options.rounds):
            names = [f"cold-{language}-{turn}-{n}".lower() for n in range(30)]
            for name in names:
                create(url, name, runtime)
            paths = [a for name in names for a in ("--path", invocations(name))]
            told.append(self.load(address, *paths, "--requests", len(names), "--interval-ms", 200))
        starts = {k: sum(t["starts"].get(k, 0) for t in told) for t in told for k in t["starts"]}
        note = ", ".join(f"{count} {start}" for start, count in sorted(starts.items()))
        self.row(f"{language} cold, every 200 ms: p50", [t["p50_us"] / 1000 for t in told], "ms", "≤ 10 ms", note)
        self.row(f"{language} cold, every 200 ms: max", [t["max_us"] / 1000 for t in told], "ms")

    def twenty(self, url, address, language, runtime):
        spans = []
        for turn in range(self.options.rounds):
            name = f"twenty-{language}-{turn}".lower()
            create(url, name, runtime)
            path = ("--path", invocations(name), "--connections", 20, "--requests", 20)
            spans.append(self.load(address, *path)["max_us"] / 1000)
        self.row(f"{language}, 20 at once on a fresh function: the slowest", spans, "ms", "≤ 1,000 ms")

    def run(self):
        self.start_and_memory()
        floor = self.floor()
        with tempfile.TemporaryDirectory() as data, self.server(data) as server:
            for language, runtime in LANGUAGES.items():
                name = f"warm-{language}".lower()
                create(server.url, name, runtime)
                self.load(server.address, "--path", invocations(name))
                for n in (1, 16):
                    what = f"{language} warm, {n} conn."
                    self.latency(what, server.address, [invocations(name)], n, floor[n])
                self.cold(server.url, server.address, language, runtime)
                self.twenty(server.url, server.address, language, runtime)

    def write(self):
        model = next(
            (line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?"
        )
        share = (stolen() - self.stolen) / (time.monotonic() - self.begun) / os.cpu_count()
        when = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
        lines = [
            "# Results",
            "",
            f"{when}; {os.cpu_count()} cores, {model}; Linux {platform.release()}; load generator on the same cores.",
            f"Command: `make bench` ({self.options.rounds} rounds). Figures are min / median / max over the rounds.",
            f"The host kept {share:.1%} of the processors' time for others meanwhile.",
            "",
            "| what | min / median / max | goal | |",
            "| --- | --- | --- | --- |",
            *(f"| {' | '.join(row)} |" for row in self.rows),
            "",
        ]
        (HERE / "RESULTS.md").write_text("\n".join(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--floor", required=True)
    parser.add_argument("--load", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    bench = Bench(parser.parse_args())
    bench.run()
    bench.write()


if __name__ == "__main__":
    main()
