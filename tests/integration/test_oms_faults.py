# SPDX-License-Identifier: Apache-2.0
"""The OMS fails in every way it can: each is counted under its reason of the closed set, the last good values stay
until they are stale, and the first good answer ends it."""
import time
from pathlib import Path

import pytest

from harness.scratch import Scratch
from harness.scripted_oms import ScriptedOms, row
from harness.stand import Stand, events

# What each fault has to be counted as; the reasons are the closed set of exporter/src/base/result.h.
REASONS = {
    "status_500": "http_status", "status_503": "http_status", "status_401": "unauthorized", "html_200": "not_json",
    "redirect": "redirect", "cut": "cut", "reset": "cut", "drip": "timeout", "wrong_types": "bad_shape",
    "no_data": "bad_shape", "bad_json": "bad_json", "truncated_json": "bad_json", "empty_200": "not_json",
    "silent": "timeout",
}
# All that can befall a poll of the OMS, and of the database: what is Metabase's alone has no series here.
OMS_REASONS = {"connect", "timeout", "tls", "cut", "redirect", "unauthorized", "refused", "http_status", "not_json", "bad_json",
               "bad_shape", "too_large", "config", "store", "internal"}
STORE_REASONS = {"store", "internal"}
LIVELY = ("--rate", "300", "--speed", "60")
RECENT = "o2o_orders_recent"


@pytest.fixture(name="shared", scope="module")
def shared_stand(postgres):
    with Scratch() as scratch, Stand(scratch, postgres, shop=LIVELY,
                                     changes={"interval": "500ms", "timeout": "480ms", "stale_after": "60s"}) as shop:
        shop.simulator.seed(20)
        yield shop


@pytest.mark.parametrize("fault", REASONS)
def test_counted_by_reason_and_over_at_the_first_good_answer(shared, fault):
    shop, reason, log = shared, REASONS[fault], shared.exporter.child
    shop.until_value(1, "o2o_source_up", source="orders")
    before, lines, recovered = shop.failures(), len(events(log, "source failing")), len(events(log, "source recovered"))
    times = 2 if fault in ("status_500", "silent") else 1
    shop.simulator.control(fault=fault, fault_count=times)
    shop.until_value(0, "o2o_source_up", source="orders")
    assert shop.exporter.samples().series(RECENT), "the last good values are gone"
    shop.until_value(1, "o2o_source_up", source="orders")
    after = shop.failures()
    assert {name: count - before.get(name, 0) for name, count in after.items() if count != before.get(name, 0)} == \
        {reason: times}
    assert len(events(log, "source failing")) == lines + 1, log.log_tail()
    failing = events(log, "source failing")[-1]
    assert failing["reason"] == reason and failing["source"] == "orders"
    assert len(events(log, "source recovered")) == recovered + 1
    assert "ticket" not in failing["error"] and shop.simulator.api_key not in log.log()


def test_nothing_was_lost_after_all_of_them(shared):
    shared.agree()
    assert shared.simulator.stats()["redirects_followed"] == 0
    series = [labels for labels, _ in shared.exporter.samples().series("o2o_source_failures_total")]
    assert {labels["reason"] for labels in series if labels["source"] == "orders"} == OMS_REASONS
    assert {labels["reason"] for labels in series if labels["source"] == "order-store"} == STORE_REASONS
    assert shared.value("o2o_source_stale", source="orders") == 0


