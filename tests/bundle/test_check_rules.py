# SPDX-License-Identifier: Apache-2.0
"""`make check-rules`: an edit that is wrong gets an answer in words."""

import importlib.util
import shutil
import sys

import pytest

from bundle.shipped import ROOT, run

SCRIPT = ROOT / "scripts" / "check_rules.py"
SPEC = importlib.util.spec_from_file_location("check_rules", SCRIPT)
check_rules = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(check_rules)


def test_shipped_files_are_well_formed():
    assert "rules are well formed" in run(sys.executable, SCRIPT)


@pytest.mark.parametrize("file, before, after, words", [
    ("o2o-limits.yml", "expr: 0.05\n", "expr: 5%\n", "'5%' is not a number"),
    ("o2o-limits.yml", "expr: 0.05\n", "expr: 0,05\n", "'0,05' is not a number"),
    ("o2o-limits.yml", "expr: 0.05\n", "expr: 5\n", "5 is not a part"),
    ("o2o-limits.yml", "expr: 0.05\n", "expr: [\n", "this is not YAML"),
    ("o2o-limits.yml", "record: o2o:limit:delayed_ratio", "record: o2o:limit:delayed_rate", "nothing records o2o:limit:delayed_ratio"),
    ("o2o-limits.yml", "expr: 20\n        labels: {subject: discount_stock", "expr: 60\n        labels: {subject: discount_stock",
     "light-green begins at 60, which is not below dark-green (50)"),
    ("o2o-limits.yml", "band: red-high}", "band: redhigh}", "there is no band redhigh"),
    ("o2o-orders.yml", "severity: critical", "severity: urgent", "severity 'urgent' is not one of"),
    ("o2o-orders.yml", "team: commerce", "team: comerce", "team 'comerce' is not one of"),
    ("o2o-orders.yml", "alert: O2ONoNewOrders\n", "alert: NoNewOrders\n", "a name is O2O and CamelCase"),
    ("o2o-orders.yml", "alert: O2ONoNewOrders\n", "alert: O2OOrdersGone\n", "runbooks/O2OOrdersGone.md is missing"),
    ("o2o-orders.yml", "          summary: No new orders are coming in.\n", "", "the annotation summary is missing"),
])
def test_a_mistake_is_said_in_words(tmp_path, file, before, after, words):
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    path = tmp_path / "rules" / file
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    said, _ = check_rules.check(tmp_path)
    assert words in "\n".join(said)
