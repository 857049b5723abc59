#!/usr/bin/env python3
"""Measures what many functions cost: the same server with ten of them and with 50,000, in turns, and writes
bench/RESULTS-scale.md.

Functions are created through the API, listed whole through boto3's paginator and invoked. A figure is told as
min / median / max over the rounds. Rounds in which the host or other programs took more of the processors than
told by `--quiet` are repeated, up to as many times again.
"""

import argparse
import base64
import concurrent.futures
import datetime
import http.client
import io
import json
import os
import pathlib
import platform
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile

import boto3
import botocore.config

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

from support.code import PYTHON, ROLE  # noqa: E402
from support.waiting import wait_until  # noqa: E402

FEW = 10
CODES = 500
SAMPLE = 500
LINES = 8
FUNCTIONS = "/2015-03-31/functions"


def package(number):
    """A hello function, told from others by a comment."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", f"# {number}\ndef handler(event, context):\n    return 'hello'\n")
    return base64.b64encode(packed.getvalue()).decode()


def invocations(name):
    return f"{FUNCTIONS}/{name}/invocations"


def name_of(number):
    return f"f-{number:05}"


def create(address, numbers, codes):
    """Creates functions over one connection; how long the last hundred took, in seconds."""
    line, recent = http.client.HTTPConnection(address, timeout=120), []
    for number in numbers:
        body = {
            "FunctionName": name_of(number),
            "Runtime": PYTHON,
            "Handler": "app.handler",
            "Role": ROLE,
            "Description": f"Number {number} of many",
            "Environment": {"Variables": {"NUMBER": str(number), "STAGE": "test"}},
            "Tags": {"number": str(number)},
            "Code": {"ZipFile": codes[number % CODES]},
        }
        begun = time.perf_counter()
        line.request("POST", FUNCTIONS, json.dumps(body), {"content-type": "application/json"})
        answer = line.getresponse()
        told = answer.read()
        recent = [*recent[-99:], time.perf_counter() - begun]
        if answer.status != 201:
            raise SystemExit(f"{answer.status} {told}")
    return recent


class Server:
    """The binary on a data directory; `started` is how long it took to be healthy, in ms."""

    def __init__(self, binary, data):
        begun = time.perf_counter()
        command = [binary, "up", "--listen", "127.0.0.1:0", "--data", data]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = self.process.stdout.readline().split()[-1]
        wait_until(lambda: urllib.request.urlopen(self.url + "/health").status == 200, "healthy")
        self.started = (time.perf_counter() - begun) * 1000

    @property
    def address(self):
        return self.url.removeprefix("http://")

    def resident(self):
        """VmRSS, in MiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) / 1024

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=120)
        self.process.stdout.close()


def client(url):
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    config = botocore.config.Config(read_timeout=120, retries={"total_max_attempts": 1})
    return boto3.client("lambda", endpoint_url=url, config=config, **keys)


def processor():
    """Seconds of all processors since the start: busy, and kept by the host for others."""
    fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    user, nice, system, _, _, irq, soft, steal = fields
    return (user + nice + system + irq + soft) / 100, steal / 100


def of_others(begun, own):
    """The share of the processors that other programs and the host took since `begun`."""
    wall, (busy, steal) = time.perf_counter() - begun[0], processor()
    return max(0.0, busy - begun[1][0] - own + steal - begun[1][1]) / wall / os.cpu_count()


