# SPDX-License-Identifier: Apache-2.0
"""Alerts on the way from quiet to firing, delivered and resolved, many at a time on one Prometheus and one Alertmanager with the
shipped rules and routes, on a clock that runs FACTOR times faster. every_alert.tsv says of each shipped alert where that is shown."""

import csv
import time
from pathlib import Path

import pytest
from bundle.shipped import alerts

from harness.alert_receiver import AlertReceiver
from harness.alertmanager import Alertmanager
from harness.processes import NotReady, wait_until
from harness.prometheus import Prometheus
from harness.recorded_exporters import RecordedExporters
from harness.scratch import Scratch

TABLE = Path(__file__).with_name("every_alert.tsv")
HERE = Path(__file__).stem
FACTOR = 40
PATIENCE = 240  # 15 minutes are 23 s
# Lower it with every alert that is shown.
NOT_SHOWN = 31
DAY = 86400
# A sum of two addresses that nobody can make: every evaluation fails.
FAILING_RULES = "groups: [{name: failing, rules: [{record: 'failing:sum', expr: 'up + on () up'}]}]\n"


def table():
    with TABLE.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_the_table_names_every_alert_once():
    rows = [(row["alert"], row["severity"]) for row in table()]
    assert sorted(rows) == sorted((alert["alert"], alert["labels"]["severity"]) for alert in alerts())


def test_alerts_that_are_not_shown_become_fewer():
    missing = [f"{row['alert']} ({row['severity']}): {row['how']}" for row in table() if row["test"] == "-"]
    assert len(missing) == NOT_SHOWN, "\n".join(missing)
    assert all(row["how"] for row in table()), "a cause, or a reason"


@pytest.mark.parametrize("row", [row for row in table() if row["test"] not in ("-", HERE, "test_our_alerts")], ids=lambda row: row["alert"])
def test_what_another_test_shows_is_there(row):
    text = Path(__file__).with_name(f"{row['test']}.py").read_text()
    for status in ("firing", "resolved"):
        assert f'until_notified("{row["alert"]}", "{status}"' in text


class Estate:
    def __init__(self, others, receiver, alertmanager, prometheus):
        self.others = others
        self.receiver = receiver
        self.alertmanager = alertmanager
        self.prometheus = prometheus

    def break_everything(self):
        self.others.set({
            "node_memory_MemAvailable_bytes": 1e9,  # of 25
            "node_filesystem_avail_bytes": 1e10,  # of 270
            "pg_up": 0, 'pg_stat_activity_count{datname="o2o",server="127.0.0.1:5432",state="idle"}': 90,  # of 100
            "redis_up": 0, "redis_memory_used_bytes": 1e8, "redis_key_size": 1500,
            "mongodb_up": 0,
            "probe_success": 0, "probe_ssl_earliest_cert_expiry": time.time() + 10 * DAY,
        })
        self.others.grow({'http_requests_total{code="500"': 20,
                          **{f'http_request_duration_seconds_bucket{{handler="/orders",method="get",le="{le}"': 20 for le in ("2.5", "+Inf")}})
        self.receiver.refused = {"o2o-watchdog"}
        self.alertmanager.reload(lambda text: text + "\nreceiver: none\n")
        self.prometheus.reload(rules=FAILING_RULES)
        self.until(lambda: self.prometheus.number('prometheus_rule_evaluation_failures_total{rule_group=~".*failing"} > 0'),
                   "the failing rules were read")
        self.prometheus.reload(lambda text: text + "\nnone: none\n", FAILING_RULES)

    def recover(self):
        self.others.recover()
        self.receiver.refused = set()
        self.alertmanager.reload()
        self.prometheus.reload()

    def until(self, condition, what):
        return wait_until(condition, PATIENCE, what, [self.prometheus.child, self.alertmanager.child], interval=0.2)

    def until_all(self, expected, told, what):
        try:
            self.until(lambda: expected <= told(), f"all were delivered {what}")
        except NotReady as error:
            raise AssertionError(f"not delivered {what}: {sorted(expected - told())}") from error


@pytest.fixture(name="estate")
def running_estate():
    with Scratch() as scratch, RecordedExporters() as others, AlertReceiver() as receiver, \
            Alertmanager(scratch, receiver.url, FACTOR) as alertmanager, \
            Prometheus(scratch, {"alertmanager": alertmanager.address}, alertmanager.address, FACTOR,
                       doubles=others.scrape_configs()) as prometheus:
        yield Estate(others, receiver, alertmanager, prometheus)


def test_what_others_exporters_and_the_servers_themselves_tell(estate):
    expected = {(row["alert"], row["severity"]) for row in table() if row["test"] == HERE}
    estate.until(lambda: all(estate.prometheus.target_health().values()), "everybody was scraped")
    estate.until(lambda: estate.prometheus.number("job:http_request_duration_seconds:p95_5m"), "the rules had results")
    # As long as the longest of the windows: what would fire by itself has had its time.
    time.sleep(15 * 60 / FACTOR)
    assert not expected & (estate.receiver.told("firing") | {
        (labels["alertname"], labels["severity"]) for labels in estate.prometheus.alerts()})

    estate.break_everything()
    estate.until_all(expected, lambda: estate.receiver.told("firing"), "firing")
    estate.recover()
    estate.until_all(expected, lambda: estate.receiver.told_last("resolved"), "resolved")
