# SPDX-License-Identifier: Apache-2.0
"""Prometheus's own judgement of its files, and what it lets pass in silence."""

import pytest
import yaml

from bundle.shipped import PROMETHEUS, RULE_FILES, RULE_TESTS, groups, load, run

MIMIR_RULES_PER_GROUP = 20
# What Prometheus 2.42 knows of a group and a rule; anything younger would not load there.
GROUP_KEYS = {"name", "interval", "limit", "rules"}
RULE_KEYS = {"alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations"}


def test_configuration_is_valid():
    run("promtool", "check", "config", PROMETHEUS)


def test_configuration_finds_every_rule_file():
    # promtool is content with a pattern that finds nothing.
    found = [path for pattern in load(PROMETHEUS)["rule_files"] for path in PROMETHEUS.parent.glob(pattern)]
    assert sorted(path.resolve() for path in found) == RULE_FILES
    assert {path.name for path in RULE_FILES} >= {"o2o-orders.yml", "o2o-vendors.yml", "o2o-exporter.yml"}


def test_alerts_have_somewhere_to_go():
    # promtool is content without this block as well.
    targets = load(PROMETHEUS)["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]
    assert targets == ["alertmanager:9093"]


def test_two_replicas_are_heard_once():
    dropped = [rule["regex"] for rule in load(PROMETHEUS)["alerting"]["alert_relabel_configs"] if rule["action"] == "labeldrop"]
    assert dropped == ["replica|__replica__"]
    # Mimir takes one of the two, by these labels.
    assert load(PROMETHEUS)["global"]["external_labels"] == {"cluster": "o2o", "__replica__": "${O2O_REPLICA}"}


def test_jobs_are_the_ones_the_rules_know():
    jobs = {job["job_name"]: job for job in load(PROMETHEUS)["scrape_configs"]}
    assert jobs["o2o-exporter"]["static_configs"] == [{"targets": ["o2o-exporter:9847"]}]
    assert {"prometheus", "alertmanager"} <= jobs.keys()


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.name)
def test_rules_are_valid(path):
    run("promtool", "check", "rules", "--lint=all", "--lint-fatal", path)


@pytest.mark.parametrize("path", RULE_TESTS, ids=lambda path: path.name)
def test_rules_do_what_their_tests_say(path):
    run("promtool", "test", "rules", path)


def test_every_rule_file_has_its_test_file():
    tested = {path.name.replace("_test", "") for path in RULE_TESTS}
    assert tested >= {path.name for path in RULE_FILES} - {"o2o-limits.yml"}, "limits are constants: see test_limits.py"


@pytest.mark.parametrize("group", groups(), ids=lambda group: group["name"])
def test_groups_load_in_mimir_and_in_old_prometheus(group):
    assert len(group["rules"]) <= MIMIR_RULES_PER_GROUP
    assert group.keys() <= GROUP_KEYS
    for rule in group["rules"]:
        assert rule.keys() <= RULE_KEYS, rule


def test_group_names_are_unique():
    names = [group["name"] for group in groups()]
    assert sorted(names) == sorted(set(names))


def test_recording_rules_stand_before_the_alerts_that_read_them():
    for group in groups():
        kinds = ["alert" if "alert" in rule else "record" for rule in group["rules"]]
        assert kinds == sorted(kinds, reverse=True), group["name"]


def test_a_broken_rule_would_be_seen(tmp_path):
    broken = tmp_path / "broken.yml"
    broken.write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": [{"record": "a:b", "expr": "sum(("}]}]}))
    run("promtool", "check", "rules", broken, status=1)
