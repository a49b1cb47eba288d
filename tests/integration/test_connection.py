# SPDX-License-Identifier: Apache-2.0
"""The ways in which people's databases are reached: by a pooler that others use too, by several hosts, by what other
programs write into their connection strings."""
import socket
import threading
from pathlib import Path

import pytest

from harness.counter_watch import CounterWatch
from harness.postgres import Postgres, Standby
from harness.stand import Stand, events

LIVELY = ("--rate", "600", "--speed", "60", "--failure-ratio", "0.2")
SETTINGS = ("search_path", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "work_mem", "jit",
            "client_min_messages", "default_transaction_isolation", "standard_conforming_strings")


class Neighbours:
    """Other clients of the pool, who use temporary tables all the time."""

    def __init__(self, shop, in_transactions):
        self._shop = shop
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(in_transactions,)) for _ in range(3)]
        self.rounds = 0

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        for thread in self._threads:
            thread.join()

    def _work(self, in_transactions):
        table = "CREATE TEMPORARY TABLE mine (a int)" + (" ON COMMIT DROP" if in_transactions else "")
        while not self._end.wait(0.02):
            connection = self._shop.pooler.connect(self._shop.dsn)
            connection.autocommit = not in_transactions
            connection.cursor().execute(f"{table}; INSERT INTO mine VALUES (1)")
            if in_transactions:
                connection.commit()
            connection.close()
            self.rounds += 1


@pytest.mark.parametrize("mode", ["session", "transaction"])
def test_pooled_with_others(stand, mode):
    shop = stand(shop=LIVELY, pool=mode)
    with CounterWatch(shop.exporter.url) as watch, Neighbours(shop, mode == "transaction") as neighbours:
        for _ in range(3):
            shop.simulator.seed(100)
            shop.polled(1)
        shop.until(lambda: neighbours.rounds > 30, "the neighbours worked")
        shop.agree()
    assert watch.went_back == []
    assert shop.failures() == {}
    assert shop.value("o2o_store_up") == 1


def test_server_connections_that_have_used_temporary_tables(stand):
    """temp_buffers can no longer be set on them, which only made things faster."""
    shop = stand(pool="session", wait_ready=False)
    connections = [shop.pooler.connect(shop.dsn) for _ in range(5)]  # all that the pool has
    for connection in connections:
        connection.cursor().execute("CREATE TEMPORARY TABLE t (a int); INSERT INTO t VALUES (1)")
    for connection in connections:
        connection.close()
    shop.exporter.start().wait_ready()
    shop.simulator.seed(20)
    shop.agree()
    assert shop.value("o2o_store_up") == 1
    assert events(shop.exporter.child, "store down") == []


def test_nothing_of_ours_stays_on_a_shared_connection(stand):
    shop = stand(pool="transaction")
    shop.simulator.seed(100)
    shop.agree()
    assert shop.sql("SELECT count(*)::int FROM pg_class WHERE relpersistence = 't' AND relkind = 'r'") == [(0,)]
    assert shop.sql("SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory'") == [(0,)]
    fresh = shop.sql("SELECT " + ", ".join(f"current_setting('{name}')" for name in SETTINGS))
    # Several at once, so that more than the one server connection that was used last is seen.
    connections = [shop.pooler.connect(shop.dsn) for _ in range(4)]
    try:
        cursors = [connection.cursor() for connection in connections]
        for connection, cursor in zip(connections, cursors):
            connection.autocommit = False
            cursor.execute("SELECT " + ", ".join(f"current_setting('{name}')" for name in SETTINGS))
            assert cursor.fetchall() == fresh
            cursor.execute("SELECT count(*) FROM pg_prepared_statements")
            assert cursor.fetchone() == (0,)
    finally:
        for connection in connections:
            connection.close()


def test_statement_pooling_is_refused_with_what_to_do(stand):
    shop = stand(pool="statement", shop=LIVELY, wait_ready=False)
    shop.exporter.start()
    shop.simulator.seed(20)
    shop.until(lambda: events(shop.exporter.child, "store down"), "the store was down")
    error = events(shop.exporter.child, "store down")[0]["error"]
    assert "set pool_mode to transaction or session for this database" in error
    shop.until(lambda: shop.exporter.samples().series("o2o_orders_recent"), "the gauges were there")


