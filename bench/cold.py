"""Cold work: first requests of fresh functions, one by one, many at once, and as many as go."""

import threading
import time

from measure import rounds
from subjects import LANGUAGES, PYTHON, call, create, invocations
from support.code import python

SLEEPERS = 1_000


def measure(options, table, load, ours):
    """All cold rows, on a running server."""
    for language, runtime in LANGUAGES.items():
        _one_by_one(options, table, load, ours, language, runtime)
        _at_once(options, table, load, ours, language, runtime)
    _distinct(options, table, load, ours)
    _sustained(options, table, load, ours)


def _fresh(ours, prefix, count, runtime=PYTHON):
    """Paths of `count` functions that never ran."""
    _fresh.turn += 1
    names = [f"{prefix}-{_fresh.turn}-{n}".lower() for n in range(count)]
    for name in names:
        create(ours.url, name, runtime)
    return names


_fresh.turn = 0


def _paths(names):
    return [argument for name in names for argument in ("--path", invocations(name))]


def _delete(ours, names):
    for name in names:
        call(ours.url, "DELETE", f"/2015-03-31/functions/{name}")


def _one_by_one(options, table, load, ours, language, runtime):
    def once():
        names = _fresh(ours, f"cold-{language}", 40, runtime)
        told = load(ours.address, *_paths(names), "--requests", len(names), "--interval-ms", 200)
        _delete(ours, names)
        return told

    told, note = rounds(options.rounds, once)
    starts = {k: sum(t["starts"].get(k, 0) for t in told) for t in told for k in t["starts"]}
    note = ", ".join([*(f"{count} {start}" for start, count in sorted(starts.items())), *([note] if note else [])])
    table.row(f"{language} cold, every 200 ms: p50", [t["p50_us"] / 1000 for t in told], "ms", "≤ 3 ms", note)
    table.row(f"{language} cold, every 200 ms: p99", [t["p99_us"] / 1000 for t in told], "ms", "≤ 10 ms")


def _at_once(options, table, load, ours, language, runtime):
    def once():
        names = _fresh(ours, f"twenty-{language}", 1, runtime)
        return load(ours.address, *_paths(names), "--connections", 20, "--requests", 20)["max_us"] / 1000

    told, note = rounds(options.rounds, once)
    table.row(f"{language}, 20 at once on a fresh function: the slowest", told, "ms", "≤ 1,000 ms", note)


def _distinct(options, table, load, ours):
    """A hundred functions that all get their first request at once, beside one alone."""

    def once():
        alone = _fresh(ours, "alone", 1)
        time.sleep(1)  # as much time to prepare as the many get
        one = load(ours.address, *_paths(alone), "--requests", 1)["max_us"]
        names = _fresh(ours, "hundred", 100)
        time.sleep(1)
        many = load(ours.address, *_paths(names), "--connections", 100, "--requests", 100)
        _delete(ours, names + alone)
        return one, many["max_us"], many["p50_us"]

    told, note = rounds(options.rounds, once)
    table.row("100 functions cold at once: the slowest", [m / 1000 for _, m, _ in told], "ms", note=note)
    table.row("100 functions cold at once: p50", [m / 1000 for _, _, m in told], "ms")
    table.row("100 functions cold at once: the slowest / one alone", [m / a for a, m, _ in told], "x", "≤ 5")


def _sustained(options, table, load, ours):
    def once():
        names = _fresh(ours, "sustained", 600)
        told = load(ours.address, *_paths(names), "--connections", 8, "--requests", len(names))
        _delete(ours, names)
        return told

    told, note = rounds(options.rounds, once)
    starts = {k: sum(t["starts"].get(k, 0) for t in told) for t in told for k in t["starts"]}
    note = ", ".join([*(f"{count} {start}" for start, count in sorted(starts.items())), *([note] if note else [])])
    table.row("600 functions cold, 8 conn.: starts", [t["per_second"] for t in told], "/s", "≥ 300 /s", note)


def sleepers(options, table, load, ours, memory_kib):
    """A thousand requests that sleep, from none: when all run, and what everything then takes."""
    code = python("import time\n\ndef lambda_handler(event, context):\n    time.sleep(30)\n    return 'hello'\n")
    create(ours.url, "sleeper", PYTHON, code, Timeout=60, MemorySize=128)
    begun = time.monotonic()
    done = threading.Event()

    def ask():
        load(ours.address, "--path", invocations("sleeper"), "--connections", SLEEPERS, "--requests", SLEEPERS)
        done.set()

    asking = threading.Thread(target=ask)
    asking.start()
    while call(ours.url, "GET", "/health")["instances"]["busy"] < SLEEPERS and not done.is_set():
        time.sleep(0.02)
    took = time.monotonic() - begun
    if done.is_set():
        table.missing("1,000 sleepers from none: all running", "they never all ran at once")
    else:
        table.row("1,000 sleepers from none: all running", [took], "s", "≤ 4 s")
        table.row("1,000 sleepers from none: memory of all processes", [memory_kib(ours.process.pid) / 1024], "MiB", "≤ 4 GB")
    asking.join()
    call(ours.url, "DELETE", "/2015-03-31/functions/sleeper")
