# SPDX-License-Identifier: Apache-2.0
"""What the tests have in common that lead alerts from quiet to firing, delivered and resolved, many at a time, on a Prometheus and an
Alertmanager with the shipped rules and routes. integration/every_alert.tsv says of each shipped alert which test does, and how."""

import csv
from pathlib import Path

from .alert_receiver import AlertReceiver
from .alertmanager import Alertmanager
from .processes import NotReady, wait_until
from .service import Service

TABLE = Path(__file__).resolve().parents[1] / "integration" / "every_alert.tsv"
FACTOR = 40  # how many times faster their clock runs: 15 minutes are 23 s
PATIENCE = 240
# Of scrapes and evaluations: twice what that clock makes of 15 s, since a busy machine does not answer within 375 ms.
RHYTHM = "750ms"


def table():
    with TABLE.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def shown_in(test):
    """(name, severity) of the alerts that the table says this test shows."""
    return {(row["alert"], row["severity"]) for row in table() if row["test"] == test}


def in_rhythm(interval=RHYTHM):
    """For `edit` of Prometheus."""
    return lambda config: config["global"].update(dict.fromkeys(("scrape_interval", "scrape_timeout", "evaluation_interval"), interval))


class Way(Service):
    """From a rule to the receiver of its alert. `prometheus`: made with the Alertmanager's address."""

    def __init__(self, scratch, factor=FACTOR):
        self.receiver = AlertReceiver()
        self.alertmanager = Alertmanager(scratch, self.receiver.url, factor)
        self.prometheus = None

    def start(self):
        self.receiver.start()
        self.alertmanager.start()
        return self

    def stop(self):
        self.alertmanager.stop()
        self.receiver.stop()

    def until(self, condition, what):
        return wait_until(condition, PATIENCE, what, [self.prometheus.child, self.alertmanager.child], interval=0.2)

    def until_quiet(self, expected):
        """None of them is on its way, nor has been told."""
        self.until(lambda: not expected & self._active(), "none was pending or firing")
        assert not expected & self.receiver.told("firing")

    def play(self, steps):
        """`steps`: (alerts, what to do once all of them were delivered firing)."""
        left = list(steps)

        def progress():
            for step in [step for step in left if step[0] <= self.receiver.told("firing")]:
                left.remove(step)
                step[1]()
            return not left

        try:
            self.until(progress, "all were delivered firing")
        except NotReady as error:
            raise AssertionError(f"not delivered firing: {[sorted(alerts - self.receiver.told('firing')) for alerts, _ in left]}") from error

    def until_fired(self, expected):
        self._until_all(expected, lambda: self.receiver.told("firing"), "firing")

    def until_resolved(self, expected):
        self._until_all(expected, lambda: self.receiver.told_last("resolved"), "resolved")
        assert self.prometheus.rules_with_errors() == []

    def _active(self):
        return {(labels["alertname"], labels["severity"]) for state in ("pending", "firing") for labels in self.prometheus.alerts(state)}

    def _until_all(self, expected, told, what):
        try:
            self.until(lambda: expected <= told(), f"all were delivered {what}")
        except NotReady as error:
            active = {state: self.prometheus.alerts(state) for state in ("pending", "firing")}
            raise AssertionError(f"not delivered {what}: {sorted(expected - told())}; {active}") from error
