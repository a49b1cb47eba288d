# SPDX-License-Identifier: Apache-2.0
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from harness.scale_clock import scale_duration, scale_promql, scale_yaml

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("text, factor, scaled", [
    ("10m", 10, "60s"),
    ("15s", 10, "1500ms"),
    ("1h30m", 10, "540s"),
    ("1w", 10, "60480s"),
    ("1y", 365, "86400s"),
    ("1d", Fraction(1, 2), "172800s"),
    ("1ms", 10, "1ms"),
    ("0s", 10, "0s"),
    ("10s", 3, "3333ms"),
    ("1m", Fraction("2.5"), "24s"),
])
def test_duration(text, factor, scaled):
    assert scale_duration(text, factor) == scaled


@pytest.mark.parametrize("expr, scaled", [
    ("increase(x_total[10m]) == 0", "increase(x_total[60s]) == 0"),
    ("max_over_time(rate(x[5m])[1h:30s])", "max_over_time(rate(x[30s])[360s:3s])"),
    ("x offset 1w > 600", "x offset 60480s > 600"),
    ("x offset -1h", "x offset -360s"),
    ("x[1h30m]", "x[540s]"),
    ('x{window="5m", y=\'5m\', z=~`5m`}[5m]', 'x{window="5m", y=\'5m\', z=~`5m`}[30s]'),
    (r'x{a="\"5m"}[5m]', r'x{a="\"5m"}[30s]'),
    ("slo:errors:ratio_rate5m > 0.05", "slo:errors:ratio_rate5m > 0.05"),
    ("level:x:rate5m offset 5m", "level:x:rate5m offset 30s"),
    ("x > 5e3 and y < 0x10 and z == 1.5", "x > 5e3 and y < 0x10 and z == 1.5"),
    ("x[10m] # over 10m", "x[60s] # over 10m"),
    ("x > 5 # 10m \n and y[10m]", "x > 5 # 10m \n and y[60s]"),
    ("p5m + vendor_5m[5m]", "p5m + vendor_5m[30s]"),
])
def test_promql(expr, scaled):
    assert scale_promql(expr, 10) == scaled


def test_rule_file_changes_nothing_but_durations():
    before = """\
# the 10m here is text
groups:
  - name: orders 10m   # 10m
    interval: 30s
    rules:
      - record: x:rate5m
        expr: rate(x_total[5m])
      - alert: O2ONoOrders
        expr: |
          # nothing for [10m]
          sum(increase(x_total{window="10m"}[10m])) == 0
            or absent(x_total offset 1h)
        for: 5m
        keep_firing_for: '1m'
        labels: {severity: critical, window: 10m}
        annotations:
          summary: "10m"
          description: nothing in {{ query "rate(x[10m])" }} 5m
      - alert: Quoted
        expr: "rate(x{a=\\"b 5m\\"}[5m]) > 0"
        for: "2m"
"""
    after = """\
# the 10m here is text
groups:
  - name: orders 10m   # 10m
    interval: 3s
    rules:
      - record: x:rate5m
        expr: rate(x_total[30s])
      - alert: O2ONoOrders
        expr: |
          # nothing for [10m]
          sum(increase(x_total{window="10m"}[60s])) == 0
            or absent(x_total offset 360s)
        for: 30s
        keep_firing_for: "6s"
        labels: {severity: critical, window: 10m}
        annotations:
          summary: "10m"
          description: nothing in {{ query "rate(x[10m])" }} 5m
      - alert: Quoted
        expr: "rate(x{a=\\"b 5m\\"}[30s]) > 0"
        for: "12s"
"""
    assert scale_yaml(before, 10) == after


def test_alertmanager_and_exporter_values():
    before = """\
route: {group_wait: 30s, group_interval: 5m, repeat_interval: 4h, receiver: team-5m}
time_intervals:
  - name: office
    time_intervals: [{times: [{start_time: '09:00', end_time: '17:00'}], months: ['1:3']}]
sources:
  - interval: ${ORDERS_INTERVAL:-15s}
    url: ${OMS_URL:-http://127.0.0.1:8080/5m}
    max_body_bytes: 64MiB
    limit: 1000
buckets: [30s, 1m, 1h]
"""
    after = """\
route: {group_wait: 3s, group_interval: 30s, repeat_interval: 1440s, receiver: team-5m}
time_intervals:
  - name: office
    time_intervals: [{times: [{start_time: '09:00', end_time: '17:00'}], months: ['1:3']}]
sources:
  - interval: ${ORDERS_INTERVAL:-1500ms}
    url: ${OMS_URL:-http://127.0.0.1:8080/5m}
    max_body_bytes: 64MiB
    limit: 1000
buckets: [3s, 6s, 360s]
"""
    assert scale_yaml(before, 10) == after


def test_factor_one_and_files_without_durations_stay_as_they_are():
    text = "a: [1, 2]  # 5m\n---\nb: {c: 'it''s'}\n"
    assert scale_yaml(text, 7) == text
    assert scale_yaml("", 7) == ""


def test_keys_that_stay():
    assert scale_yaml("a: {overlap: 2m, interval: 2m}", 2, {"overlap"}) == "a: {overlap: 2m, interval: 60s}"


@pytest.mark.parametrize("factor", [0, -1])
def test_factor_has_to_be_above_zero(factor):
    with pytest.raises(ValueError, match="above 0"):
        scale_yaml("for: 5m", factor)


def shipped_files():
    return sorted([*ROOT.glob("rules/*.yml"), ROOT / "alertmanager/alertmanager.yml", ROOT / "compose/prometheus.yml",
                   ROOT / "exporter/config/default.yml"])


def test_there_are_shipped_files():
    assert len(shipped_files()) >= 5


def shape(value):
    """The value with every number or duration in its texts blotted out."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    if isinstance(value, str):
        return "".join("#" if c.isdigit() else c for c in value).translate({ord(c): None for c in "#ywdhms"})
    return value


@pytest.mark.parametrize("path", shipped_files(), ids=lambda path: path.name)
def test_shipped_files_keep_their_shape(path):
    text = path.read_text()
    scaled = scale_yaml(text, 10)
    assert (scaled == text) == (path.name == "o2o-limits.yml")  # numbers, no durations
    assert shape(yaml.safe_load(scaled)) == shape(yaml.safe_load(text))
    assert len(scaled.splitlines()) == len(text.splitlines())


def test_command():
    tool = Path(__file__).with_name("scale_clock.py")
    done = subprocess.run(["/usr/bin/python3", tool, "10"], input="for: 5m\n", capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, "for: 30s\n", "")
    bad = subprocess.run(["/usr/bin/python3", tool, "x"], input="for: 5m\n", capture_output=True, text=True, timeout=30)
    assert bad.returncode == 1 and bad.stdout == "" and "scale_clock:" in bad.stderr
