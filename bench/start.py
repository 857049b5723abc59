"""The server alone: how soon it answers, and what it takes when nothing happens."""

import pathlib
import tempfile
import time
import urllib.request

from measure import rounds
from subjects import server
from support.waiting import wait_until


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
        total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total


def measure(options, table):
    """Rows of start and memory."""

    def once():
        with tempfile.TemporaryDirectory() as data, server(options.binary, data) as ours:
            wait_until(lambda: urllib.request.urlopen(ours.url + "/health").status == 200, "healthy")
            took = (time.perf_counter() - ours.begun) * 1000
            return took, resident_kib(ours.process.pid) / 1024, tree_kib(ours.process.pid) / 1024

    told, note = rounds(options.rounds * 3, once)
    table.row("start to health", [t for t, _, _ in told], "ms", "≤ 50 ms", note)
    table.row("server idle, resident", [r for _, r, _ in told], "MiB", "≤ 25 MB")
    table.row("server with janitor and spawner, proportional", [t for _, _, t in told], "MiB", "≤ 25 MB")
