# SPDX-License-Identifier: Apache-2.0
"""What every alert owes to the person it wakes."""

import re
from urllib.parse import quote_plus

import pytest

from bundle.dashboards import DASHBOARDS
from bundle.dashboards import load as load_dashboard
from bundle.shipped import (DASHBOARD_BASE, RUNBOOK_BASE, RUNBOOKS, alert_id, alerts, limits, load, promtool_tests, recorded,
                            ROUTES_TEST)

SEVERITIES = {"critical", "warning", "info"}
TEAMS = {"commerce", "platform"}
EVERY_ALERT = pytest.mark.parametrize("alert", alerts(), ids=alert_id)
ALWAYS_FIRING = "O2OWatchdog"
MINUTES = {"m": 1, "h": 60, "d": 1440, "s": 1 / 60}


@EVERY_ALERT
def test_name(alert):
    assert re.fullmatch(r"([A-Z]+[a-z0-9]+)+", alert["alert"])


@EVERY_ALERT
def test_labels(alert):
    severities = {"none"} if alert["alert"] == ALWAYS_FIRING else SEVERITIES
    assert alert["labels"]["severity"] in severities
    assert alert["labels"]["team"] in TEAMS
    for value in alert["labels"].values():
        assert "{{" not in value, "a value in a label makes a new alert of every new value"


@EVERY_ALERT
def test_annotations(alert):
    summary, description = alert["annotations"]["summary"], alert["annotations"]["description"]
    assert re.fullmatch(r"[A-Z][^{}\n]*\.", summary), "one fixed sentence"
    assert re.search(r"\{\{[^}]*\$(labels\.\w+|value)", description), "name a label or the value"
    assert description.endswith(".")


@EVERY_ALERT
def test_waits_before_it_fires(alert):
    assert ("for" in alert) == (alert["alert"] != ALWAYS_FIRING)


@EVERY_ALERT
def test_runbook(alert):
    assert alert["annotations"]["runbook_url"] == f"{RUNBOOK_BASE}{alert['alert']}.md"
    page = (RUNBOOKS / f"{alert['alert']}.md").read_text()
    assert re.findall(r"^#+ .*$", page, re.MULTILINE) == [
        f"# {alert['alert']}", "## Meaning", "## Impact", "## Diagnosis", "## Mitigation"]


@EVERY_ALERT
def test_dashboard(alert):
    """The uid is shipped, and each variable that the link sets is one of that dashboard's; a value is escaped, or a word of the rules."""
    url = alert["annotations"]["dashboard_url"]
    assert url.startswith(DASHBOARD_BASE)
    uid, _, query = url.removeprefix(DASHBOARD_BASE).partition("?")
    variables = {model["uid"]: {variable["name"] for variable in model["templating"]["list"]} for model in map(load_dashboard, DASHBOARDS)}
    assert uid in variables
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        assert name.removeprefix("var-") in variables[uid] and name.startswith("var-"), pair
        assert re.fullmatch(r"\w+|\{\{ \$labels\.\w+ \| urlquery \}\}", value), f"{pair}: a value with a blank or & breaks the link"


def test_a_link_to_a_dashboard_is_about_what_the_alert_is_about():
    """An alert for each source, vendor, sale or API opens the page of that one, not of all."""
    variable = {"source": "source", "vendor_code": "vendor", "sale": "sale", "order_type": "order_type"}
    for element in promtool_tests():
        for check in element.get("alert_rule_test", []):
            for expected in check["exp_alerts"]:
                for label in variable.keys() & expected["exp_labels"].keys():
                    url = expected["exp_annotations"]["dashboard_url"]
                    assert f"var-{variable[label]}={quote_plus(expected['exp_labels'][label])}" in url, url


def test_no_runbook_is_left_over():
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == {alert["alert"] for alert in alerts()}


def minutes(text):
    return sum(int(number) * MINUTES[unit] for number, unit in re.findall(r"(\d+)([smhd])", text))


def states(element, alert):
    """[(minute, whether the alert fires)] in the order of time, of one promtool test."""
    found = []
    for check in element.get("alert_rule_test", []):
        if check["alertname"] == alert["alert"]:
            fires = any(expected["exp_labels"]["severity"] == alert["labels"]["severity"]
                        for expected in check["exp_alerts"])
            found.append((minutes(check["eval_time"]), fires))
    return sorted(found)


@EVERY_ALERT
def test_is_shown_quiet_firing_and_resolved(alert):
    seen = [[fires for _, fires in states(element, alert)] for element in promtool_tests()]
    assert any(True in element for element in seen), "no promtool test in which it fires"
    if alert["alert"] == ALWAYS_FIRING:
        return
    assert any(re.search("qf+q", "".join("f" if fires else "q" for fires in element)) for element in seen), \
        "no promtool test that shows it quiet, then firing, then resolved"


def test_a_promtool_test_of_silence_shows_something_that_fires():
    for element in promtool_tests():
        checks = element.get("alert_rule_test", [])
        assert not checks or any(check["exp_alerts"] for check in checks), f"{element['name']}: nothing fires, so nothing is proved"


def test_every_recording_rule_has_a_promtool_test():
    expressions = [check["expr"] for element in promtool_tests() for check in element.get("promql_expr_test", [])]
    assert {name for name in recorded() - limits() if not any(name in expr for expr in expressions)} == set()


@EVERY_ALERT
def test_has_a_row_in_the_routing_table(alert):
    rows = [row["labels"] for row in load(ROUTES_TEST)["routes"]]
    assert any(row["alertname"] == alert["alert"] and alert["labels"].items() <= row.items() for row in rows)


@pytest.mark.parametrize("page", sorted(RUNBOOKS.glob("*.md")), ids=lambda page: page.stem)
def test_commands_of_a_runbook_run_as_they_are_pasted(page):
    text = page.read_text()
    assert not re.search(r"\bcurl -s ", text), "curl -s is silent about its own failure: -sS"
    assert "EXPORTER:" not in text, "an address, not a word for one"
    assert not re.search(r"\b(sum|max|min|count) by \(", text), "by (...) merges regions and shops: without (instance, pod)"
    assert "SELECT *" not in text, "name the columns: customers' names are nobody's business here"
    if re.search(r"`o2o-exporter (ingest|probe|--)|`psql|localhost:9847", text):
        assert ". /etc/default/o2o-exporter" in text, "say where these commands run, and with which environment"
