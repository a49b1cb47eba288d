# SPDX-License-Identifier: Apache-2.0
"""rules/o2o-limits.yml holds every limit once: one edit there changes what fires and what people read."""

import re
import shutil

import pytest
import yaml

from bundle.promql import selectors
from bundle.shipped import ROOT, alerts, limits, load, rules, run

LIMITS = ROOT / "rules" / "o2o-limits.yml"
# What an alert may still compare with: whether something is, or is up.
PLAIN = {"0", "1"}


def test_limits_are_numbers_with_a_comment_each():
    text = LIMITS.read_text()
    for group in load(LIMITS)["groups"]:
        for rule in group["rules"]:
            assert rule["record"].startswith("o2o:limit:") and isinstance(rule["expr"], (int, float)), rule
    assert not re.search(r"expr: .*\n\n* *- record: (?!.*\n.*\n.*labels)", text), "a limit without a comment above it"


def test_every_limit_is_read_and_none_is_missing():
    read = {selector.metric for rule in rules() for selector in selectors(rule["expr"])}
    assert {name for name in read if name.startswith("o2o:limit:")} == limits()
    in_texts = set(re.findall(r"o2o:limit:\w+", " ".join(str(alert["annotations"]) for alert in alerts())))
    assert in_texts <= limits()


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: f"{alert['alert']}-{alert['labels']['severity']}")
def test_no_alert_has_a_limit_of_its_own(alert):
    expression = re.sub(r"\[[^\]]*\]|\"[^\"]*\"", "", alert["expr"])
    numbers = set(re.findall(r"[<>=]\s*(?:bool\s+)?(\d[\d.]*)", expression))
    assert numbers <= PLAIN, "limits stand in o2o-limits.yml"


def test_one_edit_changes_the_alert_and_its_text(tmp_path):
    """9.1 % of the orders fail: over the shipped limit, and under one of 20 %."""
    folder = tmp_path / "rules"
    shutil.copytree(ROOT / "rules", folder)
    series = {"o2o_orders_completed_total": "0+10x60", "o2o_orders_failed_total": "0+1x60"}
    test = {"rule_files": ["rules/*.yml"], "evaluation_interval": "1m", "tests": [{
        "interval": "1m",
        "input_series": [{"series": f'{name}{{job="o2o-exporter", instance="a", order_type="DELIVERY", status="FAILED"}}'
                          if "failed" in name else f'{name}{{job="o2o-exporter", instance="a", order_type="DELIVERY"}}',
                          "values": values} for name, values in series.items()],
        "alert_rule_test": [{"alertname": "O2OOrderFailureRatioHigh", "eval_time": "40m", "exp_alerts": []}]}]}
    path = tmp_path / "test.yml"
    path.write_text(yaml.safe_dump(test))
    assert "The limit is 5%." in run("promtool", "test", "rules", path, status=1)

    limit = folder / "o2o-limits.yml"
    text = limit.read_text()
    edited = re.sub(r"(record: o2o:limit:failure_ratio\n +expr: )0.05", r"\g<1>0.2", text)
    assert edited != text
    limit.write_text(edited)
    run("promtool", "test", "rules", path)

    limit.write_text(edited.replace("expr: 0.2\n", "expr: 0.08\n"))
    assert "The limit is 8%." in run("promtool", "test", "rules", path, status=1)


def test_a_labelled_line_sets_one_vendor_apart(tmp_path):
    """10 pieces left are green; for V007, which usually has many more, red-high."""
    folder = tmp_path / "rules"
    shutil.copytree(ROOT / "rules", folder)
    names = {"V001": 4, "V007": 1}
    test = {"rule_files": ["rules/*.yml"], "evaluation_interval": "1m", "tests": [{
        "interval": "1m",
        "input_series": [{"series": f'vendor_discount_stock{{job="o2o-exporter", instance="a", vendor_code="{code}", '
                                    f'vendor_name="{code}", product="Gyoza"}}', "values": "10+0x20"} for code in names],
        "promql_expr_test": [{"expr": "job_vendor:vendor_board:band", "eval_time": "10m", "exp_samples": [
            {"labels": f'job_vendor:vendor_board:band{{job="o2o-exporter", subject="discount_stock", vendor_code="{code}", '
                       f'vendor_name="{code}"}}', "value": band} for code, band in names.items()]}]}]}
    path = tmp_path / "test.yml"
    path.write_text(yaml.safe_dump(test))
    run("promtool", "test", "rules", path, status=1)

    limit = folder / "o2o-limits.yml"
    override = ("      - record: o2o:limit:vendor_band\n        expr: 20\n"
                "        labels: {subject: discount_stock, band: red, vendor_code: V007}\n"
                + "".join(f"      - record: o2o:limit:vendor_band\n        expr: {least}\n"
                          f"        labels: {{subject: discount_stock, band: {band}, vendor_code: V007}}\n"
                          for band, least in (("yellow", 40), ("green", 60), ("light-green", 80), ("dark-green", 100))))
    limit.write_text(limit.read_text().rstrip() + "\n" + override)
    run("promtool", "test", "rules", path)
