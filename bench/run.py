#!/usr/bin/env python3
"""Measures the release build beside floors and peers in one run and writes bench/RESULTS.md.

Everything runs on this machine, the load on the same cores as the server. A figure is told as
min / median / max over the rounds; what could not be measured is told as such, never filled in.
A ratio is of two figures of the same round, measured one after the other.
"""

import argparse
import pathlib
import tempfile

import cold
import fairness
import front
import start
import warm
from measure import MOST_STOLEN, Load, Table
from subjects import server

HERE = pathlib.Path(__file__).resolve().parent
ABOUT = (
    "Figures are min / median / max over {rounds} rounds; a round in which the host kept more than {stolen:.0%} of the "
    "processors' time for others is repeated (at most twice as many again). What is compared was measured in turn within each round."
)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--programs", required=True, type=pathlib.Path, help="where hyper-hello, load and child-echo are")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-peers", dest="peers", action="store_false")
    parser.add_argument("--only", choices=["start", "warm", "front", "fairness", "cold", "sleepers"], action="append")
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "RESULTS.md")
    options = parser.parse_args()
    options.floor, options.child_echo = str(options.programs / "hyper-hello"), str(options.programs / "child-echo")
    table, load = Table(), Load(str(options.programs / "load"))
    wanted = lambda part: not options.only or part in options.only  # noqa: E731
    if wanted("start"):
        start.measure(options, table)
    if wanted("warm"):
        warm.measure(options, table, load)
    if wanted("front"):
        front.measure(options, table, load)
    for part, measure in (("fairness", fairness.measure), ("cold", cold.measure), ("sleepers", lambda *a: cold.sleepers(*a, start.tree_kib))):
        if wanted(part):
            with tempfile.TemporaryDirectory() as data, server(options.binary, data) as ours:
                measure(options, table, load, ours)
    about = ABOUT.format(rounds=options.rounds, stolen=MOST_STOLEN)
    table.write(options.out, "Results", "make bench", about)


if __name__ == "__main__":
    main()
