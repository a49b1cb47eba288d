# SPDX-License-Identifier: Apache-2.0
"""What the exporter takes with the configuration it comes with, while nothing happens in the shop."""

import os
import time

from bench.limits import Limit
from bench.report import Measurement
from bench.watch import cpu_seconds, peak_bytes
from harness.exporter import Exporter
from harness.postgres import Postgres
from harness.processes import NotReady, resident_bytes
from harness.scratch import Scratch
from harness.simulator import Simulator

SUBJECT = "idle"
OURS = "o2o-exporter"
WORK = "default configuration"
TARGETS = ()
LIMITS = (Limit(OURS, "MB", 30), Limit(OURS, "% of a core", 0.2))

# The questions are asked every three minutes by default. In a shorter watch each shall be asked once nevertheless.
QUESTION_SECONDS = 180
INTERVALS = ("VENDOR_STATUS_JOB_INTERVAL", "VENDOR_PRODUCT_STATUS_JOB_INTERVAL", "DISCOUNT_STOCK_JOB_INTERVAL")
# As long as a question may take by default; an interval has to be longer.
QUESTION_TIMEOUT_SECONDS = 60
SCRAPE_SECONDS = 15  # as often as compose/prometheus.yml has it


def interval_variables(watch_seconds):
    if watch_seconds >= QUESTION_SECONDS:
        return {}
    return dict.fromkeys(INTERVALS, f"{max(watch_seconds, QUESTION_TIMEOUT_SECONDS + 1)}s")


def check(samples):
    """An exporter that cannot poll idles well."""
    for labels, value in samples.series("o2o_source_up"):
        if value != 1:
            raise NotReady(f"the source {labels} is not up")
    for name in ("vendor_online", "vendor_products", "vendor_discount_stock"):
        if not samples.series(name):
            raise NotReady(f"there is no {name}")


def watch(exporter, seconds):
    """Share of a core that it takes, and the most that it had resident, while Prometheus would scrape it."""
    started, cpu = time.monotonic(), cpu_seconds(exporter.child.pid)
    most = 0
    for tick in range(1, seconds + 1):
        time.sleep(max(0, started + tick - time.monotonic()))
        if tick % SCRAPE_SECONDS == 0:
            exporter.samples()
        most = max(most, resident_bytes(exporter.child.pid))
    return (cpu_seconds(exporter.child.pid) - cpu) / (time.monotonic() - started), most


def measure(options):
    """Yields one measurement."""
    with Scratch("o2o-bench-") as scratch, Postgres() as postgres, \
            Simulator(scratch, ["--rate", "0"], metabase=True) as simulator:
        dsn = postgres.make_database("idle")
        variables = {**simulator.metabase_env, **interval_variables(options.idle_seconds)}
        with Exporter(scratch, simulator.url, simulator.api_key, dsn, env=variables) as exporter:
            exporter.wait_ready()
            check(exporter.samples())
            polls = exporter.samples().total("o2o_source_polls_total")
            share, most = watch(exporter, options.idle_seconds)
            check(exporter.samples())
            polls = exporter.samples().total("o2o_source_polls_total") - polls
            peak = peak_bytes(exporter.child.pid)
            before = cpu_seconds(exporter.child.pid)
            exporter.samples()
            scrape = cpu_seconds(exporter.child.pid) - before
    yield Measurement(SUBJECT, WORK, OURS, 1, 1 / max(share, 1e-9), "fits a core", {
        "polls": polls, "% of a core": share * 100, "MB": most / 1e6, "peak MB": peak / 1e6,
        "CPU ms of a scrape": scrape * 1e3})


def title(options):
    """One line about what is measured."""
    return (f"orders and three questions polled for {options.idle_seconds} s, scraped every {SCRAPE_SECONDS} s; "
            f"load {os.getloadavg()[0]:.1f} at the start")