def test_startup_options_that_a_pooler_refuses_are_named(stand):
    shop = stand(pool="transaction", wait_ready=False, dsn=lambda dsn: dsn + "?options=-c%20geqo%3Doff")
    shop.exporter.start()
    shop.until(lambda: events(shop.exporter.child, "store down"), "the store was down")
    error = events(shop.exporter.child, "store down")[0]["error"]
    assert "options" in error and "ignore_startup_parameters" in error


def test_the_primary_is_found_among_several_hosts(stand, postgres):
    """The first refuses connections, the second is silent, the third only reads, as a standby does."""
    with Postgres(settings={"default_transaction_read_only": "on"}) as reader, \
            socket.create_server(("127.0.0.1", 0), backlog=50) as silent, \
            socket.create_server(("127.0.0.1", 0)) as closed:
        refusing = closed.getsockname()[1]
        closed.close()
        hosts = ",".join(f"127.0.0.1:{port}" for port in (refusing, silent.getsockname()[1], reader.port, postgres.port))

        def through_all(dsn):
            name, password = dsn.split("/")[-1], dsn.split(":")[2].split("@")[0]
            connection = reader.connect()
            with connection.cursor() as cursor:
                cursor.execute("SET default_transaction_read_only = off")
                cursor.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
                cursor.execute(f"CREATE DATABASE {name}")
            connection.close()
            return dsn.replace(f"127.0.0.1:{postgres.port}", hosts)

        shop = stand(dsn=through_all)
        shop.simulator.seed(20)
        shop.agree()
        assert shop.value("o2o_store_up") == 1
        assert reader.query("SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'o2o-exporter'") == [(0,)]
        assert shop.sql("SELECT count(*)::int FROM fact_orders_monitoring") == [(20,)]


def test_a_standby_takes_over_from_a_primary_that_dies(scratch):
    """The first of two hosts is a standby. The primary is killed in the middle of the traffic and the standby promoted: what
    it had not received yet is asked for again, since the watermark travels with the rows."""
    with Postgres() as primary, Standby(primary) as standby:
        hosts = f"127.0.0.1:{standby.port},127.0.0.1:{primary.port}"
        with Stand(scratch, primary, shop=LIVELY,
                   dsn=lambda dsn: dsn.replace(f"127.0.0.1:{primary.port}", hosts)) as shop:
            shop.polled(4)
            assert shop.value("o2o_store_up") == 1
            primary.kill()
            shop.until_value(0, "o2o_store_up")
            standby.promote()
            shop.postgres = standby
            shop.until_value(1, "o2o_store_up", seconds=60)
            shop.agree()


def test_a_question_mark_in_the_password(stand, postgres):
    def with_question_mark(dsn):
        name, password = dsn.split("/")[-1], dsn.split(":")[2].split("@")[0]
        postgres.query(f"ALTER ROLE {name} PASSWORD 'who?me'")
        return dsn.replace(password, "who?me")

    shop = stand(dsn=with_question_mark)
    shop.simulator.seed(5)
    shop.agree()


def test_a_dsn_file_that_is_rotated(stand, scratch, postgres):
    """The password changes, then the file, then PostgreSQL ends the sessions: no poll fails."""
    path = Path(scratch.file("dsn"))
    shop = stand(wait_ready=False)
    path.write_text(shop.dsn, encoding="utf-8")
    config = Path(shop.config)
    config.write_text(config.read_text(encoding="utf-8").replace("dsn: ${PG_DSN}", f"dsn_file: {path}"), encoding="utf-8")
    shop.exporter.start().wait_ready()
    password = shop.dsn.split(":")[2].split("@")[0]
    postgres.query(f"ALTER ROLE {shop.database} PASSWORD 'rotated'")
    path.write_text(shop.dsn.replace(password, "rotated"), encoding="utf-8")
    shop.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'o2o-exporter' "
             "AND datname = current_database()")
    shop.simulator.seed(10)
    shop.agree()
    assert shop.failures() == {}


def test_a_service_file(stand, scratch):
    path = scratch.file("services.conf")

    def by_service(dsn):
        name, password = dsn.split("/")[-1], dsn.split(":")[2].split("@")[0]
        address, port = dsn.split("@")[1].split("/")[0].split(":")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"[orders]\nhost={address}\nport={port}\ndbname={name}\nuser={name}\npassword={password}\n")
        return "service=orders"

    shop = stand(dsn=by_service, env={"PGSERVICEFILE": path})
    shop.simulator.seed(5)
    shop.agree()
