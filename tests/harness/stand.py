# SPDX-License-Identifier: Apache-2.0
"""A shop, a database of its own and the exporter between them: what a test of faults sets up, and how it asks whether
everything is as the shop's own account says."""

import itertools
import json
import re
import time

from .exporter import Exporter, counting_differences, differences, write_config
from .pgbouncer import PgBouncer
from .processes import NotReady, wait_until
from .service import Service
from .simulator import Simulator

# The shipped intervals of 15 s become 1 s. The database's time limits keep their proportion to that.
FACTOR = 15
UNSCALED = ("overlap", "initial_lookback", "connect_timeout", "retention")
CONNECT = {"connect_timeout": "1s"}  # nothing shorter is allowed
# Faster still, where a test has no rhythm of its own in mind; but values get stale as late as they would.
RHYTHM = {"interval": "500ms", "timeout": "480ms", "stale_after": "3s"}

_numbers = itertools.count(1)


class Stand(Service):
    """`shop`: flags of the simulator, or anything with `url` and `api_key` in its place. `changes`: of the
    configuration, see write_config. `pool`: a PgBouncer's mode, between exporter and database. `dsn`: makes another
    one of the database's."""

    def __init__(self, scratch, postgres, shop=(), changes=None, factor=FACTOR, env=None, wait_ready=True, pool=None,
                 dsn=None):
        self.postgres = postgres
        self._scratch = scratch
        self._number = next(_numbers)
        self._wait_ready = wait_ready
        self._exporters = []
        self.database = f"stand_{self._number}"
        self.dsn = postgres.make_database(self.database)
        self.pooler = PgBouncer(scratch, postgres, pool) if pool else None
        self._other_dsn = dsn
        changes = {**(CONNECT if factor == FACTOR else {}), **(changes or {})}
        if factor == FACTOR and "interval" not in changes:
            changes = {**RHYTHM, **changes}
        self.config = write_config(scratch.file(f"stand-{self._number}.yml"), factor, changes, UNSCALED)
        self._env = env
        self._own_simulator = isinstance(shop, (list, tuple))
        self.simulator = Simulator(scratch, ["--rate", "0", *shop]) if self._own_simulator else shop
        self.exporter = None

    def start(self):
        if self._own_simulator:
            self.simulator.start()
        if self.pooler:
            self.pooler.start()
            self.dsn = self.pooler.behind(self.dsn)
        if self._other_dsn:
            self.dsn = self._other_dsn(self.dsn)
        self.exporter = self.add_exporter()
        if self._wait_ready:
            self.exporter.start().wait_ready()
        return self

    def stop(self):
        """The exporters' exit statuses."""
        ended = [exporter.stop() for exporter in self._exporters if exporter.running()]
        if self._own_simulator:
            self.simulator.stop()
        if self.pooler:
            self.pooler.stop()
        if self.postgres.child:
            self.postgres.drop_database(self.database)
        return ended

    def __exit__(self, *trouble):
        ended = self.stop()
        if not any(trouble):
            assert all(status == 0 for status in ended), f"the exporters ended with {ended}"

    def add_exporter(self, stderr=None, flags=()):
        """One more on the same database, not started. `stderr`, `flags`: see Exporter."""
        number = len(self._exporters)
        exporter = Exporter(self._scratch, self.simulator.url, self.simulator.api_key, self.dsn, self.config,
                            flags=flags, env=self._env, name=f"exporter-{self._number}-{number}", stderr=stderr)
        self._exporters.append(exporter)
        return exporter

    def sql(self, statement, parameters=None):
        return self.postgres.query(statement, parameters, self.database)

    def agree(self, seconds=40, exporters=None):
        """Stops the shop and waits until the counters are its truth; then holds every row of the database against it.
        Shows the last differences where they never agree."""
        self.simulator.control(paused=True)
        truth = self.simulator.truth()
        for exporter in exporters or [self.exporter]:
            found = []

            def same(exporter=exporter, found=found):
                samples = exporter.samples()
                found[:] = differences(samples, truth) + counting_differences(samples, *self.seen())
                return not found

            try:
                wait_until(same, seconds, "the counters equalled the truth", [exporter.child], interval=0.2)
            except NotReady as error:
                raise AssertionError("\n".join([*found, str(error)])) from error
        assert self.row_differences() == []
        assert self.history_faults() == []
        return truth

    def seen(self):
        """(transitions, endings) as counting_differences takes them, from the rows of the orders and their status changes
        alone: neither from the tallies nor from what the database remembers in order to count once."""
        transitions = {(row[0], row[1]): row[2] for row in self.sql(
            "SELECT from_status, to_status, count(*)::int FROM order_status_changes GROUP BY 1, 2")}
        endings = {(row[0], row[1]): row[2] for row in self.sql("""
            SELECT order_type, outcome, count(*)::int FROM (
              SELECT DISTINCT f.order_type, s.outcome, f.order_id,
                     CASE s.outcome WHEN 'failed' THEN c.to_status END AS failed_status
              FROM order_status_changes c
              JOIN fact_orders_monitoring f USING (order_id)
              JOIN order_statuses s ON s.status = c.to_status AND s.outcome <> 'open'
              JOIN order_statuses first ON first.status = f.first_status AND first.outcome = 'open') ended
            GROUP BY 1, 2""")}
        return transitions, endings

    def row_differences(self):
        """Where the rows of the orders are not the shop's, in words."""
        truth = self.simulator.truth_orders()
        rows = {row[0]: row[1:] for row in self.sql(
            "SELECT order_id, status, order_type, trim_scale(total_amount)::text, "
            "to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM fact_orders_monitoring")}
        expected = {order_id: (order["status"], order["order_type"], _plain(order["total_amount"]),
                               order["updated_at"]) for order_id, order in truth.items()}
        return [f"{order_id}: the row is {rows.get(order_id)}, the truth is {expected.get(order_id)}"
                for order_id in sorted(rows.keys() | expected.keys()) if rows.get(order_id) != expected.get(order_id)]

    def history_faults(self):
        """Orders whose status changes do not lead from their first status to the one they have, or repeat one."""
        return self.sql("""
            WITH steps AS (
              SELECT order_id, from_status, to_status,
                     lag(to_status) OVER (PARTITION BY order_id ORDER BY changed_at, seen_at) AS before,
                     lead(to_status) OVER (PARTITION BY order_id ORDER BY changed_at, seen_at) AS after
              FROM order_status_changes)
            SELECT f.order_id, f.first_status, s.from_status, s.to_status, f.status
            FROM steps s JOIN fact_orders_monitoring f USING (order_id)
            WHERE s.from_status <> coalesce(s.before, f.first_status) OR (s.after IS NULL AND s.to_status <> f.status)
               OR s.from_status = s.to_status
            UNION ALL
            SELECT order_id, first_status, NULL, NULL, status FROM fact_orders_monitoring f
            WHERE status <> first_status AND NOT EXISTS (SELECT FROM order_status_changes c WHERE c.order_id = f.order_id)
            """)

    def rejected(self):
        """Reason -> number of rows kept in rejected_orders."""
        return dict(self.sql("SELECT reason, count(*)::int FROM rejected_orders GROUP BY reason"))

    def failures(self, source="orders"):
        """Reason -> failed polls, those that there were."""
        return {labels["reason"]: value for labels, value in self.exporter.samples().series(
            "o2o_source_failures_total") if labels["source"] == source and value}

    def value(self, name, **labels):
        return self.exporter.samples().value(name, **labels)

    def lock_orders(self):
        """A connection whose transaction keeps everybody else from the orders, until the caller ends it."""
        connection = self.postgres.connect(self.database)
        connection.autocommit = False
        connection.cursor().execute("LOCK TABLE fact_orders_monitoring IN ACCESS EXCLUSIVE MODE")
        return connection

    def until_blocked(self):
        """Until a statement waits for a lock."""
        wait_until(lambda: self.sql("SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"),
                   25, "a statement was blocked")

    def until(self, condition, what, seconds=20):
        return wait_until(condition, seconds, what, [self.exporter.child])

    def until_value(self, expected, name, seconds=20, **labels):
        self.until(lambda: self.value(name, **labels) == expected, f"{name}{labels} was {expected}", seconds)

    def polled(self, times=2, seconds=20):
        """Waits until `times` polls of the orders have begun from now on and ended."""
        def begun():
            return self.value("o2o_source_polls_total", source="orders")

        # No metric counts ends, but a poll begins only when the one before has ended and its numbers are out.
        enough = begun() + times + 1
        self.until(lambda: begun() >= enough, f"{times} polls", seconds)


def _plain(decimal_text):
    """As PostgreSQL's trim_scale writes it."""
    return re.sub(r"\.?0+$", "", decimal_text) if "." in decimal_text else decimal_text


def events(child, message, **fields):
    """The log's lines (logfmt) with that message and these fields, parsed. A thread of its own writes the log, so what an answer
    follows from may come a moment after it: none is the answer only after a second."""
    end = time.monotonic() + 1
    while not (found := _events(child.log(), message, fields)) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def _events(log, message, fields):
    found = []
    for line in log.splitlines():
        parsed = {}
        for key, quoted, bare in re.findall(r'(\S+?)=(?:("(?:\\.|[^"\\])*")|(\S*))', line):
            parsed[key] = json.loads(quoted) if quoted else bare
        if parsed.get("msg") == message and fields.items() <= parsed.items():
            found.append(parsed)
    return found
