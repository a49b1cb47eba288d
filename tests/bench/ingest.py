# SPDX-License-Identifier: Apache-2.0
"""Taking a page of orders in: all of them new, all of them changed, none of them changed."""

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg2.extensions

from bench.measure import ServerCpu, WrongResult, run_measured
from bench.oms import StaticOms
from bench.orders import COLUMNS, CONTENTS_SQL, changed_orders, contents, new_orders, oms_answer, write_copy_file
from bench.poc_upsert import TABLE_SQL
from bench.report import Measurement, Target
from harness.postgres import Postgres, find_program
from harness.processes import clean_environment
from harness.scratch import Scratch

SUBJECT = "ingest"
OURS = "o2o-exporter"
POC = "(a) row-by-row upsert, Python"
POC_COMMITS = "(a') the same, a commit per row"
MERGE = "(b) psql: COPY and our merge"
UPSERT = "(b') psql: COPY and plain upsert"
TARGETS = (Target(OURS, POC, 20), Target(OURS, MERGE, 0.7))

# A commit per row is slow: measured on a page so much smaller. Its rate is not extrapolated.
COMMITS_SHARE = 50
DEADLINE_SECONDS = 600

# As safe as PostgreSQL is by default. Vacuuming is done before a timed part that finds rows, so that nobody pays for it
# by chance.
SERVER_SETTINGS = {"fsync": "on", "full_page_writes": "on", "autovacuum": "off"}
# What the exporter sets for itself: psql shall not lose for want of it.
SESSION_SETTINGS = "-c work_mem=64MB -c temp_buffers=64MB -c jit=off"

# The shipped defaults, save for the size of a page.
CONFIG = """
store:
  dsn: ${{PG_DSN}}
sources:
  - name: orders
    oms:
      url: ${{OMS_URL}}
      api_key: ${{OMS_API_KEY}}
      limit: {limit}
      max_limit: {limit}
      max_body: 256MiB
"""

MERGE_SCRIPT = """
SET client_min_messages = error;
SELECT prepare_order_staging();
BEGIN;
\\copy staged_orders FROM '{file}'
SELECT * FROM merge_staged_orders('{now}');
COMMIT;
"""

UPSERT_SCRIPT = f"""
BEGIN;
CREATE TEMPORARY TABLE staged (LIKE fact_orders_monitoring) ON COMMIT DROP;
\\copy staged ({", ".join(COLUMNS)}) FROM '{{file}}'
INSERT INTO fact_orders_monitoring ({", ".join(COLUMNS)}) SELECT {", ".join(COLUMNS)} FROM staged
ON CONFLICT (order_id) DO UPDATE SET {", ".join(f"{name} = EXCLUDED.{name}" for name in COLUMNS[1:])};
COMMIT;
"""


@dataclass(frozen=True)
class Page:
    orders: list
    answer: bytes
    copy_file: str


@dataclass(frozen=True)
class Work:
    name: str
    page: Page
    transitions: int  # status changes seen since the table was empty


class Contender:
    """One way of taking a page in. Has a database of its own, made anew from `template` in each round."""

    def __init__(self, bench, who, template, works):
        self.bench = bench
        self.who = who
        self.template = template
        self.works = works
        self.database = f"bench{len(bench.contenders)}"

    def command(self, page):
        """(argv, variables of the environment)"""
        raise NotImplementedError

    def reset(self):
        self.bench.postgres.query(f"DROP DATABASE IF EXISTS {self.database}")
        self.bench.postgres.query(f"CREATE DATABASE {self.database} TEMPLATE {self.template}")
        # Where the exporter's tables are, for psql and for what is looked up afterwards.
        self.bench.postgres.query(f"ALTER DATABASE {self.database} SET search_path = o2o, public")

    def query(self, sql):
        return self.bench.postgres.query(sql, database=self.database)

    def check(self, work):
        """A fast wrong run is not a measurement."""
        found = set(self.query(CONTENTS_SQL))
        if found != contents(work.page.orders):
            raise WrongResult(f"{self.who}, {work.name}: the table holds {sorted(found)}, "
                              f"right is {sorted(contents(work.page.orders))}")


class OmsReader(Contender):
    """Fetches the page by itself."""

    def __init__(self, bench, who, template, works, argv):
        super().__init__(bench, who, template, works)
        self._argv = argv

    def command(self, page):
        oms = self.bench.oms
        oms.show(page.answer)
        return self._argv, {"OMS_URL": oms.url, "OMS_API_KEY": oms.api_key,
                            "PG_DSN": self.bench.postgres.dsn(self.database)}

    def check(self, work):
        if self.bench.oms.requests != 1:
            raise WrongResult(f"{self.who}, {work.name}: the page was asked for {self.bench.oms.requests} times")
        super().check(work)


