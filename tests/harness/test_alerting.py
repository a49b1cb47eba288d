# SPDX-License-Identifier: Apache-2.0
"""Prometheus and Alertmanager with the shipped files, faster, and the simulator's sink at the end of the way."""
import os
from pathlib import Path

import pytest

from harness.alertmanager import Alertmanager, receiver_to_sink
from harness.processes import NotReady, free_port, wait_until
from harness.prometheus import Prometheus
from harness.scratch import Scratch
from harness.simulator import Simulator


@pytest.fixture(name="parts", scope="module")
def running_parts():
    nobody = f"127.0.0.1:{free_port()}"  # no exporter: that must be noticed
    with Scratch() as scratch, Simulator(scratch) as simulator:
        with Alertmanager(scratch, simulator.sink_url, 20) as alertmanager:
            with Prometheus(scratch, {"o2o-exporter": nobody, "alertmanager": alertmanager.address},
                            alertmanager.address, 20) as prometheus:
                yield simulator, alertmanager, prometheus


def delivered(simulator, name):
    return [alert for notification in simulator.notifications() for alert in notification["alerts"]
            if alert["labels"]["alertname"] == name]


def test_every_alert_has_a_way_to_the_sink(parts):
    simulator, _, prometheus = parts
    wait_until(lambda: delivered(simulator, "O2OWatchdog"), 60, "the watchdog was delivered")
    wait_until(lambda: delivered(simulator, "O2OExporterDown"), 90, "O2OExporterDown was delivered")
    assert "O2OExporterDown" in [labels["alertname"] for labels in prometheus.alerts()]
    assert prometheus.rules_with_errors() == []
    assert set(prometheus.left_out) == {"mimir", "node", "postgres", "redis", "mongodb", "blackbox"}, "what only compose has"


def test_targets_and_queries(parts):
    _, alertmanager, prometheus = parts
    expected = {"prometheus": True, "alertmanager": True, "o2o-exporter": False}
    wait_until(lambda: prometheus.target_health() == expected, 60, "Prometheus scraped what answers")
    wait_until(lambda: prometheus.number("up{job='o2o-exporter'}") == 0, 60, "Prometheus has tried to scrape what does not answer")
    assert prometheus.number("vector(2) > 3") is None
    wait_until(alertmanager.alerts, 30, "Alertmanager knew an alert")


def test_a_target_without_a_job_is_an_error():
    with Scratch() as scratch, pytest.raises(NotReady, match="no scrape job named no-such-job"):
        Prometheus(scratch, {"no-such-job": "127.0.0.1:1"}).start()


def test_clock_of_the_files(parts):
    _, _, prometheus = parts
    folder = Path(os.path.dirname(prometheus.child.log_path))
    assert "scrape_interval: 750ms" in (folder / "prometheus.yml").read_text()
    assert "for: 6s" in (folder / "rules" / "o2o-exporter.yml").read_text()


def test_receivers():
    sink = "http://sink"
    assert receiver_to_sink({"name": "a", "webhook_configs": [{"url": "x", "max_alerts": 5}]}, sink) == {
        "name": "a", "webhook_configs": [{"url": sink, "max_alerts": 5}]}
    assert receiver_to_sink({"name": "b", "slack_configs": [{"send_resolved": True}]}, sink) == {
        "name": "b", "webhook_configs": [{"url": sink, "send_resolved": True}]}
    assert receiver_to_sink({"name": "c"}, sink) == {"name": "c"}
