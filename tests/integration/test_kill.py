# SPDX-License-Identifier: Apache-2.0
"""Killed at any instant, beside a second exporter or alone: the database, and what is published of it, stays the truth.

O2O_KILLS says how often (200), O2O_SEED chooses other instants."""
import os
import time
from random import Random

import pytest

from harness.counter_watch import CounterWatch
from harness.processes import wait_until

KILLS = int(os.environ.get("O2O_KILLS", "200"))
SEED = int(os.environ.get("O2O_SEED", "1"))

# Living fast enough that every poll brings new orders and changed ones; times in every way that the OMS writes them.
LIVELY = ("--rate", "3000", "--speed", "60", "--failure-ratio", "0.2", "--time-format", "mixed")
QUICK = {"interval": "300ms", "timeout": "290ms", "stale_after": "2s"}
# For many kills: pages that stay small however long it runs, and time enough for each, on a busy machine too. The first
# poll, the one that kills meet, comes at once.
STEADY = ("--rate", "1200", *LIVELY[2:])
PATIENT = {"interval": "900ms", "timeout": "850ms", "stale_after": "10s", "overlap": "1m"}

# Makes a page's transaction last a tenth of a second, so that kills meet it at work.
SLOW = """
    CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.05); RETURN NULL; END $$;
    CREATE TRIGGER dawdle AFTER INSERT OR UPDATE ON fact_orders_monitoring EXECUTE FUNCTION dawdle();
    """


def kill_at_random(stand, exporter, random):
    """Whether it was in the middle of a transaction that writes."""
    exporter.start()
    if random.random() < 0.7:
        wait_until(lambda: writing(stand), 20, "a page was being taken in", [exporter.child], interval=0.005)
        time.sleep(random.uniform(0, 0.12))
    else:
        time.sleep(random.uniform(0, 0.5))
    met = writing(stand)
    exporter.kill()
    return met


def writing(stand):
    return bool(stand.sql("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
                          "AND backend_xid IS NOT NULL"))


def test_killed_at_random_instants(stand):
    random = Random(SEED)
    shop = stand(shop=STEADY, changes=PATIENT)
    shop.sql(SLOW)
    met = 0
    with CounterWatch(shop.exporter.url) as watch:
        shop.exporter.kill()
        for _ in range(KILLS):
            shop.simulator.seed(random.randint(1, 100))
            met += kill_at_random(shop, shop.exporter, random)
        shop.exporter.start().wait_ready()
        truth = shop.agree()
        watch.look(shop.exporter.samples().text)
    assert watch.went_back == []
    assert watch.scrapes > KILLS / 5
    assert met > KILLS / 5, f"only {met} of {KILLS} kills met a transaction: this test proves less than it says"
    assert truth["orders"] > 30 * KILLS and sum(truth["completed"].values()) > 0


def test_killed_while_the_schema_is_made(stand):
    shop = stand(shop=LIVELY, wait_ready=False, changes=QUICK)
    for step in range(8):
        shop.exporter.start()
        time.sleep(0.03 * step)
        shop.exporter.kill()
    shop.simulator.seed(100)
    shop.exporter.start().wait_ready()
    shop.agree()


def published_orders(exporter):
    return sorted(line for line in exporter.samples().text.splitlines()
                  if line.startswith(("o2o_orders_", "o2o_order_", "o2o_ingest_watermark", "o2o_ingest_gaps")) and
                  not line.startswith(("o2o_orders_recent", "o2o_orders_delayed")))


def test_two_exporters_on_one_database(stand):
    random = Random(SEED)
    shop = stand(shop=LIVELY, wait_ready=False, changes=QUICK)
    both = [shop.exporter, shop.add_exporter()]
    for exporter in both:
        exporter.start()  # together, on an empty database
    for exporter in both:
        exporter.wait_ready()
    with CounterWatch(both[0].url) as first, CounterWatch(both[1].url) as second:
        for step in range(8):
            shop.simulator.seed(200)
            time.sleep(random.uniform(0, 0.6))
            if step in (3, 5):
                both[step % 2].kill()
                both[step % 2].start()
        truth = shop.agree(exporters=both)
    assert truth["orders"] > 1600
    assert first.went_back == [] and second.went_back == []
    assert first.scrapes > 5 and second.scrapes > 5
    wait_until(lambda: published_orders(both[0]) == published_orders(both[1]), 15, "both published the same",
               [exporter.child for exporter in both])
    assert both[0].samples().value("o2o_store_up") == both[1].samples().value("o2o_store_up") == 1
    for exporter in both:
        assert "level=error" not in exporter.child.log(), exporter.child.log_tail()


@pytest.mark.parametrize("family, labels", [
    ("o2o_orders_ingested_total", "{ghost}"),
    ("o2o_orders_completed_total", "{ghost}"),
    ("o2o_orders_failed_total", "{delivery,GHOST}"),
    ("o2o_order_transitions_total", "{PENDING,CONFIRMED}"),
    ("o2o_order_transitions_total", "{COMPLETED,PENDING}"),
    ("o2o_order_duration_seconds_bucket", "{delivery,completed,60}"),
])
def test_one_count_too_many_would_be_seen(stand, family, labels):
    """These tests look where a double count would show."""
    shop = stand(shop=("--rate", "600", "--speed", "600"))
    shop.until(lambda: shop.exporter.samples().total("o2o_order_duration_seconds_count", outcome="completed"), "orders had ended")
    shop.agree()
    before = shop.exporter.samples().total(family)
    shop.sql("INSERT INTO order_tally_entries (family, labels, value) VALUES (%s, %s::text[], 1)", (family, labels))
    shop.until(lambda: shop.exporter.samples().total(family) != before, "it was published")
    with pytest.raises(AssertionError, match=family.removesuffix("_bucket")):
        shop.agree(seconds=5)
