# SPDX-License-Identifier: Apache-2.0
"""A scrape of very many series: the exporter, prometheus-cpp's Exposer with the same series, and nginx with the same
bytes."""

import gzip
import os
import re
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.http_get import get
from bench.measure import WrongResult
from bench.limits import Growth
from bench.nginx import Nginx
from bench.report import Measurement, Target
from bench.series import lines, published, rows, write_words
from bench.watch import cpu_seconds
from harness.processes import Child, NotReady, clean_environment, wait_until
from harness.scratch import Scratch

SUBJECT = "scrape"
OURS = "o2o-exporter"
EXPOSER = "(b) prometheus-cpp Exposer"
NGINX = "(c) nginx, the same bytes"
TARGETS = (Target(OURS, EXPOSER, 200, "gzip, 500k"), Target(OURS, NGINX, 1 / 1.5, "gzip, 500k"))
LIMITS = (Growth(OURS, "ns/byte", "plain", 1.5), Growth(OURS, "ns/byte", "gzip", 1.5))

# Of each contender in each round: as many scrapes as fit, in turns with the others.
ROUND_SECONDS = 0.5
MOST_SCRAPES = 100


@dataclass(frozen=True)
class Contender:
    who: str
    port: int
    pid: int


def exposer(stack, options, scratch, wanted):
    """bench_exposer with these series, until `stack` closes."""
    program = Path(options.exporter).with_name("bench_exposer")
    if not os.access(program, os.X_OK):
        raise NotReady(f"there is no program at {program}: `make bench` makes it")
    words = scratch.file("series")
    write_words(words, wanted)
    log = Path(scratch.file("exposer-log"))
    log.unlink(missing_ok=True)
    child = Child("bench_exposer", [program, words], log, env=clean_environment())
    stack.callback(child.kill)
    listens = re.compile(r"^listening on (\d+)$", re.MULTILINE)
    found = wait_until(lambda: listens.search(child.log()), 120, "bench_exposer listened", [child])
    return Contender(EXPOSER, int(found.group(1)), child.pid)


def show_same_bytes(nginx, port):
    plain, packed = (get(port, gzip=packs, keep=True).body for packs in (False, True))
    for name, content in (("metrics", plain), ("metrics.gz", packed)):
        Path(nginx.files, name).write_bytes(content)


def check(contender, packs, right):
    """A fast wrong scrape is not a measurement."""
    body = get(contender.port, gzip=packs, keep=True).body
    text = (gzip.decompress(body) if packs else body).decode()
    if {line for line in text.splitlines() if line.startswith("shop_stock_left{")} != right:
        raise WrongResult(f"{contender.who} does not publish the series it was given")
    return len(text)


def take_turns(contenders, packs):
    """{contender: [Got]}"""
    done = {contender: [] for contender in contenders}

    def wanting():
        return [contender for contender, got in done.items()
                if sum(one.seconds for one in got) < ROUND_SECONDS and len(got) < MOST_SCRAPES]

    while waiting := wanting():
        for contender in waiting:
            done[contender].append(get(contender.port, gzip=packs))
    return done


def measure_round(contenders, packs, work, number):
    before = {contender: cpu_seconds(contender.pid) for contender in contenders}
    for contender, got in take_turns(contenders, packs).items():
        cpu = (cpu_seconds(contender.pid) - before[contender]) / len(got)
        seconds = median(one.seconds for one in got)
        size = median(one.body_bytes for one in got)
        yield Measurement(SUBJECT, work, contender.who, number, 1 / seconds, "scrapes/s", {
            "ms": seconds * 1e3, "server CPU ms": cpu * 1e3, "MB": size / 1e6, "ns/byte": seconds * 1e9 / size,
            "CPU ns/byte": cpu * 1e9 / size, "scrapes": len(got)})


def measure_size(options, scratch, count):
    with ExitStack() as stack:
        wanted = rows(count)
        ours = stack.enter_context(published(scratch, wanted))
        nginx = stack.enter_context(Nginx(scratch))
        show_same_bytes(nginx, ours.port)
        contenders = [Contender(OURS, ours.port, ours.child.pid), exposer(stack, options, scratch, wanted),
                      Contender(NGINX, nginx.port, nginx.child.pid)]
        right = lines(wanted)
        del wanted
        for packs in (False, True):
            for contender in contenders:
                check(contender, packs, right)
        for number in range(1, options.rounds + 1):
            for packs in (False, True):
                work = f"{'gzip' if packs else 'plain'}, {size_name(count)}"
                yield from measure_round(contenders, packs, work, number)


def size_name(count):
    for unit, letter in ((1_000_000, "M"), (1_000, "k")):
        if count % unit == 0:
            return f"{count // unit}{letter}"
    return str(count)


def measure(options):
    """Yields measurements; contenders take turns within each work."""
    for count in options.series:
        with Scratch("o2o-bench-") as scratch:
            yield from measure_size(options, scratch, count)


def title(options):
    """One line about what is measured."""
    return (f"{', '.join(map(size_name, options.series))} series of 4 labels, {options.rounds} rounds, medians; "
            f"load {os.getloadavg()[0]:.1f} at the start")
