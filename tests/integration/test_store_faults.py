# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL fails in every way it can: the OMS's gauges stay live, the failure is seen, and afterwards nothing is lost
and nothing doubled."""
import os
import signal
import time
from contextlib import suppress
from datetime import datetime

import pytest

from harness.counter_watch import CounterWatch
from harness.processes import wait_until
from harness.stand import events

LIVELY = ("--rate", "600", "--speed", "60", "--failure-ratio", "0.2")
RECENT = "o2o_orders_recent"


class Trouble:
    """Watches the metrics while the store is in trouble."""

    def __init__(self, shop):
        self._shop = shop
        self.gauges_missing = 0
        self.seen = set()

    def look(self):
        samples = self._shop.exporter.samples()
        recent = samples.series(RECENT)
        self.gauges_missing += not recent
        self.seen.add(tuple(sorted(value for _, value in recent)))
        return samples.value("o2o_store_up")

    def until_down(self, seconds=15):
        wait_until(lambda: self.look() == 0, seconds, "o2o_store_up was 0", [self._shop.exporter.child])

    def last(self, seconds):
        """Lasts that long: the store has to stay down."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.look() == 0
            time.sleep(0.1)

    def check(self):
        assert self.gauges_missing == 0, f"{RECENT} was missing in {self.gauges_missing} scrapes"
        assert len(self.seen) > 2, f"{RECENT} did not move: {self.seen}"


def in_trouble(stand, start, end, seconds=2.5, shop=LIVELY):
    """Runs the shop through one trouble. Returns the stand and the shop's account."""
    shop = stand(shop=shop)
    shop.simulator.seed(50)
    shop.until_value(1, "o2o_store_up")
    trouble = Trouble(shop)
    with CounterWatch(shop.exporter.url) as watch:
        start(shop)
        trouble.until_down()
        assert shop.value("o2o_source_up", source="orders") == 1
        trouble.last(seconds)
        shop.simulator.seed(40)
        end(shop)
        shop.until_value(1, "o2o_store_up", seconds=30)
        truth = shop.agree()
    trouble.check()
    assert watch.went_back == []
    assert shop.failures().keys() == {"store"}
    assert shop.value("o2o_ingest_gaps_total", source="orders") == 0
    assert truth["orders"] > 90
    # One line when it goes and one when it comes back, however many polls were in between.
    assert len(events(shop.exporter.child, "store down")) == 1, shop.exporter.child.log_tail()
    assert len(events(shop.exporter.child, "store recovered")) == 1
    assert len(events(shop.exporter.child, "source is up with problems")) == 1
    assert len(events(shop.exporter.child, "source recovered from its problems")) == 1
    return shop, truth


@pytest.mark.parametrize("how", ["SIGINT", "SIGKILL"])
def test_stopped_for_a_while(stand, how):
    def stop(shop):
        if how == "SIGKILL":
            shop.postgres.kill()
        else:
            shop.postgres.stop(signal.Signals[how])

    shop, _ = in_trouble(stand, stop, lambda shop: shop.postgres.start(), seconds=4.5)
    # Its own reading fails, too; what it last read was kept until it was too old.
    assert len(events(shop.exporter.child, "source failing", source="order-store", reason="store")) == 1
    assert len(events(shop.exporter.child, "source recovered", source="order-store")) == 1
    # The first page that is taken in wakes its reading, however long that had backed off.
    kept, = events(shop.exporter.child, "source recovered from its problems")
    read, = events(shop.exporter.child, "source recovered", source="order-store")
    assert seconds(read) - seconds(kept) < 1
    assert len(events(shop.exporter.child, "source stale: its series are no longer published")) == 1


def seconds(event):
    return datetime.fromisoformat(event["ts"]).timestamp()


def test_restarted_under_load(stand):
    shop = stand(shop=("--rate", "3000", "--speed", "60", "--failure-ratio", "0.2"))
    with CounterWatch(shop.exporter.url) as watch:
        for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGINT):
            shop.simulator.seed(300)
            shop.polled(1)
            shop.postgres.restart(how)
        shop.agree()
    assert watch.went_back == []
    assert shop.value("o2o_store_up") == 1


def test_read_only(stand):
    shop, _ = in_trouble(stand, lambda shop: shop.postgres.set_read_only(True),
                         lambda shop: shop.postgres.set_read_only(False))
    assert "read-only" in events(shop.exporter.child, "store down")[0]["error"]


def test_what_was_refused_is_taken_in_while_the_oms_is_down(stand):
    """The OMS has nothing more to say: the page that was refused shows whether the database accepts orders again."""
    shop = stand()
    shop.simulator.seed(20)
    shop.agree()
    shop.postgres.set_read_only(True)
    shop.simulator.control(paused=False)
    shop.simulator.seed(10)
    shop.until_value(0, "o2o_store_up")
    shop.simulator.control(paused=True, fault="status_500")
    shop.until_value(0, "o2o_source_up", source="orders")
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        assert shop.value("o2o_store_up") == 0, "nothing can be written"
        time.sleep(0.1)
    shop.postgres.set_read_only(False)
    shop.until_value(1, "o2o_store_up", seconds=30)
    assert shop.value("o2o_source_up", source="orders") == 0
    assert shop.sql("SELECT count(*)::int FROM fact_orders_monitoring") == [(30,)]
    shop.simulator.reset_faults()
    shop.agree()
    assert len(events(shop.exporter.child, "store down")) == len(events(shop.exporter.child, "store recovered")) == 1


