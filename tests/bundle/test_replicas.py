# SPDX-License-Identifier: Apache-2.0
"""Two Prometheus with the shipped file, as the profile `ha` runs them: what they send to Mimir tells them apart, what they send to
Alertmanager does not."""

import re
from contextlib import ExitStack

import pytest

from harness.alertmanager import Alertmanager
from harness.processes import free_port, wait_until
from harness.prometheus import Prometheus
from harness.scratch import Scratch
from harness.simulator import Simulator
from harness.web import request

FACTOR = 20


@pytest.fixture(name="pair", scope="module")
def two_of_them():
    nobody = f"127.0.0.1:{free_port()}"  # no exporter, so that more than the watchdog fires
    with Scratch() as scratch, ExitStack() as stack:
        simulator = stack.enter_context(Simulator(scratch))
        alertmanager = stack.enter_context(Alertmanager(scratch, simulator.sink_url, FACTOR))
        replicas = {name: stack.enter_context(Prometheus(scratch, {"o2o-exporter": nobody}, alertmanager.address, FACTOR, replica=name))
                    for name in ("a", "b")}
        yield simulator, alertmanager, replicas


def external_labels(prometheus):
    """As federation, like remote write, adds them."""
    _, _, body = request(f"{prometheus.url}/federate?match[]=up")
    return {frozenset(re.findall(r'(cluster|__replica__)="([^"]*)"', line)) for line in body.decode().splitlines() if line.startswith("up{")}


def test_mimir_can_tell_them_apart(pair):
    _, _, replicas = pair
    for name, prometheus in replicas.items():
        wait_until(lambda prometheus=prometheus: external_labels(prometheus), 30, "Prometheus scraped", [prometheus.child])
        assert external_labels(prometheus) == {frozenset({("cluster", "o2o"), ("__replica__", name)})}


def test_people_are_told_once(pair):
    simulator, alertmanager, replicas = pair

    def firing_everywhere():
        return all({"O2OExporterDown", "O2OWatchdog"} <= {labels["alertname"] for labels in prometheus.alerts()}
                   for prometheus in replicas.values())

    def told(alertname):
        return [alert["labels"] for sent in simulator.notifications() for alert in sent["alerts"]
                if alert["labels"]["alertname"] == alertname and alert["status"] == "firing"]

    wait_until(firing_everywhere, 90, "both said that the exporter is down")
    wait_until(lambda: told("O2OExporterDown") and told("O2OWatchdog"), 60, "somebody was told")
    known = [alert["labels"] for alert in alertmanager.alerts()]
    assert not [labels for labels in known if {"__replica__", "replica"} & labels.keys()]
    for alertname in ("O2OExporterDown", "O2OWatchdog"):
        assert len([labels for labels in known if labels["alertname"] == alertname]) == 1
        assert len({frozenset(labels.items()) for labels in told(alertname)}) == 1
