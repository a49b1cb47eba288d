# SPDX-License-Identifier: Apache-2.0
"""From a trouble to a notification, through the real Prometheus and Alertmanager with the shipped rules and routes, on
a clock that runs FACTOR times faster."""
import time

import pytest

from harness.alertmanager import Alertmanager
from harness.processes import wait_until
from harness.prometheus import Prometheus
from harness.scratch import Scratch
from harness.stand import Stand

FACTOR = 50
MINUTE = 60 / FACTOR
# Longer than the rules need at their worst, on a machine that is busy.
PATIENCE = 40 * MINUTE
LIVELY = ("--rate", "600", "--speed", "60", "--failure-ratio", "0.01")


class Watch:
    """The whole way, running."""

    def __init__(self, shop, prometheus, alertmanager):
        self.shop = shop
        self.prometheus = prometheus
        self.alertmanager = alertmanager

    def last_notification(self):
        return max([notification["n"] for notification in self.shop.simulator.notifications()], default=0)

    def notified(self, name, status, after):
        """(receiver, alert) of what was delivered after that notification."""
        return [(notification["receiver"], alert) for notification in self.shop.simulator.notifications(after)
                for alert in notification["alerts"]
                if alert["labels"]["alertname"] == name and alert["status"] == status]

    def until_notified(self, name, status, after):
        return wait_until(lambda: self.notified(name, status, after), PATIENCE, f"{name} {status} was delivered",
                          [self.prometheus.child, self.alertmanager.child], interval=0.2)

    def firing(self):
        return {labels["alertname"] for labels in self.prometheus.alerts()} - {"O2OWatchdog"}

    def until_quiet(self):
        wait_until(lambda: not self.firing(), PATIENCE, "no alert was firing", interval=0.2)


@pytest.fixture(name="watch", scope="module")
def running_watch(postgres):
    with Scratch() as scratch, \
            Stand(scratch, postgres, shop=LIVELY) as shop, \
            Alertmanager(scratch, shop.simulator.sink_url, FACTOR) as alertmanager, \
            Prometheus(scratch, {"o2o-exporter": shop.exporter.address, "alertmanager": alertmanager.address},
                       alertmanager.address, FACTOR) as prometheus:
        yield Watch(shop, prometheus, alertmanager)


@pytest.fixture(autouse=True)
def well_again(watch):
    yield
    watch.shop.simulator.reset_faults()
    watch.shop.simulator.control(orders_stopped=False, paused=False)


def test_orders_stop(watch):
    wait_until(lambda: watch.prometheus.number("job:o2o_orders_ingested:increase10m > 0"), PATIENCE,
               "the rules saw orders coming", interval=0.2)
    before = watch.last_notification()
    watch.shop.simulator.control(orders_stopped=True)
    delivered = watch.until_notified("O2ONoNewOrders", "firing", before)
    wait_until(lambda: {receiver for receiver, _ in watch.notified("O2ONoNewOrders", "firing", before)} ==
               {"o2o-oncall", "o2o-commerce"}, PATIENCE, "both receivers were told", interval=0.2)
    words = delivered[0][1]["annotations"]
    assert words["summary"] == "No new orders are coming in." and words["runbook_url"]
    watch.shop.simulator.control(orders_stopped=False)
    watch.until_notified("O2ONoNewOrders", "resolved", before)
    assert watch.prometheus.rules_with_errors() == []


def test_store_is_down(watch):
    """Nothing is counted then, which must not be taken for a shop without orders, neither during nor after it."""
    watch.until_quiet()
    before = watch.last_notification()
    watch.shop.postgres.stop()
    stopped = time.monotonic()
    try:
        watch.until_notified("O2OStoreDown", "firing", before)
        while time.monotonic() - stopped < 13 * MINUTE:
            assert "O2ONoNewOrders" not in watch.firing()
            time.sleep(0.2)
    finally:
        watch.shop.postgres.start()
    watch.until_notified("O2OStoreDown", "resolved", before)
    end = time.monotonic() + 3 * MINUTE
    while time.monotonic() < end:
        assert "O2ONoNewOrders" not in watch.firing()
        time.sleep(0.2)
    watch.until_quiet()
    told = {alert["labels"]["alertname"] for notification in watch.shop.simulator.notifications(before)
            for alert in notification["alerts"] if alert["status"] == "firing"} - {"O2OWatchdog"}
    assert told == {"O2OStoreDown"}, "its consequences are not news"


def test_exporter_is_gone(watch):
    """What it last said of its sources is silenced."""
    watch.until_quiet()
    before = watch.last_notification()
    watch.shop.simulator.control(fault="status_500")
    watch.until_notified("O2OSourceFailing", "firing", before)
    watch.shop.exporter.kill()
    try:
        watch.until_notified("O2OExporterDown", "firing", before)
        gone = watch.last_notification()

        def silenced():
            return {alert["labels"]["alertname"] for alert in watch.alertmanager.alerts()
                    if alert["status"]["inhibitedBy"]}

        wait_until(lambda: "O2OSourceFailing" in silenced(), PATIENCE, "its consequence was silenced", interval=0.1)
        wait_until(lambda: watch.firing() == {"O2OExporterDown"}, PATIENCE, "only the cause was firing", interval=0.2)
        later = [alert["labels"]["alertname"] for notification in watch.shop.simulator.notifications(gone)
                 for alert in notification["alerts"] if alert["status"] == "firing"]
        assert set(later) <= {"O2OExporterDown", "O2OWatchdog"}, later
    finally:
        watch.shop.simulator.reset_faults()
        watch.shop.exporter.start()
    watch.until_notified("O2OExporterDown", "resolved", before)
    watch.until_quiet()
    watch.shop.agree()