class Psql(Contender):
    """Runs a script over the prepared file."""

    def __init__(self, bench, who, template, works, script):
        super().__init__(bench, who, template, works)
        self._script = script

    def command(self, page):
        path = self.bench.scratch.file("script.sql")
        now = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime())
        Path(path).write_text(self._script.format(file=page.copy_file, now=now), encoding="utf-8")
        dsn = psycopg2.extensions.parse_dsn(self.bench.postgres.dsn(self.database))
        return ([find_program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", path],
                {"PGHOST": dsn["host"], "PGPORT": dsn["port"], "PGUSER": dsn["user"], "PGPASSWORD": dsn["password"],
                 "PGDATABASE": dsn["dbname"], "PGOPTIONS": SESSION_SETTINGS, "PGCLIENTENCODING": "UTF8"})


class IngestBench:
    def __init__(self, exporter, rows, postgres, oms, scratch):
        self.postgres = postgres
        self.oms = oms
        self.scratch = scratch
        self.contenders = []
        self._exporter = exporter
        self._make_templates(rows)
        works = self._make_works(rows, "all")
        few = self._make_works(max(1, rows // COMMITS_SHARE), "few")
        upsert = ["/usr/bin/python3", Path(__file__).with_name("poc_upsert.py")]
        for make, *arguments in (
                (OmsReader, OURS, "shipped", works, self._ingest_command(rows)),
                (OmsReader, POC, "bare", works, [*upsert, "page"]),
                (Psql, MERGE, "shipped", works, MERGE_SCRIPT),
                (Psql, UPSERT, "bare", works, UPSERT_SCRIPT),
                (OmsReader, POC_COMMITS, "bare", few, [*upsert, "row"])):
            self.contenders.append(make(self, *arguments))

    def rounds(self, count):
        """Yields a Measurement after each timed part; contenders take turns within each work."""
        for number in range(1, count + 1):
            for contender in self.contenders:
                contender.reset()
            for place in range(len(self.contenders[0].works)):
                for contender in self.contenders:
                    yield self._measure(contender, contender.works[place], number)

    def _measure(self, contender, work, number):
        if contender.works.index(work) > 0:
            contender.query("VACUUM (ANALYZE)")
        self.postgres.query("CHECKPOINT")
        argv, variables = contender.command(work.page)
        wal = self._wal_bytes()
        server = ServerCpu(self.postgres.child.pid)
        usage = run_measured(contender.who, argv, clean_environment(**variables), self.scratch, DEADLINE_SECONDS)
        server_seconds = server.seconds()
        wal = self._wal_bytes() - wal
        contender.check(work)
        if contender.template == "shipped":
            self._check_tallies(contender, work)
        return Measurement(SUBJECT, work.name, contender.who, number, len(work.page.orders) / usage.seconds, "rows/s", {
            "rows": len(work.page.orders), "seconds": usage.seconds, "CPU s": usage.cpu_seconds,
            "peak MB": usage.peak_bytes / 1e6, "PostgreSQL CPU s": server_seconds, "WAL MB": wal / 1e6})

    def _wal_bytes(self):
        return int(self.postgres.query("SELECT pg_current_wal_lsn() - '0/0'")[0][0])

    def _check_tallies(self, contender, work):
        for family, right in (("o2o_orders_ingested_total", len(work.page.orders)),
                              ("o2o_order_transitions_total", work.transitions)):
            sql = f"SELECT coalesce(sum(value), 0) FROM order_tallies WHERE family = '{family}'"
            found = contender.query(sql)[0][0]
            if found != right:
                raise WrongResult(f"{contender.who}, {work.name}: {family} is {found}, right is {right}")

    def _make_works(self, rows, name):
        first_orders = new_orders(rows, int(time.time() * 1000))
        first = self._make_page(first_orders, f"{name}-first.copy")
        later = self._make_page(changed_orders(first_orders), f"{name}-later.copy")
        return [Work("new", first, 0), Work("all changed", later, rows), Work("unchanged", later, rows)]

    def _make_page(self, orders, name):
        path = self.scratch.file(name)
        write_copy_file(orders, path)
        return Page(orders, oms_answer(orders), path)

    def _ingest_command(self, rows):
        path = self.scratch.file("exporter.yml")
        # One more than there are: a page that comes back full would be asked for again.
        Path(path).write_text(CONFIG.format(limit=rows + 1), encoding="utf-8")
        # One window, since each further one would ask for the page again.
        return [self._exporter, "ingest", "--since=1h", f"--config.file={path}", "--log.level=warn"]

    def _make_templates(self, rows):
        """Each contender finds its tables there, empty."""
        self.postgres.query("CREATE DATABASE bare")
        self.postgres.query(TABLE_SQL, database="bare")
        self.postgres.query("CREATE DATABASE shipped")
        self.oms.show(oms_answer([]))
        variables = {"OMS_URL": self.oms.url, "OMS_API_KEY": self.oms.api_key, "PG_DSN": self.postgres.dsn("shipped")}
        run_measured(OURS, self._ingest_command(rows), clean_environment(**variables), self.scratch, DEADLINE_SECONDS)


def measure(options):
    """Yields measurements."""
    with Scratch("o2o-bench-") as scratch, StaticOms() as oms, Postgres(SERVER_SETTINGS) as postgres:
        yield from IngestBench(options.exporter, options.rows, postgres, oms, scratch).rounds(options.rounds)


def title(options):
    """One line about what is measured."""
    return (f"{options.rows:,} orders a page, {options.rounds} rounds, medians; {os.cpu_count()} cores, load "
            f"{os.getloadavg()[0]:.1f} at the start; "
            f"{_version(find_program('postgres'))} with fsync; {_version(options.exporter)}")


def _version(path):
    said = subprocess.run([path, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
                          check=True)
    return said.stdout.strip()
