# SPDX-License-Identifier: Apache-2.0
"""The lives of the vendors."""
from collections import Counter

import pytest

from simulator.clock import MINUTE, SECOND
from simulator.vendors import OFFLINE, ONLINE, STATES, Vendors

START = 1_800_000_000 * SECOND
HOUR = 60 * MINUTE


class Life:
    def __init__(self, **options) -> None:
        self.now = START
        self.vendors = Vendors(lambda: self.now, **options)

    def advance(self, microseconds: int, step: int = SECOND, paused: bool = False) -> list[dict]:
        """What was true after every step."""
        truths = []
        for _ in range(0, microseconds, step):
            self.now += step
            self.vendors.tick(paused)
            truths.append(self.vendors.truth())
        return truths


def test_twelve_vendors_two_of_which_open_later():
    life = Life()
    counts = [len(truth["vendors"]) for truth in life.advance(20 * MINUTE)]
    assert counts == sorted(counts) and set(counts) == {10, 11, 12}


def test_an_hour_of_life():
    truths = Life().advance(HOUR)
    happened = truths[-1]["happened"]
    assert min(happened.values()) > 0 and happened["opened"] == 12
    for truth in truths:
        for vendor in truth["vendors"].values():
            assert vendor["status"] in (ONLINE, OFFLINE) and tuple(vendor["products"]) == STATES
            assert min(vendor["products"].values()) >= 0 and min(vendor["discount_stock"].values()) >= 0
    empty = Counter(code for truth in truths for code, vendor in truth["vendors"].items()
                    if 0 in vendor["discount_stock"].values())
    assert len(empty) == 12  # each runs out of something within the hour
    products = {str(truth["vendors"]["V001"]["products"]) for truth in truths}
    assert len(products) > 10


def test_the_rows_agree_with_the_truth():
    life = Life()
    for _ in range(100):
        life.advance(MINUTE)
        vendors = life.vendors.truth()["vendors"]
        assert {row[0]: row[2] for row in life.vendors.status_rows()} == {c: v["status"] for c, v in vendors.items()}
        assert {(row[0], row[2]): row[3] for row in life.vendors.product_rows()} == {
            (c, state): count for c, v in vendors.items() for state, count in v["products"].items()}
        assert {(row[0], row[2]): row[3] for row in life.vendors.stock_rows()} == {
            (c, product): left for c, v in vendors.items() for product, left in v["discount_stock"].items()}


def test_the_same_seed_lives_the_same_life_however_often_it_is_looked_at():
    one, other, third = Life(seed=5), Life(seed=5), Life(seed=6)
    one.advance(HOUR, step=SECOND)
    other.advance(HOUR, step=7 * MINUTE + 30 * SECOND)
    third.advance(HOUR)
    assert one.vendors.truth() == other.vendors.truth() != third.vendors.truth()


def test_speed_is_life_per_time():
    fast, slow = Life(speed=60), Life()
    fast.advance(MINUTE)
    slow.advance(HOUR)
    assert fast.vendors.truth() == slow.vendors.truth()


def test_who_is_paused_stands_still_and_loses_nothing_by_it():
    life, other = Life(), Life()
    before = life.vendors.truth()
    assert life.advance(HOUR, paused=True)[-1] == before
    life.advance(HOUR)
    other.advance(HOUR)
    assert life.vendors.truth() == other.vendors.truth()


@pytest.mark.parametrize("code", ["V001", "V007"])
def test_who_is_taken_offline_stays_so_until_told(code):
    life = Life()
    life.vendors.force_offline(life.vendors.named(code))
    assert {truth["vendors"][code]["status"] for truth in life.advance(2 * HOUR, 10 * SECOND)} == {OFFLINE}
    life.vendors.force_online(life.vendors.named(code))
    assert life.vendors.truth()["vendors"][code]["status"] == ONLINE
    assert {truth["vendors"][code]["status"] for truth in life.advance(2 * HOUR, 10 * SECOND)} == {ONLINE, OFFLINE}


def test_who_is_sold_out_stays_so_until_refilled():
    life = Life()
    full = life.vendors.truth()["vendors"]["V002"]["discount_stock"]
    life.vendors.force_stock_out(life.vendors.named("V002"))
    assert {sum(truth["vendors"]["V002"]["discount_stock"].values()) for truth in life.advance(HOUR)} == {0}
    life.vendors.force_refill(life.vendors.named("V002"))
    assert life.vendors.truth()["vendors"]["V002"]["discount_stock"] == full
    assert len({sum(truth["vendors"]["V002"]["discount_stock"].values()) for truth in life.advance(HOUR)}) > 10


def test_nothing_is_sold_while_offline():
    life = Life()
    life.vendors.force_offline(life.vendors.named("V001"))
    stock = life.vendors.truth()["vendors"]["V001"]["discount_stock"]
    assert all(truth["vendors"]["V001"]["discount_stock"] == stock for truth in life.advance(HOUR))
