#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Attacks exporters and their database until SIGTERM: anyone who reaches the port, the roles of people and batch jobs in
PostgreSQL, stray signals. Reads what it needs as JSON from stdin: {"seed": 1, "exporters": [{"url": ..., "pid": ...}],
"reader": DSN, "writer": DSN}. Ends with one JSON object on stdout: `done`, how often each attack was made; `wrong`, what it
brought about that nobody should be able to. That counters, rows, scrapes and memory do not suffer is for who starts it to see."""
import contextlib
import json
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from random import Random

sys.path[0] = str(Path(__file__).resolve().parents[1])  # tests/ instead of tests/integration/

# pylint: disable=wrong-import-position
import psycopg2

from harness.web import request

GARBAGE = (b"", b"\0", b"GET", b"GET /metrics", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
           b"GET /metrics HTTP/9.9\r\n\r\n", b"GET /%00%2e%2e/%ff HTTP/1.1\r\nHost: x\r\n\r\n", b"POST /-/reload HTTP/1.1\r\n" * 50,
           b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 2_000 + b"\r\n", b"GET /" + b"a" * 30_000 + b" HTTP/1.1\r\n\r\n",
           b"POST /api/v1/sources HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
           b"GET /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"TRACE / HTTP/1.1\r\nHost: x\r\n\r\n",
           b"GET http://any.host/api/%2e%2e/orders HTTP/1.1\r\nHost: evil.example\r\n\r\n")
CROSS_SITE = ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"},
              {"Host": "evil.example", "Origin": "http://evil.example"}, {"Host": "evil.example", "Sec-Fetch-Site": "same-origin"})
PATHS = ("/", "/metrics", "/ready", "/api/v1/sources", "/api/vendor-codes", "/api/orders", "/nope")
STRAY = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM, signal.SIGPIPE, signal.SIGVTALRM, signal.SIGPROF)

# What no reader may do, and what no writer may: each has to be refused.
FORBIDDEN_TO_READERS = (
    "UPDATE o2o.order_tally_entries SET value = value + 1", "DELETE FROM o2o.fact_orders_monitoring",
    "INSERT INTO o2o.ingest_sources SELECT * FROM o2o.ingest_sources", "SELECT o2o.merge_staged_orders(now())", "SELECT o2o.take_merge_turn()",
    "LOCK TABLE o2o.fact_orders_monitoring IN EXCLUSIVE MODE", "SELECT * FROM o2o.fact_orders_monitoring FOR UPDATE",
    "CREATE TABLE o2o.order_outcomes_of_mine (a int)", "DROP TABLE o2o.order_outcomes",
    "CREATE FUNCTION o2o.lower(text) RETURNS text LANGUAGE sql AS 'SELECT $1'", "SET session_replication_role = replica")
FORBIDDEN_TO_WRITERS = (
    "DELETE FROM o2o.order_tally_entries", "UPDATE o2o.order_outcomes SET outcome = outcome", "DELETE FROM o2o.fact_orders_monitoring",
    "ALTER TABLE o2o.fact_orders_monitoring DISABLE TRIGGER ALL", "TRUNCATE o2o.fact_orders_monitoring",
    "CREATE TRIGGER mine BEFORE INSERT ON o2o.fact_orders_monitoring FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE OPERATOR o2o.> (FUNCTION = pg_catalog.int4gt, LEFTARG = int, RIGHTARG = int)", "SET session_replication_role = replica")


class Attacker:
    def __init__(self, given):
        self.random = Random(given["seed"])
        self.exporters = given["exporters"]
        self.dsns = {"reader": given["reader"], "writer": given["writer"]}
        self.done = {}
        self.wrong = set()
        self._over = threading.Event()
        self._lock = threading.Lock()

    def stop(self, *_):
        self._over.set()

    def run(self):
        attacks = (self.slow_clients, self.slow_readers, self.garbage, self.reload_flood, self.cross_site, self.crowd, self.stray_signals,
                   self.reading_role, self.writing_role, self.locking_role)
        threads = [threading.Thread(target=self._repeat, args=(attack, Random(self.random.random())), daemon=True) for attack in attacks]
        for thread in threads:
            thread.start()
        self._over.wait()
        for thread in threads:
            thread.join(30)

    def _repeat(self, attack, random):
        while not self._over.is_set():
            # The database goes down now and then, and exporters are killed: that is the soak's doing.
            with contextlib.suppress(OSError, psycopg2.Error):
                attack(random, random.choice(self.exporters))
                with self._lock:
                    self.done[attack.__name__] = self.done.get(attack.__name__, 0) + 1
            self._over.wait(random.uniform(0.5, 5))

    def _wrong(self, words):
        with self._lock:
            self.wrong.add(words)

    # Anyone who reaches the port

    @staticmethod
    def _connect(exporter):
        host, port = exporter["url"].removeprefix("http://").split(":")
        return socket.create_connection((host, int(port)), timeout=5)

    def slow_clients(self, random, exporter):
        """Drip a request for a few seconds, more of them than there are threads."""
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(self._connect(exporter)) for _ in range(random.choice((20, 200)))]
            end = time.monotonic() + random.uniform(2, 8)
            for byte in b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"y" * 1_000:
                if self._over.is_set() or time.monotonic() > end:
                    return
                for client in clients:
                    with contextlib.suppress(OSError):
                        client.send(bytes([byte]))
                time.sleep(0.1)

    def slow_readers(self, random, exporter):
        """Ask, and take nothing."""
        with contextlib.ExitStack() as stack:
            for _ in range(random.choice((5, 100))):
                client = stack.enter_context(self._connect(exporter))
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
                client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            self._over.wait(random.uniform(1, 8))

    def garbage(self, random, exporter):
        for _ in range(20):
            with self._connect(exporter) as client:
                client.sendall(random.choice(GARBAGE))
                if random.random() < 0.5:
                    client.sendall(random.randbytes(random.randrange(2_000)))
                client.settimeout(0.5)
                with contextlib.suppress(OSError):
                    client.recv(65536)

    def reload_flood(self, random, exporter):
        end = time.monotonic() + random.uniform(0.5, 3)
        while time.monotonic() < end:
            status, _, body = request(exporter["url"] + "/-/reload", "POST")
            if status not in (200, 202, 409):
                self._wrong(f"a reload of the same configuration was answered {status}: {body[:200]!r}")

    def cross_site(self, random, exporter):
        status, _, _ = request(exporter["url"] + "/-/reload", "POST", b"a=b", random.choice(CROSS_SITE))
        if status != 403:
            self._wrong(f"the page of another site reloaded: {status}")

    def crowd(self, random, exporter):
        def ask(path):
            with contextlib.suppress(OSError):
                request(exporter["url"] + path)

        threads = [threading.Thread(target=ask, args=(random.choice(PATHS),)) for _ in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    # Anyone who may send it signals

    def stray_signals(self, random, exporter):
        with contextlib.suppress(ProcessLookupError):
            os.kill(exporter["pid"], random.choice(STRAY))

    # The database's roles

    def _as(self, role):
        connection = psycopg2.connect(self.dsns[role], connect_timeout=5)
        connection.autocommit = True
        return contextlib.closing(connection)

    def _refused(self, role, statements):
        with self._as(role) as connection, connection.cursor() as cursor:
            for statement in statements:
                try:
                    cursor.execute("BEGIN")
                    cursor.execute(statement)
                    self._wrong(f"the {role} may: {statement}")
                except (psycopg2.errors.InsufficientPrivilege, psycopg2.errors.ReadOnlySqlTransaction):
                    pass
                except psycopg2.ProgrammingError as error:
                    self._wrong(f"{statement} says nothing of what the {role} may: {error}")
                finally:
                    if not connection.closed:
                        cursor.execute("ROLLBACK")

    def reading_role(self, _random, _exporter):
        self._refused("reader", FORBIDDEN_TO_READERS)

    def writing_role(self, _random, _exporter):
        self._refused("writer", FORBIDDEN_TO_WRITERS)
        with self._as("writer") as connection, connection.cursor() as cursor:
            # Shadows of what the exporter calls and writes to, for itself alone; and orders that it takes back.
            cursor.execute("SET search_path = pg_temp, o2o")
            cursor.execute("CREATE TEMP TABLE order_tally_entries (a int); CREATE TEMP TABLE fact_orders_monitoring (a int)")
            cursor.execute("BEGIN")
            cursor.execute("INSERT INTO o2o.fact_orders_monitoring (order_id, status, order_type, updated_at) "
                           "SELECT 'attacker-' || n, 'COMPLETED', 'attack', now() FROM generate_series(1, 50) n")
            self._over.wait(1)
            cursor.execute("ROLLBACK")

    def locking_role(self, random, _exporter):
        """A reader holds what readers may hold, for longer than the exporter's patience."""
        with self._as("reader") as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(72001, n), pg_advisory_lock(n) FROM generate_series(0, 9) n")
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT count(*) FROM o2o.fact_orders_monitoring")
            cursor.execute("LOCK TABLE o2o.fact_orders_monitoring IN ACCESS SHARE MODE")
            self._over.wait(random.uniform(2, 10))
            cursor.execute("ROLLBACK")


def main():
    attacker = Attacker(json.load(sys.stdin))
    signal.signal(signal.SIGTERM, attacker.stop)
    attacker.run()
    json.dump({"done": attacker.done, "wrong": sorted(attacker.wrong)}, sys.stdout)
    print()


if __name__ == "__main__":
    main()
