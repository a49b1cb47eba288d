# SPDX-License-Identifier: Apache-2.0
"""The OMS lives by a clock of its own: windows, watermark and times are right by it, whatever our clock says, and if either is set."""
import threading
import time
from datetime import datetime, timezone

import pytest

from harness.configured import Configured, source
from harness.preloaded import SetClock
from harness.scripted_oms import ScriptedOms, row
from harness.scripted_server import Answer, ScriptedServer
from harness.web import answers_ok, get_json

HOUR = 3600
LIVELY = ("--rate", "300", "--speed", "60", "--failure-ratio", "0.2")


def watermark(shop):
    return shop.value("o2o_ingest_watermark_timestamp_seconds", source="orders")


@pytest.mark.parametrize("skew", [HOUR, -HOUR])
def test_oms_clock_is_an_hour_off(stand, skew):
    """At the first request, while nothing is known of that clock; later; and at the first request after a restart."""
    shop = stand(shop=LIVELY, wait_ready=False)
    shop.simulator.control(clock_skew_seconds=skew - 50 * 60)
    shop.simulator.seed(40)  # 50 minutes old, well within the first window of an hour
    shop.simulator.control(clock_skew_seconds=skew)
    shop.simulator.seed(20)
    shop.exporter.start().wait_ready()
    truth = shop.agree()
    assert truth["orders"] >= 60
    newest = datetime.fromisoformat(truth["newest_updated_at"]).timestamp()
    assert watermark(shop) == pytest.approx(newest, abs=0.001)
    assert shop.value("o2o_newest_order_timestamp_seconds") == pytest.approx(newest, abs=0.001)
    assert abs(watermark(shop) - time.time() - skew) < 60
    shop.exporter.kill()
    shop.simulator.control(paused=False)
    shop.simulator.seed(30)
    shop.exporter.start().wait_ready()
    shop.agree()
    assert shop.value("o2o_ingest_gaps_total", source="orders") == 0


@pytest.mark.parametrize("skew", [HOUR, -HOUR])
def test_orders_are_delayed_by_the_clock_of_the_oms(stand, skew):
    """An order of this minute is not late because the OMS's clock is an hour behind, nor is an old one early."""
    shop = stand(factor=1, changes={"interval": "1s", "timeout": "900ms"}, wait_ready=False)
    shop.simulator.control(clock_skew_seconds=skew - 11 * 60)
    shop.simulator.poison("nul_text", 3)  # PENDING, which may take 10 minutes
    shop.simulator.control(clock_skew_seconds=skew)
    shop.simulator.poison("nul_text", 2)
    shop.exporter.start().wait_ready()
    shop.until(lambda: shop.exporter.samples().total("o2o_orders_open") == 5, "all five are open")
    shop.until(lambda: shop.exporter.samples().total("o2o_orders_delayed") == 3, "three of them are late")
    shop.polled(2)
    assert shop.exporter.samples().total("o2o_orders_delayed") == 3


def test_hours_of_outage_are_caught_up(stand):
    shop = stand(shop=LIVELY)
    shop.simulator.seed(30)
    shop.agree()
    shop.exporter.kill()
    shop.simulator.control(paused=False, clock_skew_seconds=30)
    shop.simulator.seed(50)  # right after it was killed
    shop.simulator.control(clock_skew_seconds=5 * HOUR)
    shop.simulator.seed(20)
    shop.exporter.start().wait_ready()
    shop.agree()
    assert shop.value("o2o_ingest_gaps_total", source="orders") == 0
    shop.polled(1)
    minutes = [query["minutes"] for query in shop.simulator.stats()["recent_queries"]]
    assert max(minutes) >= 5 * 60 and all(isinstance(count, int) and count > 0 for count in minutes)
    assert minutes[-1] < 10, "long after the outage it still asks for hours"


def test_clock_of_the_oms_is_set_while_we_watch(stand):
    shop = stand(shop=LIVELY)
    for skew in (HOUR, 0, -HOUR, 0):
        shop.simulator.control(clock_skew_seconds=skew, paused=False)
        shop.simulator.seed(25)
        shop.polled(2)
        shop.agree()


def test_every_way_to_write_a_time(stand):
    shop = stand(shop=(*LIVELY, "--time-format", "mixed"))
    shop.simulator.seed(30)
    shop.polled(1)
    shop.agree()
    assert shop.rejected() == {}


def test_time_without_offset_is_of_the_configured_zone(stand):
    now = int(time.time())
    local = datetime.fromtimestamp(now + 7 * HOUR, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    zulu = datetime.fromtimestamp(now - 1, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    with ScriptedOms([row("naive", "PENDING", local), row("zulu", "PENDING", zulu)]) as oms:
        shop = stand(shop=oms, changes={"timezone": "Asia/Ho_Chi_Minh"})
        shop.until_value(now, "o2o_newest_order_timestamp_seconds")
        assert dict(shop.sql("SELECT order_id, extract(epoch FROM updated_at)::bigint FROM fact_orders_monitoring")) \
            == {"naive": now, "zulu": now - 1}
        assert watermark(shop) == now


class Ticking(Configured):
    """An exporter whose clock the test sets."""

    def __init__(self, scratch, clock, *sources):
        super().__init__(scratch, *sources)
        self._env.update(clock.env)


@pytest.mark.parametrize("jump", [HOUR, -HOUR, 20 * 365 * 24 * HOUR, -20 * 365 * 24 * HOUR])
def test_our_clock_is_set_during_reloads(scratch, jump):
    """What is polled, shown and counted goes by the time that has passed; what is dated by the clock as it is."""
    body = b'[{"k":"a","v":1}]'
    with ScriptedServer(lambda _: Answer(body, headers={"Content-Type": "application/json"})) as endpoint, \
            SetClock(scratch) as clock, Ticking(scratch, clock, source("a", endpoint.url), source("b", endpoint.url)) as exporter:
        exporter.until(lambda: exporter.up("a") and exporter.up("b"), "both are polled")
        for number in range(6):
            exporter.write(source("a", endpoint.url), source("b", endpoint.url, interval=f"{500 + number}ms"))
            setter = threading.Timer(0.01 * number, clock.set, [jump if number % 2 == 0 else 0])
            setter.start()
            assert exporter.reload()[0] == 200
            setter.join()
            polls = {name: exporter.polls(name) for name in "ab"}
            exporter.until(lambda polls=polls: all(exporter.polls(name) >= polls[name] + 2 for name in "ab"), "the polls continue")
            samples = exporter.samples()
            assert all(samples.value(f"rows_of_{name}", k="a") == 1 for name in "ab"), "the rows are shown"
            assert answers_ok(f"{exporter.url}/-/ready")
            now = time.time() + (jump if number % 2 == 0 else 0)
            for name in "ab":
                assert abs(samples.value("o2o_source_last_success_timestamp_seconds", source=name) - now) < 30
                rows = get_json(f"{exporter.url}/api/{name}")
                assert 0 <= rows["age_seconds"] < 30 and rows["rows"] == [{"k": "a", "v": 1}]
            assert samples.value("o2o_source_failures_total", source="a", reason="timeout") == 0
        clock.set(-jump)
        exporter.write(source("a", endpoint.url))
        assert exporter.reload()[0] == 200
        samples = exporter.samples()
        assert samples.value("o2o_exporter_config_last_reload_successful") == 1
        assert abs(samples.value("o2o_exporter_config_last_reload_success_timestamp_seconds") + jump - time.time()) < 60
        assert exporter.stop() == 0
