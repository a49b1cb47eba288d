# SPDX-License-Identifier: Apache-2.0
"""Pages in every sequence, and pages that do not hold all: the truth stays, and what is missed is counted."""
import time
from datetime import datetime

import pytest

from harness.scripted_oms import ScriptedOms, row
from harness.stand import events

NOON = 1795262400  # 2026-11-21T12:00:00Z
MISSED = "orders were missed: the OMS did not show everything since the watermark"
LIVELY = ("--rate", "600", "--speed", "60", "--failure-ratio", "0.2")


def at(second):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOON + second))


@pytest.fixture(name="oms")
def scripted_oms():
    with ScriptedOms() as oms:
        oms.date = NOON + 60
        yield oms


def counters(shop):
    samples = shop.exporter.samples()
    return {name: samples.total(f"o2o_orders_{name}_total") for name in
            ("ingested", "completed", "failed", "completed_amount")}


def scripted(stand, oms):
    return stand(shop=oms, changes={"interval": "250ms", "timeout": "240ms", "stale_after": "60s"})


def show(shop, oms, *pages):
    for page in pages:
        oms.page = list(page)
        shop.polled(1)
    shop.polled(1)  # what is published of it comes right after


def test_same_page_again_writes_nothing(stand):
    shop = stand(shop=LIVELY)
    shop.simulator.seed(200)
    shop.agree()
    versions = "SELECT sum(hashtext(xmin::text || order_id)::bigint) FROM fact_orders_monitoring"
    tallies = "SELECT family, labels, value, xmin::text FROM order_tally_entries ORDER BY 1, 2, 4"
    before, tallied = shop.sql(versions), shop.sql(tallies)
    shown = shop.value("o2o_ingest_rows_total", result="unchanged")
    shop.polled(3)
    assert shop.value("o2o_ingest_rows_total", result="unchanged") >= shown + 400
    assert shop.sql(versions) == before and shop.sql(tallies) == tallied


def test_older_pages_after_newer_ones(stand, oms):
    shop = scripted(stand, oms)
    early = [row("A", "PENDING", at(0)), row("B", "PENDING", at(1)), row("C", "CONFIRMED", at(2))]
    late = [row("A", "COMPLETED", at(30), total_amount="12.50"), row("B", "FAILED", at(31)), row("C", "PREPARING", at(32))]
    show(shop, oms, early, late, early, late, reversed(late), reversed(early))
    assert counters(shop) == {"ingested": 3, "completed": 1, "failed": 1, "completed_amount": 12.5}
    assert sorted(shop.sql("SELECT order_id, status FROM fact_orders_monitoring")) == \
        [("A", "COMPLETED"), ("B", "FAILED"), ("C", "PREPARING")]
    assert shop.history_faults() == []


def test_pages_of_one_life_in_any_order(stand, oms):
    """Completed first, its beginning later: counted once, and what was not seen in time is not invented."""
    shop = scripted(stand, oms)
    show(shop, oms, [row("A", "COMPLETED", at(30))], [row("A", "PENDING", at(0))], [row("A", "CONFIRMED", at(10))])
    assert counters(shop) == {"ingested": 1, "completed": 1, "failed": 0, "completed_amount": 10}
    assert shop.exporter.samples().total("o2o_order_transitions_total") == 0


def test_order_that_leaves_its_final_status_counts_once(stand, oms):
    shop = scripted(stand, oms)
    life = ["PENDING", "COMPLETED", "FAILED", "COMPLETED", "FAILED", "CANCELLED", "PENDING", "COMPLETED"]
    show(shop, oms, *[[row("A", status, at(second))] for second, status in enumerate(life)])
    assert counters(shop) == {"ingested": 1, "completed": 1, "failed": 2, "completed_amount": 10}
    samples = shop.exporter.samples()
    assert samples.value("o2o_orders_failed_total", order_type="delivery", status="FAILED") == 1
    assert samples.value("o2o_orders_failed_total", order_type="delivery", status="CANCELLED") == 1


def test_amount_counts_as_it_was_when_the_order_completed(stand, oms):
    shop = scripted(stand, oms)
    show(shop, oms, [row("A", "PENDING", at(0), total_amount=1)], [row("A", "COMPLETED", at(1), total_amount="2.25")],
         [row("A", "COMPLETED", at(2), total_amount="99")])
    assert counters(shop)["completed_amount"] == 2.25
    assert shop.sql("SELECT total_amount::text FROM fact_orders_monitoring") == [("99",)]


