# SPDX-License-Identifier: Apache-2.0
"""Alerts that compare with past weeks, or look at hours and a day, on a clock of which three weeks are 4 hours. What Prometheus would
have recorded of them it is given as blocks; the troubles are live, side by side in three shops. See harness/every_alert.py."""

import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.every_alert import Way, in_rhythm, shown_in
from harness.exporter import Exporter
from harness.live_business import LiveBusiness
from harness.order_shop import Customers, OrderShop
from harness.prometheus import Prometheus
from harness.scratch import Scratch

FACTOR = 120
RHYTHM = "500ms"
MINUTE = 60 / FACTOR
HOUR, DAY, WEEK = 60 * MINUTE, 24 * 60 * MINUTE, 7 * 24 * 60 * MINUTE
STEP = 4 * MINUTE  # below what a sample is valid for, 5 minutes
USUAL = {"delivery": 4.8, "pickup": 1.2}  # orders a second
AMOUNT = 10
RATE = sum(USUAL.values())
PROMISED = {"delivery": 2}
BEFORE = 1500  # orders that were there when the test began: more than the last hours' or, where only a day is looked at, the day's


class History:
    """What was recorded until now, as OpenMetrics."""

    def __init__(self):
        self._now = time.time()
        self._lines = []

    def add(self, series, begin, value, step=STEP):
        """From `begin` seconds ago; `value`: one, or made from how many seconds ago."""
        ago = begin
        while ago > 0:
            found = value(ago) if callable(value) else value
            self._lines.append(f"{series} {found:.10g} {self._now - ago:.3f}\n")
            ago -= step

    def write(self, path):
        Path(path).write_text("".join([*self._lines, "# EOF\n"]))
        return path

    def weeks(self, shop):
        """Every hour was like every other."""
        target, past = f'job="o2o-exporter",shop="{shop}"', 3 * WEEK + 2 * HOUR
        self.add(f"job:o2o_orders_ingested:increase10m_low1h{{{target}}}", past, RATE * 10 * MINUTE)
        self.add(f"job:o2o_orders_ingested:increase10m_max10m{{{target}}}", past, RATE * 10 * MINUTE)
        for hours in (1, 2):
            self.add(f'job_window:o2o_orders_ingested:increase{{{target},window="{hours}h"}}', past, RATE * hours * HOUR)
        for order_type, rate in USUAL.items():
            self.add(f'job_order_type:o2o_orders_ingested:increase10m_low1h{{{target},order_type="{order_type}"}}', past, rate * 10 * MINUTE)
        self.add(f"job:o2o_orders_completed_amount:increase1h{{{target}}}", past, RATE * HOUR * AMOUNT)
        self.add(f"job:o2o_orders_ingested:sum{{{target}}}", 3 * HOUR, lambda ago: BEFORE - RATE * ago, MINUTE)
        self.add(f"job:o2o_orders_completed_amount:sum{{{target}}}", 3 * HOUR, lambda ago: AMOUNT * (BEFORE - RATE * ago), MINUTE)

    def spread(self, shop):
        """Its hours differed from what was expected of them, by 5 %. Without that nobody can say what few are."""
        self.add(f'job:o2o_orders_per_expected:ln_ratio1h{{job="o2o-exporter",shop="{shop}",window="1h"}}', WEEK + 3 * HOUR,
                 lambda ago: 0.05 if ago % (2 * HOUR) < HOUR else -0.05)

    def promise(self, shop):
        """A day without a failed order, and with 20 minutes at noon that nobody saw."""
        target, past = f'job="o2o-exporter",shop="{shop}"', DAY + HOUR
        self.add(f"job:o2o_orders_failed:sum{{{target}}}", past, 0)
        self.add(f"job:o2o_orders_completed:sum{{{target}}}", past, lambda ago: BEFORE - PROMISED["delivery"] * ago)
        self.add(f'job:o2o_orders_fresh:bool{{{target},source="orders"}}', past,
                 lambda ago: 0 if 12 * HOUR < ago <= 12 * HOUR + 20 * MINUTE else 1, MINUTE)


