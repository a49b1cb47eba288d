# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest
from mutation import trial as of_trials
from mutation.rules import RulesFile, duration_texts
from mutation.rules_unit import RulesUnit
from mutation.tokens import change_of


def changes(expr, **rule):
    text = "groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: |\n          " + expr + "\n"
    text += "".join(f"        {key}: {value}\n" for key, value in rule.items())
    return [change_of(text, mutant) for _, mutant in RulesFile(text).mutants()]


@pytest.mark.parametrize(("expr", "change"), [
    ("a > b", "> -> >="),
    ("a > b", "> -> <"),
    ("a <= b", "<= -> <"),
    ("a == b", "== -> !="),
    ("a == bool b", "bool -> (removed)"),
    ("a + b", "+ -> -"),
    ("a > 2", "2 -> 3"),
    ("quantile(0.5, a)", "0.5 -> 0.25"),
    ("rate(a[4m])", "4m -> 8m"),
    ("rate(a[4m])", "4m -> 2m"),
    ("rate(a[4m])", "rate -> increase"),
    ("a offset 1d", "1d -> 2d"),
    ("a offset 1d", "1d -> 43200s"),
    ("max_over_time(a[6h:5m])", "6h -> 3h"),
    ("sum by (x) (a)", "sum -> max"),
    ("sum by (x, y) (a)", "x, -> (removed)"),
    ("sum without (x, y) (a)", ", y -> (removed)"),
    ("a > on (x) group_left () b", "x -> (removed)"),
    ('a{x!~"1|2"}', "!~ -> =~"),
    ('a{x="1", y="2"}', 'x="1", -> (removed)'),
    ('a{x="1"}', 'x="1" -> (removed)'),
    ("a and b", "and b -> (removed)"),
    ("a and b", "and -> unless"),
    ("a unless on (x) b == 1 or c", "unless on (x) b == 1 -> (removed)"),
    ("a or b unless c", "a or -> (removed)"),
    ("a or b unless c", "or b unless c -> (removed)"),
    ("(a or b) > 1", "or b -> (removed)"),
    ("absent(a) or b", "absent(a) or -> (removed)"),
])
def test_a_change_is_made(expr, change):
    assert change in changes(expr)


@pytest.mark.parametrize("expr", ['label_replace(a, "x > 1", "5m", "", "")', "a # > 3 and 4", "a:b5m:sum"])
def test_texts_and_names_are_left_alone(expr):
    assert changes(expr) == []


def test_how_long_an_alert_waits_is_changed():
    assert changes("a", **{"for": "10m"}) == ["10m -> 20m", "10m -> 5m"]
    assert changes("a", keep_firing_for="5m") == ["5m -> 10m", "5m -> 150s"]


def test_what_a_rule_says_is_left_alone():
    assert changes("a", labels="{severity: info}", annotations="{summary: 1 > 0 for 5m.}") == []


@pytest.mark.parametrize(("text", "texts"), [
    ("4m", ["8m", "2m"]), ("1m", ["2m", "30s"]), ("1h30m", ["10800s", "2700s"]), ("1w", ["2w", "302400s"])])
def test_twice_and_half_of_a_duration(text, texts):
    assert duration_texts(text) == texts


RULES = """\
groups:
  - name: g
    rules:
      - record: a:sum
        expr: sum(a)
      - record: other:sum
        expr: sum(b)
      - alert: High
        expr: a:sum > 1
        for: 2m
"""
# The alert is held to the minute; of each sum there is one series only.
TESTS = """\
rule_files: [../o.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {series: 'a{x="1"}', values: 0+0x4 2+0x20}
      - {series: 'b{x="1"}', values: 1+0x20}
    promql_expr_test:
      - {expr: 'other:sum', eval_time: 5m, exp_samples: [{labels: 'other:sum', value: %d}]}
    alert_rule_test:
      - {alertname: High, eval_time: 6m, exp_alerts: []}
      - {alertname: High, eval_time: 7m, exp_alerts: [{}]}
"""


@pytest.fixture(name="unit")
def make_unit(tmp_path):
    (tmp_path / "rules" / "tests").mkdir(parents=True)
    (tmp_path / "rules" / "o.yml").write_text(RULES)

    def of(value=1):
        (tmp_path / "rules" / "tests" / "o_test.yml").write_text(TESTS % value)
        unit = RulesUnit(tmp_path, tmp_path / "rules" / "o.yml", "promtool", "**/*_test.yml")
        trials = unit.trials()
        unit.prepare(trials)
        return unit, trials

    return of


def test_mutants_that_the_tests_notice_and_others(unit):
    unit, trials = unit()
    for trial in trials:
        unit.run(trial)
    assert [f"{trial.line_text} | {trial.change}" for trial in trials if trial.ending == "survived"] == [
        "a:sum: expr: sum(a) | sum -> max", "other:sum: expr: sum(b) | sum -> max",
        "High: expr: a:sum > 1 | > -> >=", "High: expr: a:sum > 1 | 1 -> 0"]  # 0 and 2: nothing is at the limit
    assert [f"{trial.line_text} | {trial.change}" for trial in trials if trial.ending == "killed"] == [
        "High: expr: a:sum > 1 | > -> <", "High: expr: a:sum > 1 | 1 -> 2",
        "High: for: 2m | 2m -> 1m", "High: for: 2m | 2m -> 4m"]
    cut = Path(unit.folder, "a-sum-o_test-0", "o.yml").read_text()
    assert "other:sum" not in cut, "what the mutant cannot reach is not evaluated"
    unit.close()


def test_tests_that_fail_without_a_mutant_are_told(unit):
    unit, trials = unit(value=3)
    with pytest.raises(of_trials.TestsFail, match="other:sum"):
        unit.run(next(trial for trial in trials if trial.line_text.startswith("other:sum")))
