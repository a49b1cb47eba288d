# SPDX-License-Identifier: Apache-2.0
"""The rules that look back over weeks do what their tests say."""

import pytest

from bundle.shipped import RULE_FILES, WEEK_TESTS, run
from bundle.weeks import with_short_weeks


def test_weeks_are_shortened_and_nothing_else():
    text = "x[1w] offset 3w + y offset 167h30m + z offset 503h30m + v[2h30m] + w[10m]"
    assert with_short_weeks(text) == "x[6h] offset 18h + y offset 5h30m + z offset 17h30m + v[2h30m] + w[10m]"


@pytest.mark.parametrize("path", WEEK_TESTS, ids=lambda path: path.name)
def test_rules_do_what_their_tests_say(path, tmp_path):
    for rules in RULE_FILES:
        (tmp_path / rules.name).write_text(with_short_weeks(rules.read_text()))
    (tmp_path / path.name).write_text(path.read_text())
    run("promtool", "test", "rules", tmp_path / path.name)
