# SPDX-License-Identifier: Apache-2.0
"""Who hears of what: alertmanager/routes_test.yml against the shipped configuration."""

import json
import re
import time

import pytest
import yaml

from bundle.shipped import ALERTMANAGER, ROUTES_TEST, load, run
from harness.alertmanager import Alertmanager
from harness.processes import wait_until
from harness.scratch import Scratch
from harness.simulator import Simulator
from harness.web import post_json

OPTIONAL = re.compile(r"^( *)#(?:0\.(\d+))?\| ", re.MULTILINE)  # the version that brought it, after 0.25
DEBIANS = 25


def row_id(row):
    return "-".join(row["labels"].values())


def receivers(config):
    return {receiver["name"]: receiver for receiver in config["receivers"]}


def with_every_channel(minor=DEBIANS):
    """The configuration with the optional channels that Alertmanager 0.`minor` knows switched on, as its first comment says
    people to do."""
    return OPTIONAL.sub(lambda found: found[1] if int(found[2] or 0) <= minor else found[0], ALERTMANAGER.read_text())


def channels_of(text):
    return {name for receiver in yaml.safe_load(text)["receivers"] for name in receiver if name.endswith("_configs")}


def test_configuration_is_valid():
    assert "1 templates" in run("amtool", "check-config", ALERTMANAGER)


def test_configuration_with_every_optional_channel_is_valid(tmp_path):
    (tmp_path / "templates").symlink_to(ALERTMANAGER.parent / "templates")
    config = tmp_path / "alertmanager.yml"
    config.write_text(with_every_channel())
    channels = {"webhook_configs", "slack_configs", "email_configs", "pagerduty_configs"}
    assert channels_of(with_every_channel()) == channels
    assert channels_of(with_every_channel(30)) == channels | {"telegram_configs", "msteamsv2_configs", "mattermost_configs"}
    run("amtool", "check-config", config)


def test_the_file_holds_no_secret():
    text = with_every_channel(99)
    assert "_file: /run/secrets/" in text
    for key in re.findall(r"^[ -]*(\w*(?:password|secret|token|api_url|routing_key|service_key)\w*):", text, re.MULTILINE):
        assert key.endswith("_file"), f"{key} holds a secret: name a file instead"


def test_a_message_for_each_receiver():
    config = load(ALERTMANAGER)
    assert receivers(config).keys() == {"o2o-oncall", "o2o-commerce", "o2o-platform", "o2o-watchdog"}
    for receiver in config["receivers"]:
        urls = [webhook["url"] for webhook in receiver["webhook_configs"]]
        assert urls == ["http://notifications:8080/sink/alertmanager"], receiver["name"]


def test_every_receiver_has_a_route():
    # amtool is content with a receiver that nothing reaches.
    reached = {receiver for row in load(ROUTES_TEST)["routes"] for receiver in row["receivers"]}
    assert reached == receivers(load(ALERTMANAGER)).keys()


@pytest.mark.parametrize("row", load(ROUTES_TEST)["routes"], ids=row_id)
def test_route(row):
    labels = [f"{name}={value}" for name, value in row["labels"].items()]
    run("amtool", "config", "routes", "test", f"--config.file={ALERTMANAGER}",
        f"--verify.receivers={','.join(row['receivers'])}", *labels)


COMPARED = ("O2ONoNewOrders", "O2ONoNewOrdersOfType", "O2OFewerOrdersThanExpected", "O2ORevenueLow", "O2OOrdersPerMinuteLow")


@pytest.mark.parametrize("name", COMPARED)
@pytest.mark.parametrize("severity", ["critical", "warning"])
def test_what_compares_with_past_weeks_is_silent_on_holidays(name, severity):
    """Every route that such an alert takes is muted."""
    config = load(ALERTMANAGER)
    assert "o2o-holidays" in {interval["name"] for interval in config["time_intervals"]}
    taken = [route for route in config["route"]["routes"][0]["routes"] if matches(route, name, severity)]
    last = next(index for index, route in enumerate(taken) if not route.get("continue"))
    assert [route.get("mute_time_intervals") for route in taken[:last + 1]] == [["o2o-holidays"]] * (last + 1)


