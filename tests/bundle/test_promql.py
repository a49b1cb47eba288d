# SPDX-License-Identifier: Apache-2.0
import pytest

from bundle.promql import Selector, grouping_labels, selectors


def names(expr):
    return [selector.metric for selector in selectors(expr)]


@pytest.mark.parametrize("expr, expected", [
    ("up", ["up"]),
    ("vector(1)", []),
    ("1e3 + 0x1F > .5", []),
    ('up{job="a or b{c}"} == 0', ["up"]),
    ("sum by (job) (rate(a_total[5m])) / on (job) (sum by (job) (rate(b_total[1h:5m] offset 1w)) > 0)",
     ["a_total", "b_total"]),
    ("job:a:increase10m == 0 unless on (job) job:b:bool == bool 1", ["job:a:increase10m", "job:b:bool"]),
    ("sum(a) by (status) # and c", ["a"]),
    ("max_over_time(a1[10m] offset 10m)\n-\nb", ["a1", "b"]),
    ("absent(a) and time() - b > 3 * c", ["a", "b", "c"]),
    ("count without (x, y) (a)", ["a"]),
])
def test_finds_the_metrics(expr, expected):
    assert names(expr) == expected


def test_finds_the_labels():
    assert selectors('a{x="1", y!~"b=c", z=""}') == [Selector("a", frozenset({"x", "y", "z"}))]
    assert grouping_labels('sum by (a, b) (x) * on (c) group_left (d) y{e="by (f)"}') == {"a", "b", "c", "d"}
