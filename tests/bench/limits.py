# SPDX-License-Identifier: Apache-2.0
"""Targets that hold the exporter against a number or against itself rather than against somebody else."""

import json
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Limit:
    """The median of that detail of `who` shall be at most `at_most`, in each work."""
    who: str
    detail: str
    at_most: float

    def verdicts(self, measurements):
        for (subject, work), value in _medians(measurements, self.who, self.detail).items():
            yield LimitVerdict(subject, f"{work}: {self.detail}", self.who, value, self.at_most)


@dataclass(frozen=True)
class Growth:
    """From the first to the last work whose name begins with `works` the median of that detail of `who` shall grow to
    at most `at_most` times."""
    who: str
    detail: str
    works: str
    at_most: float

    def verdicts(self, measurements):
        values = {key: value for key, value in _medians(measurements, self.who, self.detail).items()
                  if key[1].startswith(self.works)}
        if len(values) < 2:
            return
        (subject, first), *_, (_, last) = values
        ratio = values[subject, last] / values[subject, first]
        yield LimitVerdict(subject, f"{self.detail}, {last} against {first}", self.who, ratio, self.at_most)


@dataclass(frozen=True)
class LimitVerdict:
    subject: str
    what: str
    who: str
    value: float
    at_most: float

    @property
    def met(self):
        return self.value <= self.at_most

    def json_line(self):
        return json.dumps({"subject": self.subject, "what": self.what, "who": self.who, "value": round(self.value, 4),
                           "at_most": self.at_most, "met": self.met})

    def line(self):
        outcome = "met" if self.met else "MISSED"
        return f"{self.who}, {self.what}: {self.value:.3g}, target <= {self.at_most:g}: {outcome}"


def judge(measurements, limits):
    return [verdict for limit in limits for verdict in limit.verdicts(measurements)]


def _medians(measurements, who, detail):
    """{(subject, work): median}, in the order in which the works came first."""
    values = {}
    for one in measurements:
        if one.who == who:
            values.setdefault((one.subject, one.work), []).append(one.details[detail])
    return {key: median(group) for key, group in values.items()}
