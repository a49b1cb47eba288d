# SPDX-License-Identifier: Apache-2.0
from harness.counter_watch import CounterWatch

SCRAPE = """\
# TYPE o2o_orders_ingested_total counter
o2o_orders_ingested_total{order_type="delivery"} 3
o2o_orders_completed_amount_total{order_type="delivery"} 12345678901234567.89
o2o_order_duration_seconds_bucket{order_type="delivery",outcome="completed",le="60"} 1
o2o_ingest_gaps_total{source="orders"} 1
o2o_orders_open{order_type="delivery",status="PENDING"} 9
"""


def watched(*texts):
    watch = CounterWatch("http://127.0.0.1:9")
    for text in texts:
        watch.look(text)
    return watch.went_back


def test_counters_that_rise_stay_or_vanish_are_well():
    assert watched(SCRAPE, SCRAPE, "", SCRAPE.replace(" 3", " 4")) == []


def test_every_kind_of_counter_that_goes_back_is_named():
    for old, new in ((' 3\n', ' 2\n'), ('.89', '.88'), ('le="60"} 1', 'le="60"} 0'), ('"orders"} 1', '"orders"} 0')):
        found = watched(SCRAPE, SCRAPE.replace(old, new))
        assert len(found) == 1 and " went back from " in found[0], (old, found)


def test_gauges_may_fall():
    assert watched(SCRAPE, SCRAPE.replace(" 9\n", " 1\n")) == []


def test_back_from_before_the_last_scrape_counts():
    assert len(watched(SCRAPE, "", SCRAPE.replace(" 3\n", " 0\n"))) == 1