def matches(route, name, severity):
    labels = {"alertname": name, "severity": severity, "team": "commerce"}
    for matcher in route["matchers"]:
        label, operator, value = re.fullmatch(r'(\w+)(=~|=)"(.*)"', matcher).groups()
        if not (re.fullmatch(value, labels[label]) if operator == "=~" else value == labels[label]):
            return False
    return True


def test_a_wrong_receiver_would_be_seen():
    run("amtool", "config", "routes", "test", f"--config.file={ALERTMANAGER}", "--verify.receivers=o2o-commerce",
        "alertname=O2OX", "severity=critical", "team=commerce", status=1)


@pytest.fixture(name="alertmanager")
def start_alertmanager():
    # The shipped configuration; its notifications go to a port where nobody listens.
    with Scratch() as scratch, Alertmanager(scratch, "http://127.0.0.1:9/") as running:
        yield running


def pairs():
    """(what fires, what else is told, whether that is silenced), one for each line of the table."""
    for case in load(ROUTES_TEST)["inhibitions"]:
        for other in case["silenced"]:
            yield case["firing"], other, True
        for other in case["heard"]:
            yield case["firing"], other, False


def in_world(number, labels):
    """The labels with a job of their own world: inhibition is by equal job, so pairs do not touch each other."""
    return {**labels, "world": str(number), **({"job": f"{labels['job']}-{number}"} if "job" in labels else {})}


def test_inhibition(alertmanager):
    expected = {}
    for number, (firing, other, silenced) in enumerate(pairs()):
        expected[json.dumps(in_world(number, firing), sort_keys=True)] = False
        expected[json.dumps(in_world(number, other), sort_keys=True)] = silenced
    post_json(f"{alertmanager.url}/api/v2/alerts", [{"labels": json.loads(labels)} for labels in expected])

    def told():
        return {json.dumps(alert["labels"], sort_keys=True): bool(alert["status"]["inhibitedBy"])
                for alert in alertmanager.alerts()}

    # The inhibitor hears of alerts a moment after the API knows them.
    deadline = time.monotonic() + 20
    while told() != expected and time.monotonic() < deadline:
        time.sleep(0.1)
    assert set(expected.values()) == {True, False}
    assert told() == expected


def test_ten_vendors_offline_are_one_message_that_names_them():
    names = {f"V{number:03}": f"Vendor {number}" for number in range(10)}
    vendors = [{"labels": {"alertname": "O2OVendorOffline", "severity": "warning", "team": "commerce",
                           "job": "o2o-exporter", "vendor_code": code, "vendor_name": name},
                "annotations": {"description": f"{name} is offline."}} for code, name in names.items()]
    # A group of its own, that waits as long: once it is told, nothing of the vendors is still on its way.
    other = {"labels": {**vendors[0]["labels"], "alertname": "O2OOrdersDelayed"}}
    with Scratch() as scratch, Simulator(scratch) as sink, \
            Alertmanager(scratch, sink.sink_url, factor=15) as alertmanager:
        post_json(f"{alertmanager.url}/api/v2/alerts", [*vendors, other])

        def told():
            found = sink.notifications()
            return found if {len(notification["alerts"]) for notification in found} == {1, 10} else None

        messages = wait_until(told, 30, "both groups were told", [alertmanager.child, sink.child])
    assert [message["receiver"] for message in messages] == ["o2o-commerce", "o2o-commerce"]
    largest = max(messages, key=lambda message: len(message["alerts"]))
    assert {alert["labels"]["vendor_code"]: alert["labels"]["vendor_name"] for alert in largest["alerts"]} == names
