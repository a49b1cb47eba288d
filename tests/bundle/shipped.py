# SPDX-License-Identifier: Apache-2.0
"""The shipped monitoring files, loaded, and the tools that check them."""

import functools
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
RULE_FILES = sorted((ROOT / "rules").glob("*.yml"))
RULE_TESTS = sorted((ROOT / "rules" / "tests").glob("*.yml"))
WEEK_TESTS = sorted((ROOT / "rules" / "tests" / "weeks").glob("*.yml"))  # see test_weeks.py
RUNBOOKS = ROOT / "rules" / "runbooks"
RUNBOOK_BASE = "https://github.com/o2o-exporter/o2o-exporter/blob/main/rules/runbooks/"
DASHBOARD_BASE = "http://localhost:3000/d/"
PROMETHEUS = ROOT / "compose" / "prometheus.yml"
ALERTMANAGER = ROOT / "alertmanager" / "alertmanager.yml"
ROUTES_TEST = ROOT / "alertmanager" / "routes_test.yml"


def load(path):
    return yaml.load(path.read_text(), Loader=yaml.CSafeLoader)  # libyaml: ten times as fast as safe_load


def groups():
    return [group for path in RULE_FILES for group in load(path)["groups"]]


def rules():
    """A constant limit is a number in YAML; to Prometheus every expression is text."""
    return [{**rule, "expr": str(rule["expr"])} for group in groups() for rule in group["rules"]]


def alerts():
    return [rule for rule in rules() if "alert" in rule]


def recorded():
    return {rule["record"] for rule in rules() if "record" in rule}


def limits():
    return {name for name in recorded() if name.startswith("o2o:limit:")}


def alert_id(alert):
    """Two alerts of one name differ in severity."""
    return f"{alert['alert']}-{alert['labels'].get('severity')}"


def rule_id(rule):
    return rule.get("record") or alert_id(rule)


@functools.cache
def promtool_tests():
    """The elements under `tests:` of all promtool tests."""
    return [element for path in RULE_TESTS + WEEK_TESTS for element in load(path)["tests"]]


def run(*command, status=0):
    """What the command printed; fails, showing it, where it ends with another status."""
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
    assert done.returncode == status, f"{command[0]} ended with {done.returncode}:\n{done.stdout}"
    return done.stdout
