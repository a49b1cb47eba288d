# SPDX-License-Identifier: Apache-2.0
"""Rows that no OMS should send: what cannot be taken in is kept with its reason, once per distinct row; what can be is
taken in; neither keeps the rest of the page out."""
import time

import pytest

from harness.exporter import write_config
from harness.scratch import Scratch
from harness.scripted_oms import ScriptedOms, row
from harness.stand import UNSCALED, Stand, events
from harness.web import request

# Kind of the simulator's poison -> why its rows must be rejected.
REJECTED = {"missing_id": "missing_id", "bad_amount": "bad_amount", "nan_amount": "bad_amount",
            "huge_exponent": "bad_amount", "long_digits": "bad_amount", "bad_time": "bad_time",
            "nested_array": "wrong_type", "long_text": "too_long"}
TAKEN = ("future", "nul_text", "invalid_utf8", "lone_surrogate", "unknown_status", "duplicate_page_row", "old_replay")
REASONS = {"missing_id", "bad_id", "missing_status", "bad_amount", "bad_time", "too_long", "wrong_type"}


def test_every_kind_is_kept_with_its_reason_once(stand):
    shop = stand(changes={"interval": "2s", "timeout": "1900ms"})  # 30 MB take a moment
    expected = {}
    for kind, reason in REJECTED.items():
        count = 3
        told = shop.simulator.poison(kind, count)
        assert told["rejected_as"] == reason
        expected[reason] = expected.get(reason, 0) + count
        shop.simulator.seed(5)
    truth = shop.agree()
    assert truth["rejected"] == expected and truth["orders"] == 5 * len(REJECTED)
    assert shop.rejected() == expected
    shop.polled(2)
    assert shop.rejected() == expected, "a row that is shown again is kept again"
    assert shop.value("o2o_ingest_rows_total", result="rejected") == sum(expected.values())
    samples = shop.exporter.samples()
    counted = {labels["reason"]: value for labels, value in samples.series("o2o_source_rejected_rows_total")
               if labels["source"] == "orders"}
    assert counted.keys() == REASONS
    assert all(counted[reason] >= expected.get(reason, 0) for reason in REASONS)
    assert all(not counted[reason] for reason in REASONS - expected.keys())
    assert shop.failures() == {} and shop.value("o2o_source_up", source="orders") == 1


@pytest.mark.parametrize("kind, shows", [
    ("missing_id", "C-BAD-"), ("bad_amount", '"total_amount":"abc"'), ("nan_amount", '"total_amount":NaN'),
    ("huge_exponent", '"total_amount":1e999'), ("long_digits", "1234567890" * 4), ("bad_time", "yesterday at noon"),
    ("nested_array", '[["An",["Nguyễn"]]]'), ("long_text", "xxxxxxxxxx")])
def test_payload_and_detail_show_what_was_wrong(rejects, kind, shows):
    kept = [(payload, detail) for reason, payload, detail in rejects if shows in payload]
    assert len(kept) == 1, [payload[:200] for _, payload, _ in rejects]
    payload, detail = kept[0]
    assert payload.startswith('{') and len(payload.encode()) <= 64 << 10
    assert 0 < len(detail) <= 1000
    assert {"missing_id": "order_id", "bad_time": "updated_at", "nested_array": "customer_name",
            "long_text": "customer_name"}.get(kind, "total_amount") in detail


@pytest.fixture(name="rejects", scope="module")
def rejects_of_each_kind(postgres):
    with Scratch() as scratch, Stand(scratch, postgres, changes={"interval": "2s", "timeout": "1900ms"}) as shop:
        for kind in REJECTED:
            shop.simulator.poison(kind, 1)
        shop.until(lambda: sum(shop.rejected().values()) == len(REJECTED), "all were kept")
        yield shop.sql("SELECT reason, payload, detail FROM rejected_orders")


def test_what_can_be_taken_in_is(stand):
    shop = stand(shop=("--speed", "60"))
    for kind in TAKEN:
        assert shop.simulator.poison(kind, 10)["rejected_as"] is None
        shop.simulator.seed(5)
    truth = shop.agree()
    assert truth["orders"] == 15 * len(TAKEN)
    assert shop.rejected() == {} and shop.failures() == {}
    shop.simulator.control(paused=False)
    shop.polled(2)
    shop.agree()


def test_texts_are_kept_readable(stand):
    shop = stand()
    for kind in ("nul_text", "invalid_utf8", "lone_surrogate"):
        shop.simulator.poison(kind, 1)
    shop.agree()
    names = [name for name, in shop.sql("SELECT customer_name FROM fact_orders_monitoring ORDER BY order_id")]
    assert names[0].startswith("Zero ") and names[0].endswith(" Nguyen")
    assert names[1].startswith("Caf")
    assert names[2].startswith("Half ") and names[2].endswith(" Emoji")


