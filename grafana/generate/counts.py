# SPDX-License-Identifier: Apache-2.0
"""Counting orders: every page says the same number of the same thing."""

from generate.panels import ONE

ALIVE = "0 * max(o2o_store_up == 1)"  # 0 while the exporter sees its database, nothing when it is blind


def grown(counter, window, offset=""):
    """By how much a counter of the database grew, as Prometheus estimates it. Replicas publish the same one."""
    return f"sum({ONE} (increase({counter}[{window}]{offset})))"


def in_ten_minutes(counter, ago=""):
    """Exactly: the counter, which never resets, less what it was 10 minutes before. Estimated while there is less history."""
    end = f" offset {ago}" if ago else ""
    return (f"(sum({ONE} (max_over_time({counter}[2m]{end}))) - sum({ONE} (max_over_time({counter}[10m] offset {ago}10m))) "
            f"or {grown(counter, '10m', end)})")


def part(some, others, ago=""):
    """Of the orders that ended in 10 minutes, the part that ended in one of the two ways. Nothing where none ended."""
    return f"{in_ten_minutes(some, ago)} / ({in_ten_minutes(some, ago)} + {in_ten_minutes(others, ago)} > 0)"
