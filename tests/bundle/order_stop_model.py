#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How soon a full stop of orders is noticed, and how often a quiet hour is taken for one, by the limits of rules/o2o-limits.yml.

    order_stop_model.py [WEEKS [SEED]]      prints the table of docs/expected-orders.md

The shop: a day's curve with two peaks and a near-empty night, weekdays, a log-normal factor for each day and a gamma factor for each hour;
orders in a minute are Poisson around that. A plain Poisson shop flatters every rule. The rule is that of rules/o2o-orders.yml."""

import math
import random
import sys
from functools import cache
from itertools import accumulate
from pathlib import Path
from statistics import median

import yaml

LIMITS = Path(__file__).resolve().parents[2] / "rules" / "o2o-limits.yml"
DAY = 1440
WEEK = 7 * DAY
MINUTES = {"2m": 2, "5m": 5, "10m": 10, "30m": 30, "2h": 120}
WEEKDAYS = (0.9, 0.9, 0.95, 1, 1.15, 1.2, 1.05)
DAY_SIGMA = 0.25
HOUR_SHAPE = 8
HOURS_OF_STOPS = (3, 8, 12.3, 15, 20)
NOON = HOURS_OF_STOPS.index(12.3)


def limit_rules():
    return [rule for group in yaml.safe_load(LIMITS.read_text())["groups"] for rule in group["rules"]]


def peak_part():
    """Of the day's best 10 minutes, the part that has to be expected for the window of 30 minutes to count."""
    return next(rule["expr"] for rule in limit_rules() if rule["record"] == "o2o:limit:no_orders_peak_part")


def shipped_limits():
    """Window in minutes -> least expected count."""
    return {MINUTES[rule["labels"]["window"]]: rule["expr"] for rule in limit_rules()
            if rule["record"] == "o2o:limit:no_orders_expected" and "order_type" not in rule["labels"]}


PEAK_PART = peak_part()


def day_curve():
    """The part of a day's orders that comes in each minute."""
    def weight(hour):
        return (0.02 + math.exp(-((hour - 12.3) / 1.4) ** 2) + 1.2 * math.exp(-((hour - 19.2) / 1.8) ** 2)
                + 0.25 * math.exp(-((hour - 8.5) / 1.2) ** 2) + (0.15 if 9 < hour < 22 else 0))
    weights = [weight(minute / 60) for minute in range(DAY)]
    return [each / sum(weights) for each in weights]


def poisson(rng, mean):
    if mean > 30:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    bound, count, product = math.exp(-mean), 0, rng.random()
    while product > bound:
        count += 1
        product *= rng.random()
    return count


def orders(rng, volume, weeks):
    """New orders in each minute."""
    curve = day_curve()
    found = []
    for day in range(weeks * 7):
        factor = volume * rng.lognormvariate(0, DAY_SIGMA) * WEEKDAYS[day % 7]
        for hour in range(24):
            busy = factor * rng.gammavariate(HOUR_SHAPE, 1 / HOUR_SHAPE)
            found += [poisson(rng, busy * curve[hour * 60 + minute]) for minute in range(60)]
    return found


class Shop:
    def __init__(self, volume, weeks, seed):
        self.days = weeks * 7
        self.total = list(accumulate(orders(random.Random(f"{seed} {volume}"), volume, weeks), initial=0))
        self.increase10m = list(accumulate((after - before for before, after in zip(self.total, self.total[10:])), initial=0))
        self.first = 3 * WEEK + 200
        self.last = len(self.total) - 1

    def half_hour(self, end):
        """The average of job:o2o_orders_ingested:increase10m over the 30 minutes up to there."""
        return (self.increase10m[end - 9] - self.increase10m[end - 39]) / 30

    @cache
    def peak(self, day):
        """The most that was expected in 10 minutes of the 24 hours before that day's end, looked at every 10 minutes."""
        return max(self.expected(minute)[0] for minute in range(day * DAY, (day + 1) * DAY, 10))

    def expected(self, minute):
        """(in 10 minutes, in 2 hours), as the rules know it in that minute."""
        weeks = [minute - number * WEEK for number in (1, 2, 3)]
        return (median(min(self.half_hour(week), self.half_hour(week + 30)) for week in weeks),
                median(self.total[week] - self.total[week - 120] for week in weeks))


def should_fire(shop, limits, total, minute):
    in_10m, in_2h = shop.expected(minute)
    return any((in_2h if window == 120 else in_10m * window / 10) >= limit and total(minute) == total(minute - window)
               and (window != 30 or in_10m >= PEAK_PART * shop.peak(minute // DAY - 1))
               for window, limit in limits.items())


def false_pages(shop, limits):
    """Per week, in a shop that never stops. An episode ends with the next order."""
    episodes, firing = 0, False
    shortest = min(limits)
    for minute in range(shop.first, shop.last):
        quiet = shop.total[minute] == shop.total[minute - shortest]
        fires = quiet and (firing or should_fire(shop, limits, shop.total.__getitem__, minute))
        episodes += fires and not firing
        firing = fires
    return episodes / ((shop.last - shop.first) / WEEK)


def minutes_to_notice(shop, limits, hour, stride):
    """The median over days, of a stop at that hour; 600 where it took longer."""
    found = []
    for day in range(29, shop.days - 1, stride):
        stop = int(day * DAY + hour * 60)

        def total(minute, stop=stop):
            return shop.total[min(minute, stop)]

        found.append(next((after for after in range(1, 600)
                           if should_fire(shop, limits, total, stop + after)), 600))
    return int(median(found))


def main(arguments):
    weeks = int(arguments[0]) if arguments else 60
    seed = arguments[1] if len(arguments) > 1 else "1"
    limits = shipped_limits()
    print("| orders a day | false pages a week | minutes to notice a stop at 3h | 8h | 12h18 | 15h | 20h |\n|---|---|---|---|---|---|---|")
    for volume in (100, 260, 400, 900, 2000, 4500, 20000, 100000):
        shop = Shop(volume, weeks, seed)
        noticed = [minutes_to_notice(shop, limits, hour, 1) for hour in HOURS_OF_STOPS]
        cells = [f"{volume:,}", f"{false_pages(shop, limits):.2f}", *[str(each) if each < 600 else "over 600" for each in noticed]]
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
