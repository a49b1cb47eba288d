# SPDX-License-Identifier: Apache-2.0
"""Rows that no OMS should send, byte for byte as bad as they are. Some an observer must still take in as orders; the
others belong in the account as rejected, by the reason that is right for them."""
from dataclasses import dataclass
from functools import cache, partial
from random import Random
from typing import Callable, ClassVar

from . import clock as times
from .answer import Refused
from .basket import draw_basket
from .shop import Shop, row_fields, write_row

UNKNOWN_STATUS = "ON_HOLD"
LONG_TEXT_BYTES = 10_000_000


@dataclass(slots=True, eq=False)
class BadRow:
    """A row that cannot be taken in. It stays as it is until it leaves the window."""
    takeable: ClassVar[bool] = False
    copies: ClassVar[int] = 1
    status: str
    updated_at: int
    parts: tuple[bytes, ...]

    def live(self) -> bool:
        return True

    def json(self) -> bytes:
        return b"".join(self.parts)


@cache
def _long_text() -> bytes:
    return b"x" * LONG_TEXT_BYTES


# What a kind does to a row's fields (JSON text), and why the row must be rejected. None: the field is left out.
_BAD_FIELDS: dict[str, tuple[str, bytes | None, str]] = {
    "missing_id": ("order_id", None, "missing_id"),
    "bad_amount": ("total_amount", b'"abc"', "bad_amount"),
    "nan_amount": ("total_amount", b"NaN", "bad_amount"),
    "huge_exponent": ("total_amount", b"1e999", "bad_amount"),
    "long_digits": ("total_amount", b"1234567890" * 4, "bad_amount"),
    "bad_time": ("updated_at", b'"yesterday at noon"', "bad_time"),
    "nested_array": ("customer_name", b'[["An",["Nguy\xe1\xbb\x85n"]]]', "wrong_type"),
    "long_text": ("customer_name", b"", "too_long"),  # its text is shared by all such rows: see _add_bad
}


def _add_bad(kind: str, shop: Shop, count: int) -> None:
    field, value, reason = _BAD_FIELDS[kind]
    for _ in range(count):
        number, now = shop.account.reject(reason), shop.now()
        # Dice of its own: the orders of a seed stay the same whatever is thrown among them.
        fields = row_fields(f"BAD-{number:06d}", draw_basket(Random(f"bad {number}")), "PENDING",
                            times.write_time("z", now))
        if field == "order_id":
            # Without an id it must differ elsewhere, so that each is a distinct row.
            fields["customer_id"] = b'"C-BAD-%06d"' % number
        if kind == "long_text":
            fields[field] = b'"\0"'
            before, after = write_row(fields).split(b"\0")
            parts = (before, _long_text(), after)
        else:
            fields[field] = value
            parts = (write_row({name: text for name, text in fields.items() if text is not None}),)
        shop.timeline.add(BadRow("PENDING", now, parts))


def _add_named(customer_name: bytes, shop: Shop, count: int) -> None:
    for _ in range(count):
        shop.open_order(customer_name=customer_name)


def _add_future(shop: Shop, count: int) -> None:
    for _ in range(count):
        shop.open_order(at=shop.now() + times.YEAR)


def _add_unknown_status(shop: Shop, count: int) -> None:
    for _ in range(count):
        shop.open_order(UNKNOWN_STATUS)


def _add_duplicates(shop: Shop, count: int) -> None:
    for _ in range(count):
        shop.open_order(copies=2)


def _add_old_replays(shop: Shop, count: int) -> None:
    for _ in range(count):
        shop.replay_old_version()


def _add_same_time(shop: Shop, count: int) -> None:
    # A whole second, so that every time format can show it.
    moment = shop.now() - shop.now() % times.SECOND
    for _ in range(count):
        shop.open_order(at=moment)


_KINDS: dict[str, Callable[[Shop, int], None]] = {
    **{kind: partial(_add_bad, kind) for kind in _BAD_FIELDS},
    "future": _add_future,
    "nul_text": partial(_add_named, rb'"Zero \u0000 Nguyen"'),
    "invalid_utf8": partial(_add_named, b'"Caf\xe9 \xff\xfe \xc0\xaf"'),
    "lone_surrogate": partial(_add_named, rb'"Half \ud800 Emoji"'),
    "unknown_status": _add_unknown_status,
    "duplicate_page_row": _add_duplicates,
    "old_replay": _add_old_replays,
    "thousand_same_time": _add_same_time,
}
KINDS = tuple(_KINDS)
_MOST = {"long_text": 50}
_MOST_OF_OTHERS = 100_000


def add_poison(shop: Shop, kind: str, count: int) -> None:
    most = _MOST.get(kind, _MOST_OF_OTHERS)
    if kind not in _KINDS:
        raise Refused(400, f"kind: {kind!r} is not known; there are {', '.join(KINDS)}")
    if not 1 <= count <= most:
        raise Refused(400, f"count: must be from 1 to {most} for {kind}")
    _KINDS[kind](shop, count)


def reason_of(kind: str) -> str | None:
    """Why such rows are rejected; nothing where they must be taken in."""
    return _BAD_FIELDS[kind][2] if kind in _BAD_FIELDS else None
