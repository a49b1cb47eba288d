# SPDX-License-Identifier: Apache-2.0
"""Rules that look back over weeks, with weeks of 6 hours: promtool evaluates step by step, and real ones take it minutes."""

import re

WEEK = 168  # hours
SHORT = 6
DURATION = re.compile(r"(?<![\w.])(?:(?P<weeks>\d+)w|(?P<hours>\d+)h30m)(?!\w)")


def with_short_weeks(text):
    return DURATION.sub(_shorten, text)


def _shorten(match):
    if match["weeks"]:
        return f"{int(match['weeks']) * SHORT}h"
    weeks, rest = divmod(int(match["hours"]) + 1, WEEK)  # 167h30m is half an hour short of a week
    return match.group() if weeks == 0 or rest else f"{weeks * SHORT - 1}h30m"
