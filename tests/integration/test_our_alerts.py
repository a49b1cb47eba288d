# SPDX-License-Identifier: Apache-2.0
"""Alerts on what the exporter itself publishes, from quiet to firing, delivered and resolved: caused in a simulated shop, its Metabase,
the database and the exporter's configuration, many at a time. See test_every_alert.py."""

import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.alert_receiver import AlertReceiver
from harness.alertmanager import Alertmanager
from harness.processes import NotReady, wait_until
from harness.prometheus import Prometheus
from harness.scratch import Scratch
from harness.simulator import Simulator
from harness.stand import Stand
from harness.web import post_json, request
from integration.test_every_alert import FACTOR, PATIENCE, table

HERE = Path(__file__).stem
VENDORS = {f"V{number:03d}": f"Vendor {number}" for number in range(1, 11)}
QUESTIONS = {"status": 7163, "products": 7196, "stock": 7179}
VENDOR_TROUBLES = {
    ("O2OVendorOffline", "warning"), ("O2OManyVendorsOffline", "critical"), ("O2ODiscountStockOut", "info"),
    ("O2ODiscountStockLow", "info"), ("O2OVendorBoardCherry", "warning"), ("O2OVendorBoardRedHigh", "info")}
OTHER_TROUBLES = {
    ("O2OIngestGap", "warning"), ("O2ORowsRejected", "warning"), ("O2OOrdersUnconfigured", "warning"),
    ("O2OConfigurationRefused", "warning"), ("O2OBatchJobFailed", "warning"), ("O2OBatchJobLate", "warning")}


class Estate:
    def __init__(self, shop, receiver, alertmanager, prometheus):
        self.shop, self.receiver, self.alertmanager, self.prometheus = shop, receiver, alertmanager, prometheus
        self._config = Path(shop.config).read_text()

    def show_vendors(self, offline=(), stock=None):
        """What Metabase answers: all are online, each with 30 pieces of Gyoza, but for those named."""
        rows = {
            "status": (["Status"], [["offline" if code in offline else "online"] for code in VENDORS]),
            "products": (["State", "Products"], [["active", 20] for _ in VENDORS]),
            "stock": (["Product", "Stock Left"], [["Gyoza", (stock or {}).get(code, 30)] for code in VENDORS]),
        }
        for question, (columns, values) in rows.items():
            data = [[code, name, *value] for (code, name), value in zip(VENDORS.items(), values)]
            post_json(f"{self.shop.simulator.url}/control/metabase/card/{QUESTIONS[question]}",
                      {"columns": ["Vendor Code", "Vendor Name", *columns], "data": data})

    def configure(self, more=""):
        Path(self.shop.config).write_text(self._config + more)
        request(f"{self.shop.exporter.url}/-/reload", "POST")

    def report(self, job, failed, hours_ago=0):
        self.shop.sql("SELECT o2o.report_batch_job(%s, 1, %s)", (job, failed))
        self.shop.sql("UPDATE o2o.batch_jobs SET last_success_at = now() - %s * interval '1 hour' WHERE batch_job = %s RETURNING 1",
                      (hours_ago, job))

    def until(self, condition, what):
        return wait_until(condition, PATIENCE, what, [self.prometheus.child, self.alertmanager.child], interval=0.2)

    def until_all(self, expected, told, what):
        try:
            self.until(lambda: expected <= told(), f"all were delivered {what}")
        except NotReady as error:
            raise AssertionError(f"not delivered {what}: {sorted(expected - told())}") from error


@pytest.fixture(name="estate", scope="module")
def running_estate(postgres):
    with ExitStack() as stack:
        scratch = stack.enter_context(Scratch())
        simulator = stack.enter_context(Simulator(scratch, ["--rate", "600", "--speed", "60", "--failure-ratio", "0.01"], metabase=True))
        simulator.control(vendors_paused=True)
        shop = stack.enter_context(Stand(scratch, postgres, shop=simulator, factor=FACTOR, env=simulator.metabase_env, wait_ready=False))
        receiver = stack.enter_context(AlertReceiver())
        alertmanager = stack.enter_context(Alertmanager(scratch, receiver.url, FACTOR))
        prometheus = stack.enter_context(Prometheus(
            scratch, {"o2o-exporter": shop.exporter.address, "alertmanager": alertmanager.address}, alertmanager.address, FACTOR))
        estate = Estate(shop, receiver, alertmanager, prometheus)
        estate.show_vendors()
        shop.exporter.start().wait_ready()
        yield estate


def test_the_table_says_what_is_shown_here():
    assert {(row["alert"], row["severity"]) for row in table() if row["test"] == HERE} == VENDOR_TROUBLES | OTHER_TROUBLES


def test_vendors_the_database_and_the_configuration(estate):
    expected = VENDOR_TROUBLES | OTHER_TROUBLES
    estate.report("aggregate", failed=False)
    estate.report("retention", failed=False)
    estate.until(lambda: estate.prometheus.number("count(job_vendor:vendor_board:band)") == 3 * len(VENDORS), "the board was filled")
    time.sleep(15 * 60 / FACTOR)  # what would fire by itself has had its time
    assert not expected & estate.receiver.told("firing")

    estate.show_vendors(offline=list(VENDORS)[:4], stock={"V005": 0, "V006": 2})
    estate.report("aggregate", failed=True)
    estate.report("retention", failed=False, hours_ago=240)
    estate.shop.simulator.poison("bad_amount", 3)
    estate.shop.simulator.poison("unknown_status", 2)
    estate.configure("nonsense: true\n")
    estate.until(lambda: {("O2OOrdersUnconfigured", "warning"), ("O2ORowsRejected", "warning")} <= estate.receiver.told("firing"),
                 "odd rows were delivered")
    estate.shop.simulator.control(limit_cap=5)  # which hides them
    estate.until_all(expected, lambda: estate.receiver.told("firing"), "firing")

    estate.show_vendors()
    estate.report("aggregate", failed=False)
    estate.report("retention", failed=False)
    estate.configure()
    estate.shop.simulator.control(limit_cap=0)
    estate.shop.sql("UPDATE fact_orders_monitoring SET status = 'CANCELLED' WHERE status = 'ON_HOLD' RETURNING 1")
    estate.until_all(expected, lambda: estate.receiver.told_last("resolved"), "resolved")
    assert estate.prometheus.rules_with_errors() == []