def test_last_good_values_stay_until_they_are_stale(stand):
    shop = stand(shop=LIVELY, changes={"interval": "500ms", "timeout": "480ms", "stale_after": "3s"})
    shop.simulator.seed(20)
    shop.polled(2)
    shop.simulator.control(fault="status_500")
    shop.until_value(0, "o2o_source_up", source="orders")
    good = shop.value("o2o_source_last_success_timestamp_seconds", source="orders")
    last = sorted(map(str, shop.exporter.samples().series(RECENT)))
    vanished = None
    while vanished is None:
        samples = shop.exporter.samples()
        now = time.time()
        if samples.series(RECENT):
            assert sorted(map(str, samples.series(RECENT))) == last
            assert samples.value("o2o_source_stale", source="orders") == 0
            assert now - good < 3.5, "published beyond stale_after"
        else:
            assert now - good > 2.9, "dropped before stale_after"
            assert samples.value("o2o_source_stale", source="orders") == 1
            vanished = now
        time.sleep(0.05)
    # What PostgreSQL knows does not depend on the OMS.
    assert shop.value("o2o_store_up") == 1 and shop.exporter.samples().series("o2o_orders_ingested_total")
    shop.exporter.samples()
    assert len(events(shop.exporter.child, "source stale: its series are no longer published")) == 1
    shop.simulator.reset_faults()
    shop.until_value(1, "o2o_source_up", source="orders")
    samples = shop.exporter.samples()
    assert samples.series(RECENT) and samples.value("o2o_source_stale", source="orders") == 0
    shop.agree()
    assert len(events(shop.exporter.child, "source failing")) == len(events(shop.exporter.child, "source recovered")) == 1


def test_down_and_up_again(stand):
    with ScriptedOms([row("A-1", "PENDING", "2026-11-21T10:00:00Z")]) as oms:
        shop = stand(shop=oms)
        shop.until_value(1, "o2o_ingest_rows_total", result="inserted")
    shop.until_value(0, "o2o_source_up", source="orders")
    shop.until(lambda: shop.failures().get("connect", 0) >= 2, "refused twice")
    assert shop.failures().keys() <= {"connect", "cut"}
    with ScriptedOms([row("A-2", "PENDING", "2026-11-21T10:00:01Z")], port=oms.port):
        shop.until_value(1, "o2o_source_up", source="orders")
        shop.until_value(2, "o2o_orders_ingested_total", order_type="delivery")
    assert len(events(shop.exporter.child, "source recovered", source="orders")) == 1


@pytest.mark.parametrize("status", (400, 413, 414, 422))
def test_request_that_the_oms_refuses_is_counted_as_refused(stand, status):
    with ScriptedOms([]) as oms:
        oms.status = status
        shop = stand(shop=oms, wait_ready=False)
        shop.exporter.start()
        shop.until(lambda: shop.failures().get("refused", 0) >= 1, "the refusal was counted")
        assert shop.failures().keys() == {"refused"}


def test_gigabyte_is_refused_in_bounded_memory(stand):
    shop = stand(shop=LIVELY, factor=1, wait_ready=False)  # as shipped: 64 MiB, 10 s
    shop.simulator.seed(200)
    shop.simulator.control(fault="huge")
    shop.exporter.start()
    shop.until(lambda: shop.failures().get("too_large") == 1, "the huge answer was refused", 40)
    peak = memory(shop.exporter.child.pid, "VmHWM")
    assert peak < 2.5 * (64 << 20), f"{peak / 1e6:.0f} MB"
    assert shop.failures() == {"too_large": 1}


def memory(pid, what):
    """Bytes of /proc/PID/status."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) << 10
    raise AssertionError(f"/proc/{pid}/status has no {what}")


def test_slow_but_in_time_is_not_a_failure(stand):
    shop = stand(shop=LIVELY, changes={"interval": "1s", "timeout": "950ms"})
    shop.simulator.control(latency_seconds=0.4)
    shop.polled(2)
    assert shop.failures() == {}
    shop.simulator.control(latency_seconds=30)
    shop.until(lambda: shop.failures() == {"timeout": 1}, "too slow counted as a timeout")
    shop.simulator.control(latency_seconds=0)
    shop.agree()


def test_slow_oms_does_not_delay_a_scrape(stand):
    shop = stand(shop=LIVELY)
    shop.simulator.control(fault="silent")
    for _ in range(20):
        started = time.monotonic()
        shop.exporter.samples()
        assert time.monotonic() - started < 1
        time.sleep(0.05)
