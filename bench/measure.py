"""How a figure comes about: rounds, each with the time the host kept for others, and rows of a table."""

import json
import os
import pathlib
import platform
import datetime
import signal
import statistics
import subprocess
import time

# A round in which the host kept more than this share of the processors' time for others says more
# about the host than about what was measured. It is repeated, and how often is told.
MOST_STOLEN = 0.02
MOST_REPEATS = 3  # times as many rounds as asked for


def stolen():
    """Seconds of processor time that the host has given to others instead of this machine."""
    return int(pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[8]) / os.sysconf("SC_CLK_TCK")


class Stolen:
    """The share of the processors' time that the host kept for others while the context lasted."""

    def __enter__(self):
        self.begun, self.before = time.monotonic(), stolen()
        return self

    @property
    def share(self):
        return (stolen() - self.before) / max(time.monotonic() - self.begun, 1e-9) / os.cpu_count()

    def __exit__(self, *_):
        self.at_end = self.share


class Run:
    """One process that says where it listens, on its first line; or is asked until it answers."""

    def __init__(self, *command, url=None, **options):
        self.begun = time.perf_counter()
        output = subprocess.PIPE if url is None else subprocess.DEVNULL
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.DEVNULL, text=True,
            start_new_session=True, **options,
        )  # fmt: skip
        self.url = url or self.process.stdout.readline().split()[-1]

    @property
    def address(self):
        return self.url.removeprefix("http://")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=60)
        finally:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)  # what a peer's launcher left
            except ProcessLookupError:
                pass
        if self.process.stdout:
            self.process.stdout.close()


class Table:
    """Rows that are printed as they come, and written as a page."""

    def __init__(self):
        self.rows = []
        self.all = Stolen().__enter__()

    def row(self, what, values, unit, goal="", note=""):
        """Tells min / median / max of the rounds; returns the median."""
        low, middle, high = min(values), statistics.median(values), max(values)
        show = lambda v: f"{v:,.0f}" if v >= 100 else f"{v:.2f}"  # noqa: E731
        self.rows.append((what, f"{show(low)} / {show(middle)} / {show(high)} {unit}", goal, note))
        print(f"{what}: {self.rows[-1][1]} {goal} {note}", flush=True)
        return middle

    def missing(self, what, why):
        """Tells that something was not measured, and why."""
        self.rows.append((what, "not measured", "", why))
        print(f"{what}: not measured: {why}", flush=True)

    def write(self, path, title, command, about):
        model = next(
            (line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?"
        )
        when = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
        lines = [
            f"# {title}",
            "",
            f"{when}; {os.cpu_count()} cores, {model}; Linux {platform.release()}; load generator on the same cores.",
            f"Command: `{command}`. {about}",
            f"The host kept {self.all.share:.1%} of the processors' time for others meanwhile.",
            "",
            "| what | min / median / max | goal | |",
            "| --- | --- | --- | --- |",
            *(f"| {' | '.join(row)} |" for row in self.rows),
            "",
        ]
        path.write_text("\n".join(lines))


class Load:
    """The load generator."""

    def __init__(self, program):
        self.program = program

    def __call__(self, address, *arguments):
        command = [self.program, "--address", address, *map(str, arguments)]
        told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout)
        if told["failures"]:
            raise SystemExit(f"{told['failures']} requests failed: {command}")
        return told


def rounds(count, measure):
    """Results of `count` rounds of `measure()` without much stolen time, and a note of those repeated.

    If the host never lets go, the rounds with the least stolen time are taken, which the note tells.
    """
    told = []
    while len(told) < count * MOST_REPEATS:
        with Stolen() as shares:
            result = measure()
        told.append((shares.at_end, result))
        if sum(share <= MOST_STOLEN for share, _ in told) == count:
            break
    kept = sorted(told, key=lambda one: one[0])[:count]
    note = f"{len(told) - count} rounds repeated for stolen time" if len(told) > count else ""
    if kept[-1][0] > MOST_STOLEN:
        note += f", up to {kept[-1][0]:.0%} stolen in those kept"
    return [result for _, result in kept], note
