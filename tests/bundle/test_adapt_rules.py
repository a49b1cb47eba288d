# SPDX-License-Identifier: Apache-2.0
"""`make rules`: the copy for a monitoring that is already there is as whole as the original."""

import re
import sys

import pytest
import yaml

from bundle.shipped import ALERTMANAGER, ROOT, RULE_FILES, RULE_TESTS, RUNBOOKS, load, run

SCRIPT = ROOT / "scripts" / "adapt_rules.py"


@pytest.fixture(name="copy", scope="module")
def adapted(tmp_path_factory):
    out = tmp_path_factory.mktemp("adapted")
    run(sys.executable, SCRIPT, f"--out={out}", "--job=commerce/o2o", "--by=market,region", "--replicas=instance,pod,node",
        "--runbooks=https://wiki.example.com/o2o/", "--dashboards=https://grafana.example.com/shop/")
    return out


def test_every_file_is_there(copy):
    assert {path.name for path in copy.glob("*.yml")} == {path.name for path in RULE_FILES}
    assert {path.name for path in (copy / "tests").glob("*.yml")} == {path.name for path in RULE_TESTS}
    assert {path.name for path in (copy / "runbooks").glob("*.md")} == {path.name for path in RUNBOOKS.glob("*.md")}


def test_nothing_of_the_old_names_is_left(copy):
    for path in copy.glob("*.yml"):
        text = path.read_text()
        assert 'job="o2o-exporter"' not in text and "github.com" not in text and "localhost:3000" not in text
        assert text.count("runbook_url: https://wiki.example.com/o2o/") == text.count("dashboard_url: https://grafana.example.com/shop/d/o2o-")
        assert not re.search(r"without \(instance, pod[,)](?! node)", text), path.name
    for path in (copy / "runbooks").glob("*.md"):
        assert 'job="o2o-exporter"' not in path.read_text(), path.name


def test_rules_are_valid(copy):
    run("promtool", "check", "rules", "--lint=all", "--lint-fatal", *sorted(copy.glob("*.yml")))


@pytest.mark.parametrize("name", [path.name for path in RULE_TESTS if path.name.startswith("o2o-")])  # every file of rules is in one
def test_rules_do_what_their_tests_say(copy, name):
    run("promtool", "test", "rules", copy / "tests" / name)


def test_alertmanager_is_told_the_labels(copy):
    for rule in load(copy / "alertmanager" / "fragment.yml")["inhibit_rules"]:
        assert {"job", "region", "market"} <= set(rule["equal"])
        assert len(rule["equal"]) == len(set(rule["equal"]))
    whole = yaml.safe_load(ALERTMANAGER.read_text())
    assert all("market" not in rule["equal"] for rule in whole["inhibit_rules"])


@pytest.mark.parametrize("flag, words", [
    ("--job=a b", "is not a job's name"), ("--by=a-b", "is not a label's name"), ("--replicas=,", "at least one label"),
    ("--runbooks=wiki", "is not a link that ends with /"),
    ("--dashboards=https://grafana.example.com", "is not a link that ends with /"), (f"--out={ROOT / 'rules'}", "holds the originals"),
])
def test_a_mistake_is_said_in_words(tmp_path, flag, words):
    assert words in run(sys.executable, SCRIPT, f"--out={tmp_path / 'x'}", flag, status=1)
    assert not (tmp_path / "x").exists()
