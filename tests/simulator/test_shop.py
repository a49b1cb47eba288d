# SPDX-License-Identifier: Apache-2.0
"""Orders and their lives, against a clock in the test's hand."""
import json
from collections import defaultdict
from decimal import Decimal

import pytest

from simulator import clock as times
from simulator.account import COMPLETED, FAILED_STATUSES, OPEN_STATUSES
from simulator.basket import ORDER_TYPES
from simulator.oms import page_body
from simulator.settings import Settings
from simulator.shop import Shop

NOON = 1_795_176_000 * times.SECOND  # 2026-11-20T12:00:00Z
USUAL_WAY = [*OPEN_STATUSES, COMPLETED]


class HandClock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> int:
        return self.now


def make_shop(clock: HandClock, *, speed: float = 1, time_format: str = "z", seed: int = 1, **settings) -> Shop:
    return Shop(clock, Settings(**settings), seed=seed, speed=speed, time_format=time_format)


def let_pass(shop: Shop, clock: HandClock, seconds: float, step: float = 0.5) -> None:
    for _ in range(round(seconds / step)):
        clock.now += round(step * times.SECOND)
        shop.tick()


def shown(shop: Shop, minutes: int = 600, limit: int = 1_000_000) -> list[dict]:
    return json.loads(page_body(shop.window(minutes, limit)))["data"]


def recomputed(orders: dict) -> dict:
    """The account from the orders alone, in another way than the account keeps it."""
    account = {"orders": len(orders), "ingested": defaultdict(int), "completed": defaultdict(int),
               "amount": defaultdict(Decimal), "failed": defaultdict(int), "open": defaultdict(int)}
    for order in orders.values():
        kind = order["order_type"]
        account["ingested"][kind] += 1
        if order["completed"]:
            account["completed"][kind] += 1
            account["amount"][kind] += Decimal(order["total_amount"])
        elif order["failed_statuses"]:
            account["failed"][kind, order["status"]] += 1
        else:
            account["open"][kind, order["status"]] += 1
    return account


def assert_truth_adds_up(shop: Shop) -> None:
    truth, want = shop.truth(), recomputed(shop.truth_orders())
    assert truth["orders"] == want["orders"] == sum(truth["ingested"].values())
    for kind in ORDER_TYPES:
        assert truth["ingested"][kind] == want["ingested"][kind]
        assert truth["completed"][kind] == want["completed"][kind]
        assert Decimal(truth["completed_amount"][kind]) == want["amount"][kind]
        for status in FAILED_STATUSES:
            assert truth["failed"][kind][status] == want["failed"][kind, status]
        for status, count in truth["open"][kind].items():
            assert count == want["open"][kind, status]
    assert sum(want["open"].values()) == sum(sum(counts.values()) for counts in truth["open"].values())


def test_orders_arrive_at_the_rate():
    clock = HandClock()
    shop = make_shop(clock, rate_per_minute=120)
    let_pass(shop, clock, 600)
    assert 1050 < len(shop.orders) < 1350


def test_every_order_goes_the_usual_way_or_fails_from_an_open_status():
    clock = HandClock()
    shop = make_shop(clock, rate_per_minute=60, failure_ratio=0.4, speed=4)
    ways = defaultdict(list)
    for _ in range(1200):
        let_pass(shop, clock, 0.25, 0.25)
        for order in shop.orders.values():
            if not ways[order.order_id] or ways[order.order_id][-1][0] != order.status:
                ways[order.order_id].append((order.status, order.updated_at))
    finished = set()
    for way in ways.values():
        statuses = [status for status, _ in way]
        failed = statuses[-1] in FAILED_STATUSES
        usual = statuses[:-1] if failed else statuses
        assert usual == USUAL_WAY[:len(usual)] and not (failed and COMPLETED in usual)
        assert all(earlier < later for (_, earlier), (_, later) in zip(way, way[1:]))
        finished.add(statuses[-1])
    assert finished >= {COMPLETED, *FAILED_STATUSES}
    assert_truth_adds_up(shop)


@pytest.mark.parametrize("ratio", [0.0, 0.25, 1.0])
def test_failure_ratio_is_the_share_of_orders_that_fail(ratio):
    clock = HandClock()
    shop = make_shop(clock, rate_per_minute=6000, failure_ratio=ratio, speed=100)
    let_pass(shop, clock, 20)
    shop.apply(Settings(orders_stopped=True, failure_ratio=ratio))
    let_pass(shop, clock, 20)
    truth = shop.truth()
    failed = sum(sum(counts.values()) for counts in truth["failed"].values())
    assert sum(sum(counts.values()) for counts in truth["open"].values()) == 0
    assert abs(failed / truth["orders"] - ratio) < 0.04
    assert_truth_adds_up(shop)


