# SPDX-License-Identifier: Apache-2.0
"""How an answer to a query is written: as rows of objects, as Metabase's own rows beside columns, as CSV."""
import csv
import io
import json
import math
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Callable, Iterator

from .metabase_cards import MARK, Column, Raw, Table
from .metabase_profiles import Profile

_LARGEST_EXACT = (1 << 53) - 1
_MOST_ORDERED_COLUMNS = 8


@dataclass(frozen=True)
class Writer:
    """The parts of a text of rows."""
    opening: bytes
    row: Callable[[tuple], bytes]
    separator: bytes
    closing: bytes

    def pieces(self, table: Table) -> Iterator[bytes]:
        """One for each row (where they repeat: for each round of them) and one for the end."""
        before = self.opening
        for rows in self._rounds(table):
            yield before + rows
            before = self.separator
        yield self.closing if table.total else self.opening + self.closing

    def _rounds(self, table: Table) -> Iterator[bytes]:
        if not table.repeats:
            yield from map(self.row, table.rows)
            return
        if not table.total:
            return
        texts = [self.row(row) for row in table.rows]
        whole = self.separator.join(texts)
        full, rest = divmod(table.total, len(texts))
        for number in range(full):
            yield whole.replace(MARK.encode(), b"%06d" % number)
        if rest:
            yield self.separator.join(texts[:rest]).replace(MARK.encode(), b"%06d" % full)


def export_writer(table: Table, profile: Profile, formatted: bool) -> Writer:
    """/query/json: objects by column title."""
    value = _formatted_json if formatted else _raw_json
    columns = _by_title(table.columns)
    if profile.scrambles_columns and len(columns) > _MOST_ORDERED_COLUMNS:
        columns.sort(key=lambda place: zlib.crc32(place[0].title.encode()))
    fields = [(json_text(column.title) + b":", column, index) for column, index in columns]

    def row(values: tuple) -> bytes:
        return b"{" + b",".join(key + value(values[index], column) for key, column, index in fields) + b"}"
    return Writer(b"[\n", row, b",\n", b"\n]")


def duplicating_writer(table: Table, _profile: Profile, formatted: bool) -> Writer:
    """As no Metabase does it: an object has every key twice, first with null."""
    good = export_writer(table, _profile, formatted)
    nulls = b",".join(json_text(column.title) + b":null" for column in table.columns)
    return Writer(good.opening, lambda values: b"{" + nulls + b"," + good.row(values)[1:], good.separator, good.closing)


def csv_writer(table: Table, _profile: Profile, formatted: bool) -> Writer:
    def line(texts: list[str]) -> bytes:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow(texts)
        return text.getvalue().encode()

    def row(values: tuple) -> bytes:
        return line([_plain(value, column, formatted) for value, column in zip(values, table.columns)])
    return Writer(line([column.title for column in table.columns]), row, b"", b"")


def query_writer(table: Table, profile: Profile, tail: dict) -> Writer:
    """/query: positional rows first, then the columns, then `tail`."""
    gap = b"\n" if profile.blank_lines else b""
    columns = [(column, index) for index, column in enumerate(table.columns)]

    def row(values: tuple) -> bytes:
        return b"[" + b",".join(_query_json(values[index], column, profile) for column, index in columns) + b"]"
    data = dict(tail.pop("data"))
    closing = gap + b"]," + gap + json_text({"cols": columns_view(table.columns), **data})[1:] + b"," + gap
    return Writer(b'{"data":{"rows":[' + gap, row, b"," + gap, closing + json_text(tail)[1:])


def columns_view(columns: tuple[Column, ...]) -> list[dict]:
    """Names are unique where titles are not."""
    seen: dict[str, int] = {}
    view = []
    for column in columns:
        seen[column.title] = seen.get(column.title, 0) + 1
        name = column.title if seen[column.title] == 1 else f"{column.title}_{seen[column.title]}"
        kind = _BASE_TYPES.get(column.kind, "type/*")
        view.append({"name": name, "display_name": column.title, "base_type": kind, "effective_type": kind,
                     "field_ref": ["field", name, {"base-type": kind}], "source": "native"})
    return view


def json_text(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def failed_query(profile: Profile, *, card: int | None, context: str, error: str, error_type: str | None = None,
                 started_at: str, stacktrace: list[str]) -> dict:
    """The object that stands for, or behind, the rows of a query that failed."""
    cause = {"status": "failed", "class": "class clojure.lang.ExceptionInfo",
             "error": f"Error executing query: {error}", "stacktrace": stacktrace,
             **({"error_type": error_type} if error_type else {}), "ex-data": {"driver": "postgres"}}
    return {"database_id": 1, "started_at": started_at, "via": [cause],
            **({"error_type": error_type} if error_type else {}),
            "json_query": {"database": 1, "type": "native", "native": {"query": "SELECT 1 AS secret_sql"}},
            "status": "failed", "class": "class org.postgresql.util.PSQLException", "stacktrace": stacktrace,
            "card_id": card, "context": context, "error": error, "row_count": 0, "running_time": 0,
            **({"error_is_curated": False} if profile.honest_status else {}),
            "data": {"rows": [], "cols": []}, "state": "42P01"}


_BASE_TYPES = {"text": "type/Text", "integer": "type/BigInteger", "decimal": "type/Decimal",
               "boolean": "type/Boolean", "datetime": "type/DateTimeWithLocalTZ", "date": "type/Date"}


def _by_title(columns: tuple[Column, ...]) -> list[tuple[Column, int]]:
    """Of equal titles one is left, with the last one's values."""
    last = {column.title: (column, index) for index, column in enumerate(columns)}
    return list(last.values())


def _raw_json(value: object, _column: Column) -> bytes:
    return value.text if isinstance(value, Raw) else json_text(value)


def _query_json(value: object, column: Column, profile: Profile) -> bytes:
    if column.kind == "date" and isinstance(value, str):
        value += "T00:00:00Z"
    if profile.large_integers_as_text and type(value) is int and abs(value) > _LARGEST_EXACT:
        value = str(value)
    return _raw_json(value, column)


def _formatted_json(value: object, column: Column) -> bytes:
    if isinstance(value, Raw) and not _is_number(value.text):
        return b'"' + value.text + b'"' if MARK.encode() in value.text else value.text
    return json_text(_formatted(value, column))


def _plain(value: object, column: Column, formatted: bool) -> str:
    if formatted:
        return _formatted(value, column)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return _raw_json(value, column).decode("utf-8", "replace")


def _formatted(value: object, column: Column) -> str:
    """As a person reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Raw):
        text = value.text.decode("utf-8", "replace")
        return text if column.kind == "integer" else _formatted_number(float(text))
    if isinstance(value, float):
        return _formatted_number(value)
    if column.kind in ("datetime", "date") and isinstance(value, str):
        return _formatted_time(value)
    return value if isinstance(value, str) else json_text(value).decode()


def _formatted_number(value: float) -> str:
    if value == 0 or abs(value) >= 1:
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{value:.{_places(value)}f}".rstrip("0")


def _places(value: float) -> int:
    """Decimal places that show two significant digits."""
    return 1 - int(f"{value:e}".partition("e")[2])


def _formatted_time(text: str) -> str:
    moment = datetime.fromisoformat(text)
    return f"{moment:%B} {moment.day}, {moment.year}, {moment.hour % 12 or 12}:{moment:%M} {moment:%p}"


def _is_number(text: bytes) -> bool:
    """Not of NaN and what no double can hold."""
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
