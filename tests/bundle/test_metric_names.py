# SPDX-License-Identifier: Apache-2.0
"""The contract between rules and program: every metric and label that a rule reads exists."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from bundle.promql import grouping_labels, selectors
from bundle.shipped import ROOT, load, recorded, rule_id, rules

FOREIGN = re.compile(r"up|ALERTS|ALERTS_FOR_STATE|(prometheus|alertmanager|scrape|http|node|pg|redis|mongodb|celery|probe)_\w+")
FOREIGN_LABELS = {"rule_group", "integration", "reason", "remote_name", "url", "type",
                  "status", "code", "method", "handler", "path", "route", "server", "datname", "state", "usename",
                  "application_name", "wait_event_type", "wait_event", "backend_type", "alertname", "alertstate", "severity", "team"}
MAPPED = ROOT / "docs" / "examples" / "business.yml"  # metrics of the rules that a source has to be configured for
MADE_LABELS = {"week", "window", "half", "subject", "band", "le"}  # by recording rules and histograms
TARGET_LABELS = {"job", "instance", "pod"}


def exporter():
    return Path(os.environ.get("O2O_EXPORTER", ROOT / "build" / "o2o-exporter"))


def parse_catalogue(table):
    """The Markdown table of `o2o-exporter metrics`: name -> (type, labels)."""
    metrics = {}
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.split("|")][1:-1]
        if len(cells) >= 4 and re.fullmatch(r"`?[a-zA-Z_]\w*`?", cells[0]) and cells[1] in {
                "counter", "gauge", "histogram"}:
            labels = {label.strip() for label in cells[2].split(",") if label.strip()}
            metrics[cells[0].strip("`")] = (cells[1], labels)
    return metrics


def mapped():
    """The metrics that the documented examples of business numbers configure: name -> (type, labels)."""
    return {metric["name"]: (metric.get("type", "gauge"), set(metric.get("labels", {})))
            for source in load(MAPPED)["sources"] for metric in source["metrics"]}


@pytest.fixture(scope="module", name="catalogue")
def read_catalogue():
    program = exporter()
    if not program.is_file():
        pytest.fail(f"{program} does not exist: `make build`, or name the program in O2O_EXPORTER")
    table = subprocess.run([program, "metrics"], capture_output=True, text=True, timeout=30, check=True).stdout
    metrics = parse_catalogue(table)
    assert len(metrics) > 20, f"`{program} metrics` printed no table of metrics:\n{table[:500]}"
    return {**mapped(), **metrics}


def find(catalogue, name):
    """(type, labels) of the family that has series of this name, or None."""
    for suffix, extra in (("_bucket", {"le"}), ("_sum", set()), ("_count", set())):
        base = name.removesuffix(suffix)
        if base != name and catalogue.get(base, ("",))[0] == "histogram":
            return "histogram", catalogue[base][1] | extra
    found = catalogue.get(name)
    return None if found is None or found[0] == "histogram" else found


def problems(catalogue, known_rules, expr):
    found = []
    labels = set(TARGET_LABELS | FOREIGN_LABELS | MADE_LABELS)
    for _, metric_labels in catalogue.values():
        labels |= metric_labels
    for selector in selectors(expr):
        if selector.metric in known_rules or FOREIGN.fullmatch(selector.metric):
            continue
        metric = find(catalogue, selector.metric)
        if metric is None:
            found.append(f"there is no metric {selector.metric}")
        elif not selector.labels <= metric[1] | TARGET_LABELS:
            found.append(f"{selector.metric} has no label {', '.join(selector.labels - metric[1] - TARGET_LABELS)}")
    if grouping_labels(expr) - labels:
        found.append(f"no metric has the label {', '.join(grouping_labels(expr) - labels)}")
    return found


@pytest.mark.parametrize("rule", rules(), ids=rule_id)
def test_every_metric_of_a_rule_exists(rule, catalogue):
    assert problems(catalogue, recorded(), rule["expr"]) == []


@pytest.mark.parametrize("page", sorted((ROOT / "rules" / "runbooks").glob("*.md")), ids=lambda page: page.stem)
def test_every_metric_of_a_runbook_exists(page, catalogue):
    labels = {label for _, metric_labels in catalogue.values() for label in metric_labels}
    for name in set(re.findall(r"\b(?:o2o|process|vendor|shop|flash_sale)_[a-z0-9_]+|\b(?:job(?:_\w+)?|o2o):[\w:]+", page.read_text())):
        exists = name in recorded() | labels or find(catalogue, name) or name.endswith("_")
        assert exists, f"there is no metric {name}"


def test_every_recording_rule_is_read():
    # By an alert, directly or through another rule: one that nobody reads is to be removed.
    read = {selector.metric for rule in rules() for selector in selectors(rule["expr"])}
    assert recorded() - read == set()


def test_an_unknown_name_would_be_seen():
    catalogue = {"a_total": ("counter", {"x"}), "h": ("histogram", {"y"})}
    assert problems(catalogue, set(), 'rate(a_total{x="1", job="j"}[5m]) + h_count{y=""}') == []
    assert problems(catalogue, set(), "rate(b_total[5m])") == ["there is no metric b_total"]
    assert problems(catalogue, set(), 'a_total{y="1"}') == ["a_total has no label y"]
    assert problems(catalogue, set(), "sum by (z) (a_total)") == ["no metric has the label z"]
    assert problems(catalogue, set(), "h") == ["there is no metric h"]


def test_no_rule_compares_seconds_with_a_number():
    # On the scaled clock of the end-to-end tests only durations shrink: seconds written as a number would stay.
    for rule in rules():
        assert not re.search(r"time\(\)[^/]*[<>]=?\s*\d", rule["expr"]), rule_id(rule)


def test_the_page_of_business_numbers_names_every_metric_of_the_example():
    named = set(re.findall(r"`((?:shop|flash_sale)_\w+)`", (ROOT / "docs" / "business.md").read_text()))
    assert named == set(mapped())
