# SPDX-License-Identifier: Apache-2.0
"""A large Metabase answer to a published snapshot."""

import gzip
import os
import secrets
import time
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from bench.files import FileServer
from bench.http_get import get
from bench.limits import Limit
from bench.measure import WrongResult, run_measured
from bench.reference_metabase import COLUMNS, HELP, LABELS, NAME, VALUE
from bench.report import Measurement, Target
from bench.series import wait_polled
from bench.watch import cpu_seconds, forget_peak, peak_bytes
from harness.exporter import Exporter
from harness.processes import clean_environment, resident_bytes, wait_until
from harness.scratch import Scratch
from simulator.metabase_cards import Cards
from simulator.metabase_profiles import PROFILES
from simulator.metabase_writing import export_writer
from simulator.vendors import Vendors

SUBJECT = "decode"
OURS = "o2o-exporter"
GAUGES = "(a) Python, a gauge per row"
FAMILY = "(b) Python, cheapest way"
IN_ORDER = "in order"  # the only work of the references too: order and gzip hardly matter to them
# A gauge per row is how exporters are written. The cheapest way skips all that makes prometheus_client safe to use
# (and holds a sample per row all the same); it is shown beside.
TARGETS = (Target(OURS, GAUGES, 15, IN_ORDER),)
LIMITS = (Limit(OURS, "MB beyond idle and snapshot", 60), Limit(OURS, "peak / body", 2.5))

QUESTION = 9200
URL_PATH = f"/api/card/{QUESTION}/query/json"
DEADLINE_SECONDS = 600
LABELS_YAML = ", ".join(f"{label}: {column}" for label, column in zip(LABELS, COLUMNS))
CONFIG = f"""
sources:
  - name: stock
    interval: 1d
    timeout: 10m
    stale_after: 7d
    metabase:
      url: ${{METABASE_URL}}
      api_key: ${{METABASE_API_KEY}}
      question: {QUESTION}
    ceilings:
      max_rows: 100000000
      max_series: 10000000
      max_published: 4GiB
    metrics:
      - name: {NAME}
        help: {HELP}
        labels: {{{LABELS_YAML}}}
        value: {VALUE}
"""


@dataclass(frozen=True)
class Work:
    name: str
    path: str
    encoding: str
    rows: int
    body_bytes: int  # not packed


def make_works(scratch, rows):
    """Answers of the simulated Metabase's big question."""
    cards = Cards(Vendors(lambda: 0))
    cards.define_big(QUESTION, rows)
    table = cards.get(QUESTION).find()
    disorder = list(table.rows)
    Random(1).shuffle(disorder)
    works = []
    for name, encoding, some in ((IN_ORDER, "", table), ("in order, gzip", "gzip", table),
                                 ("out of order", "", replace(table, rows=disorder))):
        path, size = scratch.file(f"answer-{len(works)}.json"), 0
        with gzip.open(path, "wb", compresslevel=6) if encoding else open(path, "wb") as file:
            for piece in export_writer(some, PROFILES["v0.53"], False).pieces(some):
                size += file.write(piece)
        works.append(Work(name, path, encoding, rows, size))
    return works


def write_config(scratch):
    path = scratch.file("stock.yml")
    Path(path).write_text(CONFIG, encoding="utf-8")
    return path


def samples(text):
    """The samples of the question, as hashes: whatever the order of labels, and equal numbers alike."""
    found = set()
    for line in text.splitlines():
        if line.startswith(f"{NAME}{{"):
            labels, _, value = line[len(NAME) + 1:].rpartition('"} ')
            found.add(hash((*sorted(labels.split('",')), value.removesuffix(".0"))))
    return found


class DecodeBench:
    def __init__(self, scratch, server, rows):
        self._scratch = scratch
        self._server = server
        self._works = make_works(scratch, rows)
        self._config = write_config(scratch)
        self._variables = {"METABASE_URL": server.url, "METABASE_API_KEY": "mb_" + secrets.token_hex(16)}
        self._right = None  # samples, as the reference made them in the first round

    def rounds(self, count):
        for number in range(1, count + 1):
            for work in self._works:
                if work.name == IN_ORDER:
                    yield self._measure_reference(work, FAMILY, "family", number)
                    yield self._measure_reference(work, GAUGES, "gauge", number)
                yield self._measure_ours(work, number)

    def _measure_reference(self, work, who, how, number):
        self._server.show(URL_PATH, work.path, work.encoding)
        argv = ["/usr/bin/python3", Path(__file__).with_name("reference_metabase.py"), self._server.url + URL_PATH, how]
        checked = self._right is None
        result = self._scratch.file("exposition")
        usage = run_measured(who, [*map(str, argv), *([result] if checked else [])],
                             clean_environment(**self._variables), self._scratch, DEADLINE_SECONDS)
        if usage.output.strip() != str(work.rows):
            raise WrongResult(f"{who}, {work.name}: {usage.output.strip()} samples, right is {work.rows}")
        if checked:
            self._right = samples(Path(result).read_text(encoding="utf-8"))
        return _measurement(work, who, number, usage.cpu_seconds, usage.seconds, usage.peak_bytes, 0, 0)

    def _measure_ours(self, work, number):
        answer = self._server.show(URL_PATH, work.path, work.encoding, held=True)
        with Exporter(self._scratch, config=self._config, env=self._variables,
                      flags=("--log.level=warn",)) as exporter:
            wait_until(answer.asked.is_set, 30, "the exporter asked for the answer", [exporter.child])
            pid = exporter.child.pid
            forget_peak(pid)
            idle = resident_bytes(pid)
            cpu, started = cpu_seconds(pid), time.monotonic()
            answer.may_go.set()
            wait_polled(exporter, work.rows, DEADLINE_SECONDS)
            seconds, cpu, peak = time.monotonic() - started, cpu_seconds(pid) - cpu, peak_bytes(pid)
            snapshot = self._check(exporter, work, number)
        return _measurement(work, OURS, number, cpu, seconds, peak, idle, snapshot)

    def _check(self, exporter, work, number):
        """What is published is right; how large it is, as text and as gzip."""
        plain = get(exporter.port, keep=True)
        packed = get(exporter.port, gzip=True)
        if number == 1 and samples(plain.body.decode()) != self._right:
            raise WrongResult(f"{OURS}, {work.name}: the samples are not those of the reference")
        return plain.body_bytes + packed.body_bytes


def _measurement(work, who, number, cpu, seconds, peak, idle, snapshot):
    return Measurement(SUBJECT, work.name, who, number, work.rows / cpu, "rows/CPU s", {
        "body MB": work.body_bytes / 1e6, "CPU s": cpu, "seconds": seconds, "peak MB": peak / 1e6,
        "idle MB": idle / 1e6, "snapshot MB": snapshot / 1e6,
        "MB beyond idle and snapshot": (peak - idle - snapshot) / 1e6, "peak / body": peak / work.body_bytes})


def measure(options):
    """Yields measurements; contenders take turns within each work."""
    with Scratch("o2o-bench-") as scratch, FileServer() as server:
        yield from DecodeBench(scratch, server, options.answer_rows).rounds(options.rounds)


def title(options):
    """One line about what is measured."""
    return (f"{options.answer_rows:,} rows of a Metabase question, a series of 3 labels each, {options.rounds} rounds, "
            f"medians; load {os.getloadavg()[0]:.1f} at the start")