def test_an_order_takes_minutes_at_speed_one():
    clock = HandClock()
    shop = make_shop(clock, rate_per_minute=0, failure_ratio=0)
    shop.open_order()
    let_pass(shop, clock, 120)
    assert shop.orders["ORD-000001"].is_open()
    let_pass(shop, clock, 300)
    assert shop.orders["ORD-000001"].status == COMPLETED


def test_the_same_seed_makes_the_same_orders():
    first, again, other = (make_shop(HandClock(), seed=seed, time_format="mixed") for seed in (5, 5, 6))
    for shop in (first, again, other):
        shop.seed(50)
    assert shown(first) == shown(again) != shown(other)


def test_a_paused_shop_stands_still_and_catches_nothing_up():
    clock = HandClock()
    shop = make_shop(clock, speed=60, rate_per_minute=600)
    let_pass(shop, clock, 5)
    shop.apply(Settings(paused=True))
    before = shop.truth(), shop.truth_orders()
    let_pass(shop, clock, 600)
    assert (shop.truth(), shop.truth_orders()) == before
    shop.apply(Settings(rate_per_minute=600))
    let_pass(shop, clock, 0.5)
    assert len(shop.orders) < before[0]["orders"] + 30


def test_orders_stopped_lets_those_there_finish():
    clock = HandClock()
    shop = make_shop(clock, speed=60, rate_per_minute=600)
    let_pass(shop, clock, 5)
    orders = len(shop.orders)
    shop.apply(Settings(orders_stopped=True))
    let_pass(shop, clock, 20)
    assert len(shop.orders) == orders
    assert not any(order.is_open() for order in shop.orders.values())


def test_stuck_orders_stay_while_new_ones_come():
    clock = HandClock()
    shop = make_shop(clock, speed=60, rate_per_minute=600)
    let_pass(shop, clock, 5)
    shop.apply(Settings(stuck=True, rate_per_minute=600))
    before = {order_id: order.status for order_id, order in shop.orders.items()}
    let_pass(shop, clock, 60)
    assert len(shop.orders) > len(before) + 300
    assert all(shop.orders[order_id].status == status for order_id, status in before.items())
    assert all(order.status == "PENDING" for order_id, order in shop.orders.items() if order_id not in before)


def test_fail_all_fails_every_open_order_soon_also_new_ones():
    clock = HandClock()
    shop = make_shop(clock, rate_per_minute=600, failure_ratio=0)
    let_pass(shop, clock, 30)
    completed = sum(shop.truth()["completed"].values())
    shop.apply(Settings(fail_all=True, rate_per_minute=600, failure_ratio=0))
    let_pass(shop, clock, 10)
    shop.apply(Settings(orders_stopped=True))
    let_pass(shop, clock, 4)
    assert all(order.status in FAILED_STATUSES for order in shop.orders.values())
    assert completed == sum(shop.truth()["completed"].values()) == 0
    assert_truth_adds_up(shop)


@pytest.mark.parametrize("time_format", times.TIME_FORMATS)
def test_what_is_shown_rises_with_every_change(time_format):
    clock = HandClock()
    shop = make_shop(clock, speed=400, rate_per_minute=120, time_format=time_format)
    seen = {}
    for _ in range(400):
        let_pass(shop, clock, 0.05, 0.05)
        for row in shown(shop):
            version = (row["status"], row["updated_at"])
            before = seen.get(row["order_id"])
            if before is not None and before != version:
                assert before[0] != row["status"] and before[1] < row["updated_at"]
            seen[row["order_id"]] = version
    assert any(status == COMPLETED for status, _ in seen.values())
    assert shop.window(600, 1).rows[0].updated_at <= shop.now()


@pytest.mark.parametrize("time_format, text", [
    ("z", b'"2026-11-20T12:00:00.123456Z"'), ("offset", b'"2026-11-20T19:00:00.123456+07:00"'),
    ("naive", b'"2026-11-20T12:00:00.123456"'), ("epoch", b"1795176000.123456"), ("epoch_ms", b"1795176000123"),
    ("seconds", b'"2026-11-20T12:00:00Z"'), ("nanos", b'"2026-11-20T12:00:00.123456789Z"'),
    ("blank", b'"2026-11-20 12:00:00.123456"'), ("millis", b'"2026-11-20T12:00:00.123Z"'),
    ("epoch_text", b'"1795176000.123456"')])
