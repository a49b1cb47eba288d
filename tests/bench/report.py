# SPDX-License-Identifier: Apache-2.0
"""Measurements of any subject, made a table and JSON lines."""

import json
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True)
class Measurement:
    subject: str
    work: str
    who: str
    round: int
    value: float  # more is better
    unit: str     # of value
    details: dict[str, float] = field(default_factory=dict)  # further columns, name with unit: number

    def json_line(self):
        return json.dumps({"subject": self.subject, "work": self.work, "who": self.who, "round": self.round,
                           "value": round(self.value, 3), "unit": self.unit,
                           **{name: round(number, 4) for name, number in self.details.items()}})


@dataclass(frozen=True)
class Target:
    """The median of `who` shall be at least `at_least` times that of `against`."""
    who: str
    against: str
    at_least: float
    work: str = ""  # only there; empty: in each


@dataclass(frozen=True)
class Verdict:
    subject: str
    work: str
    target: Target
    ratio: float

    @property
    def met(self):
        return self.ratio >= self.target.at_least

    def json_line(self):
        return json.dumps({"subject": self.subject, "work": self.work, "who": self.target.who,
                           "against": self.target.against, "ratio": round(self.ratio, 3),
                           "target": self.target.at_least, "met": self.met})


def judge(measurements, targets):
    """One verdict per work and target, in the order in which the works came."""
    values = {key: median(one.value for one in group) for key, group in _groups(measurements).items()}
    verdicts = []
    for subject, work in dict.fromkeys((one.subject, one.work) for one in measurements):
        for target in targets:
            if target.work not in ("", work):
                continue
            ratio = values[subject, work, target.who] / values[subject, work, target.against]
            verdicts.append(Verdict(subject, work, target, ratio))
    return verdicts


def table(measurements, targets, ours):
    """Text: per work and contender the median, the range, the median of each detail, and how `ours` compares."""
    details = list(dict.fromkeys(name for one in measurements for name in one.details))
    unit = measurements[0].unit
    rows = [["work", "who", unit, "min - max", *details, "ours is", "target", ""]]
    groups = _groups(measurements)
    medians = {key: median(one.value for one in group) for key, group in groups.items()}
    verdicts = {(verdict.subject, verdict.work, verdict.target.against): verdict
                for verdict in judge(measurements, targets)}
    last_work = None
    for (subject, work, who), group in groups.items():
        values = [one.value for one in group]
        rows.append([
            work if work != last_work else "", who, _number(median(values)),
            f"{_number(min(values))} - {_number(max(values))}",
            *(_number(median(one.details[name] for one in group)) for name in details),
            "" if who == ours else f"{medians[subject, work, ours] / medians[subject, work, who]:.2f} times",
            *_judged(verdicts.get((subject, work, who)))])
        last_work = work
    return _aligned(rows)


def _judged(verdict):
    if not verdict:
        return "", ""
    return f">= {verdict.target.at_least:.3g}", "met" if verdict.met else "MISSED"


def _groups(measurements):
    """{(subject, work, who): measurements}, in the order in which works and contenders came first."""
    works = dict.fromkeys((one.subject, one.work) for one in measurements)
    groups = {}
    for subject, work in works:
        for one in measurements:
            if (one.subject, one.work) == (subject, work):
                groups.setdefault((subject, work, one.who), []).append(one)
    return groups


def _number(value):
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"


def _aligned(rows):
    """The first two columns to the left, the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) if column < 2 else cell.rjust(width)
                 for column, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
