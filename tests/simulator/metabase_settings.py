# SPDX-License-Identifier: Apache-2.0
"""What the controls can set of Metabase, as a whole and for one question."""
from dataclasses import dataclass
from typing import ClassVar

from .metabase_answers import PROXY_ANSWERS
from .metabase_faults import FAULTS
from .metabase_profiles import VERSIONS
from .metabase_sessions import SESSION_SECONDS

LOGINS = ("normal", "wrong_password", "disabled", "passwords_disabled", "mfa_required", "invalid", "extra_cookies",
          "app_db_down")
HEALTHS = ("ok", "initializing", "no_app_db", "app_db_error")

_FAULT_RANGES = {
    "fault_count": (0, 1_000_000),
    "fault_seconds": (0, 3600),
    "fault_rows": (0, 1_000_000_000),
    "fault_status": (0, 599),
}
_FAULT_DEPENDENTS = ("fault_count", "fault_seconds", "fault_rows", "fault_status")


@dataclass(frozen=True)
class CardSettings:
    archived: bool = False           # still runs, as archived questions do
    own_limit: bool = True           # the question brings a limit of its own, which an export then does not cut
    fault: str = "none"              # goes before the one of all queries
    fault_count: int = 0             # queries after which the fault clears itself; 0: stays until changed
    fault_seconds: float = 0.0       # how long, or how long between two bytes or rows; 0: as the fault has it
    fault_rows: int = 0              # rows that are sent before it happens; 0: half of them
    fault_status: int = 0            # of a failed query and of the empty answer; 0: as the version has it

    ranges: ClassVar = _FAULT_RANGES
    choices: ClassVar = {"fault": FAULTS}
    dependents: ClassVar = {"fault": _FAULT_DEPENDENTS}


@dataclass(frozen=True)
class MetabaseSettings:
    version: str = "v0.53"
    # How it is reached
    accept: str = "normal"           # refuse: nothing listens; close: hangs up; silence: never says a word
    proxy: str = "none"              # what answers every request in Metabase's place
    initializing_seconds: float = 0  # as if it had just been started
    health: str = "ok"
    clock_ahead_seconds: float = 0.0  # of real time: for sessions and the throttle
    # Who may ask
    login: str = "normal"
    login_count: int = 0             # logins after which that clears itself; 0: stays until changed
    throttle: bool = True
    session_seconds: float = SESSION_SECONDS
    # Queries
    query_threads: int = 50          # beyond them a query waits without a byte
    query_seconds: float = 0.0       # how long each takes
    unaggregated_row_limit: int = 0  # MB_UNAGGREGATED_QUERY_ROW_LIMIT; 0: not set, 2000 for /query
    download_row_limit: int = 1_048_575
    fault: str = "none"
    fault_count: int = 0
    fault_seconds: float = 0.0
    fault_rows: int = 0
    fault_status: int = 0

    ranges: ClassVar = {
        **_FAULT_RANGES,
        "initializing_seconds": (0, 86_400),
        "clock_ahead_seconds": (0, 10 * 365 * 86_400),
        "login_count": (0, 1_000_000),
        "session_seconds": (0, 10 * 365 * 86_400),
        "query_threads": (1, 10_000),
        "query_seconds": (0, 3600),
        "unaggregated_row_limit": (0, 1_000_000_000),
        "download_row_limit": (1_048_575, 1_000_000_000),  # can only be raised
    }
    choices: ClassVar = {
        "version": VERSIONS, "accept": ("normal", "refuse", "close", "silence"), "proxy": ("none", *PROXY_ANSWERS),
        "health": HEALTHS, "login": LOGINS, "fault": FAULTS,
    }
    dependents: ClassVar = {"fault": _FAULT_DEPENDENTS, "login": ("login_count",)}


# Metabase behaves again. What it is (its version, limits and clock) stays.
NO_FAULTS = {"accept": "normal", "proxy": "none", "initializing_seconds": 0, "health": "ok", "login": "normal",
             "query_seconds": 0, "query_threads": 50, "fault": "none"}