def test_time_formats(time_format, text):
    assert times.write_time(time_format, NOON + 123_456) == text


def test_the_mixture_holds_every_format():
    assert len({times.time_format_of("mixed", number) for number in range(100)}) == 10


def test_window_counts_all_and_shows_the_newest_first():
    clock = HandClock()
    shop = make_shop(clock, rate_per_minute=0, stuck=True)
    for _ in range(10):
        shop.open_order()
        clock.now += times.MINUTE
    page = shop.window(3, 2)  # what was opened one, two and exactly three minutes ago
    assert page.now == clock.now
    assert (page.total, page.status_counts) == (3, {"PENDING": 3})
    assert [row.order.order_id for row in page.rows] == ["ORD-000010", "ORD-000009"]
    assert shop.window(1_000_000_000, 1_000).total == 10


def test_an_order_is_shown_once_in_its_newest_version():
    clock = HandClock()
    shop = make_shop(clock, speed=60, rate_per_minute=1200)
    let_pass(shop, clock, 120)
    rows = shown(shop)
    assert len(rows) == len({row["order_id"] for row in rows}) == len(shop.orders)
    assert {row["order_id"]: row["status"] for row in rows} == \
        {order_id: order["status"] for order_id, order in shop.truth_orders().items()}


def test_a_skewed_clock_moves_window_and_new_times_alike():
    clock = HandClock()
    shop = make_shop(clock, rate_per_minute=0)
    shop.apply(Settings(rate_per_minute=0, clock_skew_seconds=-3600))
    order = shop.open_order()
    assert order.updated_at == NOON - 3600 * times.SECOND == shop.window(1, 1).now
    assert shop.window(1, 10).total == 1


def test_a_clock_set_back_never_makes_an_order_older():
    clock = HandClock()
    shop = make_shop(clock, rate_per_minute=0, failure_ratio=0, speed=60)
    order = shop.open_order()
    shop.apply(Settings(rate_per_minute=0, failure_ratio=0, clock_skew_seconds=-3600))
    let_pass(shop, clock, 20)
    assert order.status == COMPLETED and order.updated_at == NOON + 4
    assert shop.truth()["newest_updated_at"] is None  # by its own clock all of that is still to come


def test_seeded_orders_are_in_all_stages_and_counted():
    shop = make_shop(HandClock(), failure_ratio=0.1)
    shop.seed(2000)
    assert set(shop.window(1, 1).status_counts) == {*USUAL_WAY, *FAILED_STATUSES}
    assert shop.truth()["orders"] == shop.window(1, 1).total == 2000
    assert_truth_adds_up(shop)


def test_amounts_and_details_come_in_all_their_forms():
    shop = make_shop(HandClock())
    shop.seed(500)
    rows = json.loads(page_body(shop.window(1, 500)), parse_float=Decimal)["data"]
    truth = shop.truth_orders()
    assert {type(row["total_amount"]) for row in rows} == {str, int, Decimal}
    assert {type(row["item_detail"]) for row in rows} == {str, dict, type(None)}
    assert {row["order_type"] for row in rows} == set(ORDER_TYPES)
    assert all(str(row["total_amount"]) == truth[row["order_id"]]["total_amount"] for row in rows)
    assert all(set(row) == {"order_id", "customer_id", "customer_name", "status", "order_type", "total_amount",
                            "updated_at", "item_name", "item_detail", "session_hint"} for row in rows)


def test_money_is_exact():
    clock = HandClock()
    shop = make_shop(clock)
    shop.seed(5000)
    total = sum(Decimal(text) for text in shop.truth()["completed_amount"].values())
    scaled = sum(int(Decimal(order["total_amount"]) * 10_000)
                 for order in shop.truth_orders().values() if order["completed"])
    assert total * 10_000 == scaled > 0


def test_the_timeline_forgets_dead_rows():
    clock = HandClock()
    shop = make_shop(clock, speed=600, rate_per_minute=60_000)
    let_pass(shop, clock, 4)
    shop.apply(Settings(orders_stopped=True))
    let_pass(shop, clock, 4)
    rows = len(list(shop.timeline.since(0)))
    assert rows == len(shop.orders)
    assert len(shop.timeline._rows) <= 2 * rows + 1000
