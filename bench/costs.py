#!/usr/bin/env python3
"""Tells what a warm invocation costs each process: `costs.py BINARY LOAD [--connections 1 16] [--language Python Node]`.

Processor time (the scheduler's own count, in nanoseconds) and how often each side gave its processor up or lost it, divided by
the requests. Unlike rates these hold when other programs run beside; binaries are compared by calling this in turns.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile

from subjects import LANGUAGES, create, invocations, server

PROC = pathlib.Path("/proc")


class Used:
    """Processor time and context switches."""

    def __init__(self, micros=0.0, waits=0, losses=0):
        self.micros, self.waits, self.losses = micros, waits, losses

    def __sub__(self, other):
        return Used(self.micros - other.micros, self.waits - other.waits, self.losses - other.losses)

    def __add__(self, other):
        return Used(self.micros + other.micros, self.waits + other.waits, self.losses + other.losses)


def used_by(pid):
    """What all threads of a process have used so far."""
    total = Used()
    for task in (PROC / str(pid) / "task").glob("*"):
        try:
            nanos = int((task / "schedstat").read_text().split()[0])
            status = dict(line.split(":", 1) for line in (task / "status").read_text().splitlines() if ":" in line)
        except OSError:
            continue
        total += Used(nanos / 1000, int(status["voluntary_ctxt_switches"]), int(status["nonvoluntary_ctxt_switches"]))
    return total


def family(pid):
    """The process and all that descend from it, by what they are."""
    parents, names = {}, {}
    for stat in PROC.glob("[0-9]*/stat"):
        try:
            name, fields = stat.read_text().rsplit(")", 1)
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields.split()[1])
        names[int(stat.parent.name)] = name.split("(", 1)[1]
    found = {pid: "server"}
    for _ in range(8):  # deeper than any tree of ours
        for one, parent in parents.items():
            if parent in found and one not in found:
                ours = names[one].startswith(("tinderbox", "init", "spawner", "janitor"))
                found[one] = "janitor, spawner, inits" if ours else "instances"
    return found


def snapshot(pid):
    """What each part of the family has used so far, and how many processes it has used anything in."""
    return {one: (part, used_by(one)) for one, part in family(pid).items()}


def drive(load, address, path, connections, requests):
    """One load; what the generator itself used, and what it told."""
    command = [load, "--address", address, "--path", path, "--connections", str(connections), "--requests", str(requests)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        told = json.loads(process.stdout.read())
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
    if told["failures"] or status:
        raise SystemExit(f"{told['failures']} requests failed")
    return Used((usage.ru_utime + usage.ru_stime) * 1e6, usage.ru_nvcsw, usage.ru_nivcsw), told


def measure(pid, load, address, path, connections, requests):
    """Rows of (part, what it used in all, how many of its processes worked)."""
    drive(load, address, path, connections, requests)
    before = snapshot(pid)
    generator, told = drive(load, address, path, connections, requests)
    parts = {"load generator": (generator, 1)}
    for one, (part, now) in snapshot(pid).items():
        spent = now - before.get(one, (part, Used()))[1]
        total, working = parts.get(part, (Used(), 0))
        parts[part] = (total + spent, working + (spent.micros > requests / 100))
    return parts, told


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary")
    parser.add_argument("load")
    parser.add_argument("--connections", type=int, nargs="*", default=[1, 16])
    parser.add_argument("--language", nargs="*", default=list(LANGUAGES))
    parser.add_argument("--requests", type=int, default=40_000)
    options = parser.parse_args()
    print("| | processes | us a request | waits | losses |\n| --- | --- | --- | --- | --- |")
    for language in options.language:
        for connections in options.connections:
            with tempfile.TemporaryDirectory() as data, server(options.binary, data) as ours:
                create(ours.url, "hello", LANGUAGES[language])
                parts, told = measure(
                    ours.process.pid, options.load, ours.address, invocations("hello"), connections, options.requests
                )
            n = options.requests
            total = Used()
            for part, (used, working) in sorted(parts.items(), key=lambda one: -one[1][0].micros):
                total += used
                print(f"| {language}, {connections} conn.: {part} | {working} | {used.micros / n:.1f} | {used.waits / n:.2f} | {used.losses / n:.3f} |")
            print(f"| {language}, {connections} conn.: all | | {total.micros / n:.1f} | {total.waits / n:.2f} | {total.losses / n:.3f} |", flush=True)


if __name__ == "__main__":
    main()