class Estate(Way):
    """`poor`: few orders for little, none of one kind, and many visits. `rush`: few orders, then more than ever. `promise`: orders
    fail, and the OMS is away."""

    def __init__(self, stack, scratch, postgres):
        super().__init__(scratch, FACTOR)
        self.poor, self.rush = (OrderShop(stack, scratch, postgres) for _ in range(2))
        self.promise = OrderShop(stack, scratch, postgres, interval="2s")  # 3 of them late is out of date
        self.visitors = stack.enter_context(LiveBusiness())
        config = scratch.file("visits.yml")
        Path(config).write_text("sources:\n")
        self.visits = stack.enter_context(Exporter(scratch, config=self.visitors.add_to(config, 10), name="visits"))
        for shop in (self.poor, self.rush):
            for order_type, rate in USUAL.items():
                shop.add(int(BEFORE * rate / RATE), "COMPLETED", order_type, hours_ago=1, amount=AMOUNT)
        self.promise.add(BEFORE, "COMPLETED", hours_ago=1)
        for shop in (self.poor, self.rush, self.promise):
            shop.stand.until(lambda shop=shop: shop.stand.exporter.samples().total("o2o_orders_ingested_total") == BEFORE, "all were counted")

    def watch(self, scratch):
        past = History()
        for shop in ("poor", "rush"):
            past.weeks(shop)
        past.spread("rush")
        past.promise("promise")
        targets = [{"targets": [exporter.address], "labels": {"shop": shop}} for shop, exporter in (
            ("poor", self.poor.stand.exporter), ("poor", self.visits), ("rush", self.rush.stand.exporter),
            ("promise", self.promise.stand.exporter))]
        return Prometheus(scratch, {"o2o-exporter": targets}, self.alertmanager.address, FACTOR, edit=in_rhythm(RHYTHM),
                          history=past.write(scratch.file("history.om")))

    def as_usual(self):
        for shop in (self.poor, self.rush):
            shop.sell(USUAL, AMOUNT)
        self.promise.sell(PROMISED)

    def break_everything(self):
        self.poor.sell({"delivery": RATE / 5}, AMOUNT)
        self.visitors.visit(10_000)
        self.rush.sell({order_type: rate / 10 for order_type, rate in USUAL.items()}, AMOUNT)
        self.promise.add(200, "FAILED")
        self.promise.oms.status = 500

    def steps(self):
        """(what was delivered firing, what happens then)"""
        return [
            ({("O2OOrdersPerMinuteLow", "warning"), ("O2ORevenueLow", "warning"), ("O2ONoNewOrdersOfType", "warning"),
              ("O2OConversionLow", "warning")}, self._all_want_to_order),
            ({("O2OFewerOrdersThanExpected", "warning")}, lambda: self.rush.sell({each: rate * 10 for each, rate in USUAL.items()}, AMOUNT)),
            ({("O2OMoreOrdersThanEver", "warning")}, lambda: self.rush.sell(USUAL, AMOUNT)),
            ({("O2OSloFreshnessBurning", "critical")}, lambda: setattr(self.promise.oms, "status", 200)),
            # The page silences the ticket, until half an hour has passed in which nothing failed.
            ({("O2OSloOrdersBurning", "warning")}, lambda: self.promise.add(4000, "COMPLETED")),
        ]

    def _all_want_to_order(self):
        self.visitors.visit(10)
        self.poor.sell(USUAL, AMOUNT)
        self.poor.add(1, "COMPLETED", amount=2000)  # the hour's revenue at once


@pytest.fixture(name="estate")
def running_estate(postgres):
    with Scratch() as scratch, ExitStack() as stack:
        estate = stack.enter_context(Estate(stack, scratch, postgres))
        stack.enter_context(Customers([estate.poor, estate.rush, estate.promise]))
        estate.as_usual()
        estate.prometheus = stack.enter_context(estate.watch(scratch))
        yield estate


def test_what_compares_with_the_past(estate):
    expected = shown_in(Path(__file__).stem)
    estate.until(lambda: estate.prometheus.number("count(job:o2o_orders_completed_amount_per_expected:ratio1h)") == 2, "revenues were compared")
    estate.until(lambda: estate.prometheus.number("count(job_window:o2o_slo_freshness:burn_rate)") == 5, "the promise was measured")
    estate.until_quiet(expected)

    estate.break_everything()
    estate.play(estate.steps())
    estate.until_fired(expected)
    estate.until_resolved(expected)
