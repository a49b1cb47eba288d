# SPDX-License-Identifier: Apache-2.0
"""Counting orders: every page says the same number of the same thing."""

from generate.panels import BAD, BEYOND, ONE, column, limit, now, tile

ALIVE = "0 * max(o2o_store_up == 1)"  # 0 while the exporter sees its database, nothing when it is blind


def grown(counter, window, offset=""):
    """By how much a counter of the database grew, as Prometheus estimates it. Replicas publish the same one."""
    return f"sum({ONE} (increase({counter}[{window}]{offset})))"


def in_ten_minutes(counter, ago=""):
    """Exactly: the counter, which never resets, less what it was 10 minutes before. Estimated while there is less history."""
    end = f" offset {ago}" if ago else ""
    return (f"(sum({ONE} (max_over_time({counter}[2m]{end}))) - sum({ONE} (max_over_time({counter}[10m] offset {ago}10m))) "
            f"or {grown(counter, '10m', end)})")


STOPPED = "STOPPED"


def new_orders(counter):
    """In 10 minutes. Its name is STOPPED once the rules say so, which may be long before it is 0."""
    value, stopped = f"({in_ten_minutes(counter)} or {ALIVE})", "on () (max(job:o2o_orders_stopped:bool) == 1)"
    return [now(f"{value} unless {stopped}", "now"), now(f"{value} and {stopped}", STOPPED, BEYOND)]


def stopped_is_bad():
    """The override for new_orders()."""
    return column(STOPPED, color={"mode": "fixed", "fixedColor": BAD})


def part(some, others, ago=""):
    """Of the orders that ended in 10 minutes, the part that ended in one of the two ways. Nothing where none ended."""
    return f"{in_ten_minutes(some, ago)} / ({in_ten_minutes(some, ago)} + {in_ten_minutes(others, ago)} > 0)"


OFFLINE = f"count({ONE} (vendor_online) == 0) or 0 * count(vendor_online)"
# The rules page for a part of the vendors that are so many as well.
MANY_OFFLINE = f"clamp_min(count({ONE} (vendor_online)) * {limit('vendors_offline_ratio')}, {limit('vendors_offline_min')} - 1)"
ALL_ONLINE = "every vendor is online"


def age(sources):
    """(seconds since the source that was silent for longest answered, the same in intervals of the source). As of the last scrape:
    a source may be polled more often than Prometheus looks."""
    last = f'o2o_source_last_success_timestamp_seconds{{source=~"{sources}"}}'
    since = f"min by (source) (timestamp({last}) - ({last} > 0))"
    return f"max({since})", f'max({since} / max by (source) (o2o_source_interval_seconds{{source=~"{sources}"}}))'


def age_tile(sources):
    """How old the numbers are. Beyond the limit they count as out of date."""
    seconds, intervals = age(sources)
    return tile("Age of these numbers", "How long ago their source last answered; of several sources the one that was silent for longest. "
                "Over the limit, which counts in intervals of the source, everything on this page is old.",
                seconds, limit("source_stale_intervals"), by=intervals, unit="s", decimals=0, no_value="blind", runbooks=["O2OSourceStale", "O2OSourceFailing"])
