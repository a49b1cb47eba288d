#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`make bench`: measures o2o-exporter beside what it is held against, in one run, in turns, and prints the ratios.

Exit status 0 also where a target is missed (the table says so); 1 where something could not be measured or was done
wrongly."""

import argparse
import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg2

sys.path[0] = str(Path(__file__).resolve().parents[1])  # tests/ instead of tests/bench/

# pylint: disable=wrong-import-position
from bench import decode, idle, ingest, limits, report, scrape, stuck
from bench.measure import WrongResult
from harness.exporter import program
from harness.processes import NotReady

# One module per subject: title(options) is a line about it, measure(options) yields its Measurements, TARGETS are its
# ratios, OURS is its name for the exporter; LIMITS, where there are any, hold the exporter against a number.
SUBJECTS = {"ingest": ingest, "scrape": scrape, "stuck": stuck, "decode": decode, "idle": idle}


class Asked(Exception):
    """A signal asked to stop."""


def stop_on_signals():
    def stop(*_):
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)  # once is enough
        raise Asked

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        signal.signal(number, stop)


def positive(text):
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def positives(text):
    return [positive(word) for word in text.split(",")]


def parse_options():
    parser = argparse.ArgumentParser(description="Measures o2o-exporter beside what it is held against.")
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", default=list(SUBJECTS),
                        help=f"what to measure, of: {', '.join(SUBJECTS)} (all)")
    parser.add_argument("--rows", type=positive, default=100_000, help="orders on a page (100000)")
    parser.add_argument("--series", type=positives, default=[10_000, 100_000, 500_000, 1_000_000], metavar="N,N,...",
                        help="series of a scrape (10000,100000,500000,1000000)")
    parser.add_argument("--answer-rows", type=positive, default=1_000_000, help="rows of a Metabase answer (1000000)")
    parser.add_argument("--idle-seconds", type=positive, default=60, help="how long to watch it idle (60)")
    parser.add_argument("--rounds", type=positive, default=3, help="times that everything is measured (3)")
    parser.add_argument("--json", metavar="FILE", help="write the JSON lines there rather than to stdout")
    parser.add_argument("--exporter", metavar="PATH", help="the program (build/o2o-exporter, or $O2O_EXPORTER)")
    options = parser.parse_args()
    unknown = sorted(set(options.subjects) - set(SUBJECTS))
    if unknown:
        parser.error(f"there is no subject {', '.join(unknown)}; there is: {', '.join(SUBJECTS)}")
    if options.exporter:
        os.environ["O2O_EXPORTER"] = options.exporter
    options.exporter = str(program().resolve())
    return options


def run(options, lines):
    for name in options.subjects:
        subject = SUBJECTS[name]
        print(f"{name}: {subject.title(options)}", flush=True)
        measurements = []
        with closing(subject.measure(options)) as going:
            for measurement in going:
                measurements.append(measurement)
                print(measurement.json_line(), file=lines, flush=True)
        for verdict in report.judge(measurements, subject.TARGETS):
            print(verdict.json_line(), file=lines, flush=True)
        held = limits.judge(measurements, getattr(subject, "LIMITS", ()))
        for verdict in held:
            print(verdict.json_line(), file=lines, flush=True)
        print(f"\n{report.table(measurements, subject.TARGETS, subject.OURS)}\n", flush=True)
        for verdict in held:
            print(verdict.line(), flush=True)


def main():
    stop_on_signals()
    try:
        options = parse_options()
        if not options.json:
            run(options, sys.stdout)
        else:
            with open(options.json, "w", encoding="utf-8") as lines:
                run(options, lines)
    except Asked:
        print("Stopped; nothing is left running.", file=sys.stderr)
        return 130
    except (NotReady, WrongResult, OSError, subprocess.SubprocessError, psycopg2.Error) as problem:
        print(f"The benchmark cannot continue: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
