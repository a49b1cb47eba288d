# SPDX-License-Identifier: Apache-2.0
"""Exporters of others, in the shape of a recorded answer of a named version (recorded/NAME-VERSION.prom). The numbers move, so that
there is something to see; names and labels stay as recorded. A test says which samples have another value for a while."""

import math
import re
import time
from pathlib import Path

from .scripted_server import Answer, ScriptedServer

RECORDED = Path(__file__).with_name("recorded")
INSTANCES = {"blackbox": "https://oms.example.com"}
# Counters grow by what was recorded in this many seconds.
COUNTER_SECONDS = 600
COUNTER = re.compile(r".*(_total|_bucket|_sum|_count|pg_stat_database_xact_commit)")
NO_COUNTER = {"pg_stat_activity_count"}
WAVERS = {"node_load1", "node_memory_MemAvailable_bytes", "pg_stat_activity_count", "redis_memory_used_bytes", "redis_key_size",
          "probe_duration_seconds"}
SAMPLE = re.compile(r"(\w+)(\{.*\})? (\S+)")


def recorded(folder=RECORDED):
    """Job name -> file."""
    return {path.name.partition("-")[0]: path for path in sorted(folder.glob("*.prom"))}


class RecordedExporters(ScriptedServer):
    """Each at a path of its name: /node, /postgres, ... `newer`: also versions of what runs beside it for real, as newer-NAME."""

    def __init__(self, newer=False):
        super().__init__(self._answer)
        pages = {**recorded(), **({f"newer-{job}": path for job, path in recorded(RECORDED / "newer").items()} if newer else {})}
        self._pages = {job: path.read_text() for job, path in pages.items()}
        self._begun = time.monotonic()
        self._values = {}  # start of a sample's line -> its value
        self._growth = []  # [start of the sample's line, how much more a second, from when, until when]

    def set(self, values):
        """{start of a sample's line: its value}, until recover()."""
        self._values = {**self._values, **values}

    def grow(self, rates):
        """{start of a counter's line: how much faster it grows, a second}, until recover(); what has grown stays."""
        now = time.monotonic()
        self._growth = self._growth + [[start, rate, now, math.inf] for start, rate in rates.items()]

    def recover(self):
        now = time.monotonic()
        self._growth = [[start, rate, begun, min(ended, now)] for start, rate, begun, ended in self._growth]
        self._values = {}

    def scrape_configs(self):
        return [{"job_name": job, "metrics_path": f"/{job}",
                 "static_configs": [{"targets": [f"127.0.0.1:{self.port}"], "labels": {"instance": INSTANCES.get(job, f"{job}.example.com")}}]}
                for job in self._pages]

    def _answer(self, asked):
        page = self._pages.get(asked.path.lstrip("/"))
        if page is None:
            return Answer(b"", 404)
        seconds = time.monotonic() - self._begun
        lines = [self._moved(line, seconds) for line in page.splitlines()]
        return Answer("\n".join([*lines, ""]).encode(), headers={"Content-Type": "text/plain; version=0.0.4"})

    def _moved(self, line, seconds):
        sample = SAMPLE.fullmatch(line)
        if not sample:
            return line
        name, labels, value = sample[1], sample[2] or "", float(sample[3])
        if COUNTER.fullmatch(name) and name not in NO_COUNTER:
            value *= 1 + seconds / COUNTER_SECONDS
        elif name in WAVERS:
            value *= 1 + 0.15 * math.sin(seconds / 20)
        value = next((told for start, told in self._values.items() if line.startswith(start)), value)
        now = time.monotonic()
        value += sum(rate * (min(now, ended) - begun) for start, rate, begun, ended in self._growth if line.startswith(start))
        return f"{name}{labels} {value:.10g}"
