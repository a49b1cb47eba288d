# SPDX-License-Identifier: Apache-2.0
"""Moments are whole microseconds since 1970 UTC; this is how the OMS writes them."""
import time
from datetime import datetime, timedelta, timezone
from functools import lru_cache

SECOND = 1_000_000
MINUTE = 60 * SECOND
YEAR = 365 * 24 * 60 * MINUTE

_INDOCHINA = timezone(timedelta(hours=7))


def system_clock() -> int:
    return time.time_ns() // 1000


def iso(moment: int) -> str:
    """Always with six fractional digits and Z."""
    return _wall(moment // SECOND, timezone.utc) + f".{moment % SECOND:06d}Z"


@lru_cache(maxsize=4096)  # pages are full of rows of the same few seconds
def _wall(second: int, zone: timezone) -> str:
    return datetime.fromtimestamp(second, zone).strftime("%Y-%m-%dT%H:%M:%S")


def _quoted(text: str) -> bytes:
    return b'"' + text.encode() + b'"'


def _naive(moment: int) -> bytes:
    return _quoted(_wall(moment // SECOND, timezone.utc) + f".{moment % SECOND:06d}")


# How updated_at looks in JSON. A moment must be a multiple of the format's resolution (in microseconds), so
# that what is shown rises whenever the moment does.
_WRITERS = {
    "z": (1, lambda m: _quoted(iso(m))),
    "offset": (1, lambda m: _quoted(_wall(m // SECOND, _INDOCHINA) + f".{m % SECOND:06d}+07:00")),
    "naive": (1, _naive),
    "epoch": (1, lambda m: b"%d.%06d" % divmod(m, SECOND)),
    "epoch_ms": (1000, lambda m: b"%d" % (m // 1000)),
    "seconds": (SECOND, lambda m: _quoted(_wall(m // SECOND, timezone.utc) + "Z")),
    # Only in the mixture: nanoseconds, whose last digits a reader cuts off; a blank for the T; milliseconds;
    # an epoch in quotes.
    "nanos": (1, lambda m: _quoted(iso(m)[:-1] + "789Z")),
    "blank": (1, lambda m: _naive(m).replace(b"T", b" ")),
    "millis": (1000, lambda m: _quoted(iso(m)[:-4] + "Z")),
    "epoch_text": (1, lambda m: b'"%d.%06d"' % divmod(m, SECOND)),
}

TIME_FORMATS = ("z", "offset", "naive", "epoch", "epoch_ms", "seconds", "mixed")


def time_format_of(choice: str, number: int) -> str:
    """The format that order `number` keeps for its whole life."""
    if choice != "mixed":
        return choice
    names = tuple(_WRITERS)
    return names[number % len(names)]


def resolution(time_format: str) -> int:
    return _WRITERS[time_format][0]


def write_time(time_format: str, moment: int) -> bytes:
    return _WRITERS[time_format][1](moment)
