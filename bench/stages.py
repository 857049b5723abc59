#!/usr/bin/env python3
"""Tells where samples of the server fell, by system call and by crate: `stages.py FOLDED MICROSECONDS_A_REQUEST`.

FOLDED has lines of stacks, root first, as inferno-collapse-perf writes them. A sample belongs to the system call it was in, else
to the innermost of our crates, hyper or tokio; what those call in libraries (allocation, copying, JSON) is counted as theirs.
"""

import collections
import re
import sys

SYSTEM_CALL = re.compile(r"__(?:x64|arm64)_sys_(\w+)")
OWNER = re.compile(r"\b(tinderbox_\w+|hyper|hyper_util|tokio|mio|tracing\w*)::")


def stage(frames):
    """Who a stack's time belongs to."""
    for frame in frames:
        if found := SYSTEM_CALL.search(frame):
            return f"system call {found[1]}"
    for frame in reversed(frames):
        if found := OWNER.search(frame):
            return found[1].removeprefix("tinderbox_")
    return "other: " + next((f for f in reversed(frames) if f != "[unknown]"), "?")


def main():
    stages, total = collections.Counter(), 0
    for line in open(sys.argv[1]):
        stack, count = line.rsplit(" ", 1)
        stages[stage(stack.split(";"))] += int(count)
        total += int(count)
    micros = float(sys.argv[2])
    print(f"{micros:.0f} us of processor time a request\n\n| where | share | us |\n| --- | --- | --- |")
    rest = 0
    for name, count in stages.most_common():
        if count < total / 200:
            rest += count
        else:
            print(f"| {name} | {count / total:.1%} | {micros * count / total:.1f} |")
    print(f"| all below 0.5 % | {rest / total:.1%} | {micros * rest / total:.1f} |")


if __name__ == "__main__":
    main()