def test_row_of_the_future_does_not_carry_the_watermark_away(stand):
    shop = stand()
    shop.simulator.poison("future", 3)
    shop.simulator.seed(5)
    shop.agree()
    newest = shop.value("o2o_newest_order_timestamp_seconds")
    assert shop.value("o2o_ingest_watermark_timestamp_seconds", source="orders") <= time.time() + 1
    assert newest <= time.time() + 1
    # Nobody asks for less because of it, neither at once nor after a start.
    shop.exporter.kill()
    shop.simulator.control(paused=False)
    shop.simulator.seed(10)
    shop.exporter.start().wait_ready()
    shop.agree()
    assert shop.value("o2o_ingest_gaps_total", source="orders") == 0


def test_page_of_the_future_hides_nothing_silently(stand):
    """The OMS shows no more than 50 rows, and the future fills them all: what comes in behind is missed, and told."""
    shop = stand()
    shop.simulator.seed(10)
    shop.agree()
    shop.simulator.control(limit_cap=50, paused=False)
    shop.simulator.poison("future", 60)
    shop.simulator.seed(10)
    shop.polled(2)
    assert shop.value("o2o_orders_ingested_total", order_type="delivery") is not None
    missed = shop.simulator.truth()["orders"] - shop.exporter.samples().total("o2o_orders_ingested_total")
    assert missed >= 10, "this test no longer hides anything"
    shop.until(lambda: shop.value("o2o_ingest_gaps_total", source="orders") >= 1, "the gap was counted")


def test_page_beyond_the_ceiling_is_refused_aloud_and_caught_up(stand):
    """More long texts than max_body lets in: the source fails and says why; once the ceiling is raised nothing is
    missing."""
    shop = stand(changes={"interval": "3s", "timeout": "2900ms", "max_body": "32MiB"})
    shop.simulator.poison("long_text", 5)
    shop.simulator.seed(30)
    shop.until(lambda: shop.failures().get("too_large", 0) >= 1, "the page was refused")
    assert shop.value("o2o_source_up", source="orders") == 0
    assert "larger than" in events(shop.exporter.child, "source failing")[0]["error"]
    write_config(shop.config, 15, {"interval": "3s", "timeout": "2900ms"}, UNSCALED)
    assert request(f"{shop.exporter.url}/-/reload", "POST")[0] == 200
    shop.agree()
    assert shop.rejected() == {"too_long": 5}
    assert shop.value("o2o_ingest_gaps_total", source="orders") == 0


def test_flood_of_order_types_leaves_the_configured_ones_theirs(stand):
    noon = "2026-11-21T12:00:00Z"
    with ScriptedOms([row(str(number), "PENDING", noon, order_type=f"odd {number}") for number in range(150)]) as oms:
        oms.date = 1795262400  # noon
        shop = stand(shop=oms)
        shop.until_value(150, "o2o_ingest_rows_total", result="inserted")
        oms.page = [row("150", "COMPLETED", noon, order_type="delivery")]
        shop.until_value(1, "o2o_orders_completed_total", order_type="delivery")
        shop.until(lambda: shop.value("o2o_orders_ingested_total", order_type="other") == 150 - (100 - 3), "all were counted")


STRANGE = 'a"b\\c\nd\x7fé' + "\u2028"


def test_odd_words_of_the_oms_reach_the_metrics_well_formed(stand):
    with ScriptedOms([row("1", STRANGE, "2026-11-21T10:00:00Z"), row(2, "PENDING", "2026-11-21T10:00:00Z"),
                      row("3", "PENDING", "2026-11-21T10:00:00Z", order_type=STRANGE),
                      row("4", "PENDING", "2026-11-21T10:00:00Z", order_type=None, total_amount=None)]) as oms:
        oms.date = 1795255200  # 2026-11-21T10:00:00Z
        shop = stand(shop=oms)
        shop.until_value(4, "o2o_ingest_rows_total", result="inserted")
        shop.until(lambda: shop.exporter.samples().total("o2o_orders_ingested_total") == 4, "4 were counted")
        samples = shop.exporter.samples()
        assert samples.value("o2o_orders_recent", status=STRANGE) == 1
        assert samples.value("o2o_orders_open", order_type="delivery", status=STRANGE) == 1
        assert samples.value("o2o_orders_ingested_total", order_type=STRANGE) == 1
        assert samples.value("o2o_orders_ingested_total", order_type="unknown") == 1