def tree_seconds(pid):
    """Processor time of a process and all that descend from it, dead ones counted where they were reaped."""
    parents, used = {}, {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
        used[int(stat.parent.name)] = sum(map(int, fields[11:15])) / 100
    total, todo = 0, [pid]
    while todo:
        one = todo.pop()
        todo += parents.get(one, [])
        total += used.get(one, 0)
    return total


class Bench:
    def __init__(self, options, root):
        self.options = options
        self.data = {count: f"{root}/{count}" for count in (FEW, options.functions)}
        self.figures, self.rows, self.repeated, self.shares = {}, [], 0, []

    def fill(self, count):
        codes = [package(number) for number in range(CODES)]
        with Server(self.options.binary, self.data[count]) as server:
            begun = time.perf_counter()
            parts = [range(first, count, LINES) for first in range(LINES)]
            with concurrent.futures.ThreadPoolExecutor(LINES) as pool:
                recent = [t for part in pool.map(lambda part: create(server.address, part, codes), parts) for t in part]
            took = time.perf_counter() - begun
            self.rows.append((f"{count:,} functions created over {LINES} connections", f"{took:.1f} s", "", f"{count / took:,.0f} a second"))
            middle = statistics.median(recent) * 1000
            self.rows.append((f"the last of {count:,} creations, median of {len(recent)}", f"{middle:.2f} ms", "", ""))
            pathlib.Path(f"{self.data[count]}.json").write_text(json.dumps(self.rows[-2:]))

    def load(self, address, *arguments):
        command = [self.options.load, "--address", address, *map(str, arguments)]
        told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        if told["failures"]:
            raise SystemExit(f"{told['failures']} requests failed: {command}")
        return told

    def round(self, count, turn):
        """One start of one server and what is measured on it; the figures, and the share that others took."""
        begun, children = (time.perf_counter(), processor()), os.times()
        figures = {}
        with Server(self.options.binary, self.data[count]) as server:
            figures["start to health, ms"] = server.started
            figures["resident at health, MiB"] = server.resident()
            name = name_of(random.Random(turn).randrange(count))
            first = time.perf_counter()
            self.load(server.address, "--path", invocations(name), "--requests", 1)
            figures["health to the first answer, ms"] = (time.perf_counter() - first) * 1000
            first = time.perf_counter()
            urllib.request.urlopen(f"{server.url}{FUNCTIONS}?MaxItems=1").read()
            figures["then to the first list, for which all are read, ms"] = (time.perf_counter() - first) * 1000
            figures["resident then, MiB"] = server.resident()
            told = self.load(server.address, "--path", invocations(name), "--requests", 8000, "--warmup", 300)
            figures["warm invocation, 1 connection: p50, us"] = told["p50_us"]
            figures["warm invocation, 1 connection: p99, us"] = told["p99_us"]
            own = tree_seconds(server.process.pid)
        times = os.times()
        own += times.user + times.system - children.user - children.system
        return figures, of_others(begun, own)

    def rounds(self):
        turn = {count: 0 for count in self.data}
        tries = 0
        while min(turn.values()) < self.options.rounds and tries < 2 * self.options.rounds:
            tries += 1
            both = {count: self.round(count, tries) for count in self.data}
            share = max(share for _, share in both.values())
            if share > self.options.quiet and tries + self.options.rounds - turn[FEW] <= 2 * self.options.rounds:
                self.repeated += 1
                print(f"round {tries}: others took {share:.0%}, again", flush=True)
                continue
            self.shares.append(share)
            for count, (figures, _) in both.items():
                turn[count] += 1
                for what, value in figures.items():
                    self.figures.setdefault(what, {}).setdefault(count, []).append(value)
            print(f"round {tries}: others took {share:.0%}", {c: f for c, (f, _) in both.items()}, flush=True)

    def compare(self):
        show = lambda v: f"{v:,.0f}" if v >= 100 else f"{v:.1f}"  # noqa: E731
        for what, of in self.figures.items():
            told = [" / ".join(map(show, (min(v), statistics.median(v), max(v)))) for v in of.values()]
            few, many = (statistics.median(of[count]) for count in self.data)
            goal = "≤ 1.2" if "p50" in what or what.startswith("start") else ""
            self.rows.append((what, " → ".join(told), goal, f"{many / few:.2f} x"))

    def listed(self):
        count = self.options.functions
        with Server(self.options.binary, self.data[count]) as server:
            functions, begun = client(server.url), time.perf_counter()
            pages = [page["Functions"] for page in functions.get_paginator("list_functions").paginate()]
            took = time.perf_counter() - begun
            names = [f["FunctionName"] for page in pages for f in page]
            if names != [name_of(number) for number in range(count)]:
                raise SystemExit(f"{len(names)} were listed, {len(set(names))} different ones")
            self.rows.append((f"all {count:,} listed through boto3, {len(pages):,} pages", f"{took:.1f} s", "", f"{took / len(pages) * 1000:.1f} ms a page, boto3 included"))
            some = random.Random(1).sample(range(count), SAMPLE)
            begun = time.perf_counter()
            for number in some:
                answer = functions.invoke(FunctionName=name_of(number), Payload=b"{}")
                if json.load(answer["Payload"]) != "hello":
                    raise SystemExit(f"{name_of(number)} answered wrongly")
            took = (time.perf_counter() - begun) / SAMPLE * 1000
            self.rows.append((f"{SAMPLE} of them, drawn, each invoked for the first time through boto3", f"{took:.1f} ms each", "", ""))
            self.rows.append((f"resident after that, of {count:,}", f"{server.resident():,.0f} MiB", "", ""))

    def write(self):
        model = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "?")  # noqa: E741
        when = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
        lines = [
            "# Many functions",
            "",
            f"{when}; {os.cpu_count()} cores, {model}; Linux {platform.release()}; load generator on the same cores.",
            f"Command: `make bench-scale` ({self.options.rounds} rounds, ten and {self.options.functions:,} functions in turns). Figures of rounds",
            f"are min / median / max, of ten → of {self.options.functions:,}, then the ratio of the medians.",
            f"Other programs and the host took {min(self.shares):.0%} to {max(self.shares):.0%} of the processors during the rounds; "
            f"{self.repeated} rounds were repeated because",
            f"they took more than {self.options.quiet:.0%}. The server and the load ran at nice {os.nice(0)}.",
            "",
            "| what | measured | goal | |",
            "| --- | --- | --- | --- |",
            *(f"| {' | '.join(row)} |" for row in self.rows),
            "",
        ]
        (HERE / "RESULTS-scale.md").write_text("\n".join(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--load", required=True)
    parser.add_argument("--functions", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quiet", type=float, default=0.25, help="share of the processors that others may take")
    parser.add_argument("--keep", help="a directory to keep what was created in")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        bench = Bench(options, options.keep or temporary)
        for count, data in bench.data.items():
            if not pathlib.Path(f"{data}.json").exists():
                bench.fill(count)
            else:
                bench.rows += json.loads(pathlib.Path(f"{data}.json").read_text())
        bench.rounds()
        bench.compare()
        bench.listed()
        bench.write()


if __name__ == "__main__":
    main()