def test_disk_full(stand):
    def fill(shop):
        shop.sql("""
            CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              RAISE SQLSTATE '53100' USING MESSAGE = 'could not extend file "base/1/2": No space left on device';
            END $$;
            CREATE TRIGGER full_disk AFTER INSERT OR UPDATE ON ingest_sources EXECUTE FUNCTION full_disk();
            """)

    shop, _ = in_trouble(stand, fill, lambda shop: shop.sql("DROP TRIGGER full_disk ON ingest_sources"))
    assert "SQLSTATE 53100" in events(shop.exporter.child, "store down")[0]["error"]


@pytest.mark.parametrize("table", ["fact_orders_monitoring", "ingest_sources"])
def test_lock_held(stand, table):
    held = []

    def lock(shop):
        connection = shop.postgres.connect(shop.database)
        held.append(connection)
        connection.autocommit = False
        connection.cursor().execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")

    def release(_shop):
        held.pop().close()

    try:
        in_trouble(stand, lock, release)
    finally:
        for connection in held:
            connection.close()


def test_transactions_of_others_hold_the_orders(stand):
    """Rows, not the table: somebody edits by hand and goes to lunch. These orders wait, the others are taken in."""
    shop = stand(shop=LIVELY)
    shop.simulator.seed(50)
    shop.agree()
    connection = shop.postgres.connect(shop.database)
    try:
        connection.autocommit = False
        connection.cursor().execute("SELECT order_id FROM fact_orders_monitoring FOR UPDATE")
        shop.simulator.control(paused=False)
        shop.simulator.seed(40)
        shop.until(lambda: shop.value("o2o_orders_ingested_total", order_type="delivery") > 50
                   or shop.sql("SELECT count(*) >= 90 FROM fact_orders_monitoring") == [(True,)], "other orders were taken in")
        shop.until(lambda: shop.sql("SELECT count(*) > 0 FROM held_orders") == [(True,)], "orders were held")
        assert shop.value("o2o_store_up") == 1
    finally:
        connection.close()
    shop.agree()
    assert shop.sql("SELECT count(*)::int FROM held_orders") == [(0,)]
    assert shop.failures() == {}
    assert len(events(shop.exporter.child, "store down")) == 0


def freeze(shop, number):
    """The server and its sessions with us: behind a healthy TCP connection nobody answers any more."""
    postmaster = shop.postgres.child.pid
    for pid in [postmaster, *children_of(postmaster)]:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
        return [int(child) for child in children.read().split()]


def test_server_hangs(stand):
    """It takes as long as one call may take to notice that. For so long the poll that met it waits, and the gauges
    may get too old; then they are there again, while the server still hangs."""
    shop = stand(shop=LIVELY, changes={"stale_after": "5s"})
    shop.simulator.seed(50)
    shop.agree()
    shop.simulator.control(paused=False)
    with CounterWatch(shop.exporter.url) as watch:
        freeze(shop, signal.SIGSTOP)
        try:
            shop.until(lambda: shop.failures().get("store"), "the poll noticed", 25)
            trouble = Trouble(shop)
            trouble.last(7)
            trouble.check()
        finally:
            freeze(shop, signal.SIGCONT)
        shop.until_value(1, "o2o_store_up", seconds=30)
        shop.agree()
    assert watch.went_back == []
    assert shop.failures().keys() == {"store"}
    assert len(events(shop.exporter.child, "store down")) == len(events(shop.exporter.child, "store recovered")) == 1


def test_sessions_ended_by_the_administrator(stand):
    """No failure at all: the connection is made again within the poll."""
    shop = stand(shop=LIVELY)
    for _ in range(3):
        shop.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'o2o-exporter' "
                 "AND state = 'idle' AND datname = current_database()")
        shop.polled(1)
    shop.agree()
    assert shop.failures() == {}
    assert events(shop.exporter.child, "store down") == []


def test_row_that_the_database_refuses_keeps_nothing_back_silently(stand):
    """A page that can never be taken in is told, again and again refused, and holds the watermark where it was."""
    shop = stand()
    shop.simulator.seed(20)
    shop.agree()
    before = shop.value("o2o_ingest_watermark_timestamp_seconds", source="orders")
    shop.sql("ALTER TABLE fact_orders_monitoring ADD CONSTRAINT odd CHECK (order_id <> 'ORD-000025')")
    shop.simulator.control(paused=False)
    shop.simulator.seed(10)
    shop.until_value(0, "o2o_store_up")
    shop.polled(2)
    assert shop.value("o2o_ingest_watermark_timestamp_seconds", source="orders") == before
    shop.sql("ALTER TABLE fact_orders_monitoring DROP CONSTRAINT odd")
    shop.agree()