def test_versions_of_one_order_on_one_page(stand, oms):
    shop = scripted(stand, oms)
    show(shop, oms, [row("A", "CONFIRMED", at(5)), row("A", "PENDING", at(0)), row("A", "DELIVERING", at(9)),
                     row("A", "DELIVERING", at(9))])
    assert shop.sql("SELECT status FROM fact_orders_monitoring") == [("DELIVERING",)]
    assert counters(shop)["ingested"] == 1


def test_same_time_goes_by_the_usual_way_of_an_order(stand, oms):
    """Two changes in one second of an OMS that writes no fractions."""
    shop = scripted(stand, oms)
    show(shop, oms, [row("A", "CONFIRMED", at(0))], [row("A", "PREPARING", at(0))], [row("A", "CONFIRMED", at(0))])
    assert shop.sql("SELECT status FROM fact_orders_monitoring") == [("PREPARING",)]


def gaps(shop):
    return shop.value("o2o_ingest_gaps_total", source="orders")


def test_larger_pages_are_asked_for_until_all_is_there(stand):
    shop = stand(shop=LIVELY, changes={"limit": "20"})
    shop.simulator.seed(1000)
    shop.agree()
    assert gaps(shop) == 0
    limits = [query["limit"] for query in shop.simulator.stats()["recent_queries"]]
    assert max(limits) > 1000 and all(isinstance(limit, int) and limit > 0 for limit in limits)


def test_gap_is_counted_when_rows_were_missed_and_only_then(stand):
    shop = stand()
    shop.simulator.control(limit_cap=50)
    for _ in range(3):
        shop.simulator.seed(40)  # beside what was seen already, the page is full; nothing is missed
        shop.polled(2)
    shop.until(lambda: shop.exporter.samples().total("o2o_orders_ingested_total") == 120, "all 120 were seen")
    assert gaps(shop) == 0
    shop.exporter.kill()
    shop.simulator.seed(200)
    shop.exporter.start().wait_ready()
    shop.until(lambda: shop.exporter.samples().total("o2o_orders_ingested_total") == 170, "50 of the 200 were seen")
    shop.until(lambda: gaps(shop) == 1, "the gap was counted")
    for _ in range(2):
        shop.simulator.seed(30)
        shop.polled(2)
    shop.until(lambda: shop.exporter.samples().total("o2o_orders_ingested_total") == 230, "60 more were seen")
    assert gaps(shop) == 1
    assert len(events(shop.exporter.child, MISSED)) == 1


def test_thousand_rows_of_one_time_at_the_page_edge(stand):
    shop = stand(changes={"limit": "300"})
    shop.simulator.seed(5)
    shop.polled(1)
    shop.simulator.poison("thousand_same_time", 1000)
    shop.agree()
    assert gaps(shop) == 0


def test_thousand_rows_of_one_time_and_no_larger_page(stand):
    """What is not shown is a gap, told once, however often the same page comes."""
    shop = stand()
    shop.simulator.control(limit_cap=300)
    shop.simulator.seed(5)
    seeded = int(time.time())
    shop.polled(1)
    shop.until(lambda: time.time() >= seeded + 1, "they were older than the whole second that comes")
    shop.simulator.poison("thousand_same_time", 1000)
    shop.until(lambda: gaps(shop) == 1, "the gap was counted")
    shop.polled(4)
    assert gaps(shop) == 1
    assert len(events(shop.exporter.child, MISSED)) == 1
    assert shop.exporter.samples().total("o2o_orders_ingested_total") == 305


def test_two_exporters_see_no_gap_that_the_other_closed(stand):
    shop = stand(shop=("--rate", "1200", "--speed", "60"))
    shop.simulator.control(limit_cap=100)
    second = shop.add_exporter().start().wait_ready()
    shop.polled(8)
    shop.agree(exporters=[shop.exporter, second])
    assert gaps(shop) == 0


def test_cut_pages_make_polls_faster(stand):
    shop = stand(changes={"interval": "4s", "timeout": "3s"})
    assert seconds_to_next(shop) > 3
    shop.simulator.control(limit_cap=20)
    shop.simulator.seed(30)
    shop.until(lambda: 0 < seconds_to_next(shop) < 1.5, "the next poll was close", 25)
    before = shop.simulator.stats()["requests"]
    started = time.monotonic()
    shop.until(lambda: shop.simulator.stats()["requests"] >= before + 4, "it kept that rhythm", 20)
    assert time.monotonic() - started < 8, "four polls take 16 s in the usual rhythm"


def seconds_to_next(shop):
    """From the start of the last poll to that of the next; 0 or less while a poll runs."""
    orders = next(source for source in shop.exporter.sources()["sources"] if source["source"] == "orders")

    def parse(text):
        return datetime.fromisoformat(text).timestamp()

    return parse(orders["next_poll"]) - parse(orders["last_poll"])
