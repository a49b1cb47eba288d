# SPDX-License-Identifier: Apache-2.0
"""What the controls can set, and what they accept."""
from dataclasses import asdict, dataclass, fields, replace
from typing import ClassVar, TypeVar

from .answer import Refused

FAULTS = ("none", "status_500", "status_503", "status_401", "html_200", "redirect", "cut", "reset", "drip", "huge",
          "wrong_types", "no_data", "bad_json", "truncated_json", "empty_200", "silent")


@dataclass(frozen=True)
class Settings:
    # The shop
    rate_per_minute: float = 120.0
    failure_ratio: float = 0.03
    paused: bool = False             # the whole shop stands still
    orders_stopped: bool = False     # no new orders; existing ones progress
    fail_all: bool = False           # every open order fails soon
    stuck: bool = False              # open orders stay as they are; new ones still come; wins over fail_all
    vendors_paused: bool = False     # the vendors stand still, orders do not
    # The OMS
    clock_skew_seconds: float = 0.0  # OMS clock minus real time
    limit_cap: int = 0               # most rows in an answer whatever `limit` says; 0: none
    latency_seconds: float = 0.0
    fault: str = "none"
    fault_count: int = 0             # requests after which the fault clears itself; 0: stays until changed
    fault_minutes: int = 0           # only windows of so many minutes, or more, have the fault

    ranges: ClassVar[dict[str, tuple[float, float]]] = {
        "rate_per_minute": (0, 600_000),
        "failure_ratio": (0, 1),
        "clock_skew_seconds": (-10 * 365 * 86_400, 10 * 365 * 86_400),
        "limit_cap": (0, 1_000_000),
        "latency_seconds": (0, 600),
        "fault_count": (0, 1_000_000),
        "fault_minutes": (0, 1_000_000),
    }
    choices: ClassVar[dict[str, tuple[str, ...]]] = {"fault": FAULTS}
    dependents: ClassVar[dict[str, tuple[str, ...]]] = {"fault": ("fault_count", "fault_minutes")}


# A frozen dataclass of settings that says in `ranges` and `choices` what its numbers and texts can be, and in
# `dependents` what goes back to its default when another one is set without it.
AnySettings = TypeVar("AnySettings")


def view(settings: AnySettings) -> dict:
    return asdict(settings)


def merged(settings: AnySettings, changes: object) -> AnySettings:
    """All of `changes` or none; every mistake is named in the refusal. A fault set without a fault_count
    stays until changed, whatever count an earlier fault left behind."""
    if not isinstance(changes, dict):
        raise Refused(400, "the body must be a JSON object of settings")
    types = {field.name: field.type for field in fields(settings)}
    problems, values = [], {}
    for key, value in changes.items():
        if key not in types:
            problems.append(f"unknown setting {key!r}; there are {', '.join(types)}")
            continue
        problem = _problem(settings, key, types[key], value)
        if problem:
            problems.append(f"{key}: {problem}")
        values[key] = float(value) if types[key] is float and not problem else value
    if problems:
        raise Refused(400, "; ".join(problems))
    for leader in settings.dependents.keys() & values.keys():
        for dependent in settings.dependents[leader]:
            values.setdefault(dependent, getattr(type(settings), dependent))
    return replace(settings, **values)


def _problem(settings: AnySettings, key: str, kind: type, value: object) -> str | None:
    if kind is bool:
        return None if isinstance(value, bool) else "must be true or false"
    if kind is str:
        choices = settings.choices[key]
        return None if value in choices else f"must be one of {', '.join(choices)}"
    low, high = settings.ranges[key]
    what = "a whole number" if kind is int else "a number"
    fits = isinstance(value, int if kind is int else (int, float)) and not isinstance(value, bool)
    if not fits or not low <= value <= high:  # a NaN is in no range
        return f"must be {what} from {low} to {high}"
    return None
