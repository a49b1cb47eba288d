# SPDX-License-Identifier: Apache-2.0
"""The rules that look back over weeks, with weeks of 6 hours: promtool evaluates step by step, and real ones take it minutes."""

import re

import pytest

from bundle.shipped import RULE_FILES, WEEK_TESTS, run

WEEK = 168  # hours
SHORT = 6
DURATION = re.compile(r"(?<![\w.])(?:(?P<weeks>\d+)w|(?P<hours>\d+)h30m)(?!\w)")


def shorten(match):
    if match["weeks"]:
        return f"{int(match['weeks']) * SHORT}h"
    weeks, rest = divmod(int(match["hours"]) + 1, WEEK)  # 167h30m is half an hour short of a week
    return match.group() if weeks == 0 or rest else f"{weeks * SHORT - 1}h30m"


def test_weeks_are_shortened_and_nothing_else():
    text = "x[1w] offset 3w + y offset 167h30m + z offset 503h30m + v[2h30m] + w[10m]"
    assert DURATION.sub(shorten, text) == "x[6h] offset 18h + y offset 5h30m + z offset 17h30m + v[2h30m] + w[10m]"


@pytest.mark.parametrize("path", WEEK_TESTS, ids=lambda path: path.name)
def test_rules_do_what_their_tests_say(path, tmp_path):
    for rules in RULE_FILES:
        (tmp_path / rules.name).write_text(DURATION.sub(shorten, rules.read_text()))
    (tmp_path / path.name).write_text(path.read_text())
    run("promtool", "test", "rules", tmp_path / path.name)
