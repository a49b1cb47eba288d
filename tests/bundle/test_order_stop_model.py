# SPDX-License-Identifier: Apache-2.0
"""The limits of "no new orders" keep what docs/expected-orders.md promises, in the model of a shop."""

import re

import pytest

from bundle.order_stop_model import HOURS_OF_STOPS, MINUTES, NOON, Shop, false_pages, minutes_to_notice, shipped_limits
from bundle.shipped import ROOT

WEEKS = 40
FALSE_PAGES = 0.1
NOTICED = {260: 30, 900: 10, 4500: 5, 20000: 3}  # orders a day -> minutes, at noon


@pytest.fixture(scope="module", name="shops")
def make_shops():
    return {volume: Shop(volume, WEEKS, "1") for volume in NOTICED}


def test_every_window_has_a_limit():
    assert shipped_limits().keys() == set(MINUTES.values())


def test_false_pages_are_rare(shops):
    found = [false_pages(shop, shipped_limits()) for shop in shops.values()]
    assert sum(found) / len(found) <= FALSE_PAGES, found


@pytest.mark.parametrize("volume", NOTICED)
def test_a_stop_at_noon_is_noticed_in_time(shops, volume):
    assert minutes_to_notice(shops[volume], shipped_limits(), HOURS_OF_STOPS[NOON], stride=2) <= NOTICED[volume]


def test_a_lower_limit_would_page_more_often(shops):
    # Else the test above could not fail.
    low = {window: 3 for window in shipped_limits()}
    assert false_pages(shops[900], low) > 10 * FALSE_PAGES


def test_the_page_shows_the_table_of_these_limits():
    page = (ROOT / "docs" / "expected-orders.md").read_text()
    shown = dict(re.findall(r"^\| (2m|5m|10m|30m|2h) \| (\d+) \|$", page, re.MULTILINE))
    assert {MINUTES[window]: int(limit) for window, limit in shown.items()} == shipped_limits()
