# SPDX-License-Identifier: Apache-2.0
"""Bad rows: their very bytes, and what the account says of them."""
import json

import pytest

from simulator import clock as times
from simulator.answer import Refused
from simulator.oms import page_body
from simulator.poison import KINDS, LONG_TEXT_BYTES, UNKNOWN_STATUS, add_poison, reason_of
from simulator.test_shop import HandClock, assert_truth_adds_up, let_pass, make_shop

BAD = {"missing_id": "missing_id", "bad_amount": "bad_amount", "nan_amount": "bad_amount",
       "huge_exponent": "bad_amount", "long_digits": "bad_amount", "bad_time": "bad_time", "long_text": "too_long",
       "nested_array": "wrong_type"}
TAKEABLE = ("future", "nul_text", "invalid_utf8", "lone_surrogate", "unknown_status", "duplicate_page_row",
            "old_replay", "thousand_same_time")


def poisoned(kind: str, count: int = 1):
    shop = make_shop(HandClock(), rate_per_minute=0, stuck=True)
    add_poison(shop, kind, count)
    return shop, page_body(shop.window(1, 10_000))


def test_every_kind_is_either_bad_or_takeable():
    assert {kind: reason_of(kind) for kind in KINDS} == {**BAD, **dict.fromkeys(TAKEABLE)}


@pytest.mark.parametrize("kind, reason", BAD.items())
def test_bad_rows_are_shown_but_only_counted_as_rejected(kind, reason):
    shop, body = poisoned(kind, 3)
    truth = shop.truth()
    assert truth["orders"] == 0 and truth["rejected"] == {reason: 3} and truth["newest_updated_at"] is None
    assert shop.truth_orders() == {}
    rows = [row.json() for row in shop.window(1, 10).rows]
    assert len(set(rows)) == 3 and all(row in body for row in rows)
    assert shop.window(1, 10).total == 3


@pytest.mark.parametrize("kind", TAKEABLE)
def test_takeable_rows_are_orders(kind):
    shop, _ = poisoned(kind, 3)
    assert shop.truth()["orders"] == len(shop.truth_orders()) == 3
    assert shop.truth()["rejected"] == {}
    assert_truth_adds_up(shop)


@pytest.mark.parametrize("kind, bytes_in_page", [
    ("bad_amount", b'"total_amount":"abc"'), ("nan_amount", b'"total_amount":NaN,'),
    ("huge_exponent", b'"total_amount":1e999,'), ("long_digits", b'"total_amount":' + b"1234567890" * 4 + b","),
    ("bad_time", b'"updated_at":"yesterday at noon"'), ("nested_array", b'"customer_name":[["An",['),
    ("nul_text", rb"Zero \u0000 Nguyen"), ("invalid_utf8", b"\xff\xfe"), ("lone_surrogate", rb'"Half \ud800 Emoji"'),
    ("unknown_status", b'"status":"%s"' % UNKNOWN_STATUS.encode())])
def test_the_bytes_are_really_that_bad(kind, bytes_in_page):
    assert bytes_in_page in poisoned(kind)[1]


def test_missing_id_has_none():
    _, body = poisoned("missing_id")
    assert b"order_id" not in body and json.loads(body)["data"][0]["status"] == "PENDING"


def test_long_text_is_ten_megabytes_of_valid_json():
    _, body = poisoned("long_text", 2)
    assert [len(row["customer_name"]) for row in json.loads(body)["data"]] == [LONG_TEXT_BYTES] * 2


def test_bad_rows_leave_with_the_window():
    shop, _ = poisoned("bad_time")
    shop._clock.now += 2 * times.MINUTE
    assert shop.window(1, 10).total == 0 and shop.window(3, 10).total == 1
    assert shop.truth()["rejected"] == {"bad_time": 1}


def test_a_future_order_is_always_in_the_window_and_never_the_newest():
    shop, _ = poisoned("future")
    shop._clock.now += 90 * times.MINUTE
    assert shop.window(1, 10).rows[0].updated_at > shop.now() + 364 * 24 * 60 * times.MINUTE
    assert shop.truth()["newest_updated_at"] is None
    shop.open_order()
    assert shop.truth()["newest_updated_at"] == times.iso(shop.now())


def test_a_future_order_lives_on_further_in_the_future():
    clock = HandClock()
    shop = make_shop(clock, rate_per_minute=0, failure_ratio=0, speed=60)
    add_poison(shop, "future", 1)
    let_pass(shop, clock, 20)
    assert shop.truth_orders()["ORD-000001"]["completed"]
    assert shop.window(1, 1).rows[0].updated_at > shop.now()


def test_a_duplicate_is_shown_twice_all_its_life_and_counted_once():
    clock = HandClock()
    shop = make_shop(clock, rate_per_minute=0, failure_ratio=0, speed=60)
    add_poison(shop, "duplicate_page_row", 1)
    for _ in range(2):
        page = shop.window(60, 10)
        assert page.total == len(page.rows) == 2
        assert page.rows[0].json() == page.rows[1].json()
        let_pass(shop, clock, 20)
    assert shop.truth()["orders"] == sum(shop.truth()["completed"].values()) == 1


def test_an_old_version_is_still_shown_after_the_newer():
    clock = HandClock()
    shop = make_shop(clock, rate_per_minute=0, failure_ratio=0, speed=60)
    add_poison(shop, "old_replay", 1)
    for newer in ("CONFIRMED", "COMPLETED"):
        rows = json.loads(page_body(shop.window(60, 10)))["data"]
        assert [row["status"] for row in rows] == [newer, "PENDING"]
        assert rows[0]["updated_at"] > rows[1]["updated_at"] and rows[0]["order_id"] == rows[1]["order_id"]
        let_pass(shop, clock, 20)
    assert shop.truth()["orders"] == 1


@pytest.mark.parametrize("time_format", times.TIME_FORMATS)
def test_a_thousand_share_one_time(time_format):
    shop = make_shop(HandClock(), rate_per_minute=0, time_format=time_format)
    shop._clock.now += 123_456
    add_poison(shop, "thousand_same_time", 1000)
    assert len({order["updated_at"] for order in shop.truth_orders().values()}) == 1
    assert shop.window(1, 10_000).total == 1000


def test_poison_among_them_leaves_the_orders_of_a_seed_alone():
    plain, mixed = (make_shop(HandClock()) for _ in range(2))
    plain.seed(5)
    add_poison(mixed, "bad_amount", 7)
    mixed.seed(5)
    assert plain.truth_orders() == mixed.truth_orders()


@pytest.mark.parametrize("kind, count, message", [
    ("arsenic", 1, "kind: 'arsenic' is not known"), ("bad_time", 0, "count: must be from 1 to 100000"),
    ("long_text", 51, "count: must be from 1 to 50")])
def test_what_is_not_possible_is_refused(kind, count, message):
    with pytest.raises(Refused, match=message):
        add_poison(make_shop(HandClock()), kind, count)
