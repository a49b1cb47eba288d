# SPDX-License-Identifier: Apache-2.0
"""Faults that change the rows which a question finds."""
from dataclasses import replace
from functools import partial
from typing import Callable

from .metabase_cards import Column, Raw, Table

DEEP = 20_000  # levels of deep_nesting


def _in_number_columns(change: Callable[[object], object], table: Table) -> Table:
    """In the last column that holds numbers; in the last one where there are none."""
    numbers = [i for i, column in enumerate(table.columns) if column.kind in ("integer", "decimal")]
    index = numbers[-1] if numbers else len(table.columns) - 1
    return table.mapped(lambda row: (*row[:index], change(row[index]), *row[index + 1:]))


def _constant(value: object, table: Table) -> Table:
    return _in_number_columns(lambda _: value, table)


def _every_other_null(table: Table) -> Table:
    rows = [tuple(value if (row + place) % 2 else None for place, value in enumerate(values))
            for row, values in enumerate(table.rows)]
    return replace(table, rows=rows)


def _as_text(value: object) -> object:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value


def _named(table: Table, value: Callable[[object], object]) -> Table:
    """Another vendor name, or whatever the second column is."""
    place = min(1, len(table.columns) - 1)
    return table.mapped(lambda row: (*row[:place], value(row[place]), *row[place + 1:]))


def _renamed(table: Table) -> Table:
    columns = [replace(column, title=column.title.lower().replace(" ", "_")) for column in table.columns]
    return table.mapped(lambda row: row, columns)


def _doubled_title(table: Table) -> Table:
    """Another column has the last one's title; of its values the export shows only the last."""
    return table.mapped(lambda row: (*row, "the other one"), (*table.columns, Column(table.columns[-1].title)))


def _extra(value: object, title: str, table: Table) -> Table:
    return table.mapped(lambda row: (*row, value), (*table.columns, Column(title, "any")))


TABLES: dict[str, Callable[[Table], Table]] = {
    "formatted": partial(_in_number_columns, lambda value: _as_text(value * 1234 if isinstance(value, int) else value)),
    "blank_for_null": partial(_constant, ""),
    "null_values": partial(_constant, None),
    "nulls_everywhere": _every_other_null,
    "nan_values": partial(_constant, "NaN"),
    "bare_nan": partial(_constant, Raw(b"NaN")),
    "not_numbers": partial(_constant, "many"),
    "big_integers": partial(_constant, 9007199254740993),
    "big_integer_texts": partial(_constant, "9007199254740993"),
    "exponents": partial(_constant, Raw(b"1.25E+2")),
    "overflow": partial(_constant, Raw(b"1e999")),
    "nested": partial(_constant, {"left": [1, {"of": [2]}]}),
    "duplicate_titles": _doubled_title,
    "renamed_column": _renamed,
    "missing_column": lambda table: table.mapped(lambda row: row[:-1], table.columns[:-1]),
    "extra_column": partial(_extra, 7, "Surprise"),
    "reordered": lambda table: table.mapped(lambda row: row[::-1], table.columns[::-1]),
    "duplicate_rows": lambda table: replace(table, rows=[row for row in table.rows for _ in range(2)],
                                            total=2 * table.total),
    "no_rows": lambda table: replace(table, rows=[], total=0),
    "invalid_utf8": lambda table: _named(table, lambda _: Raw(b'"Caf\xe9 \xff\xfe \xc0\xaf"')),
    "lone_surrogate": lambda table: _named(table, lambda _: Raw(rb'"Half \ud800 Emoji"')),
    "nul_text": lambda table: _named(table, lambda _: Raw(rb'"Zero \u0000 here"')),
    "long_text": lambda table: _named(table, lambda _: "x" * 100_000),
    "deep_nesting": partial(_extra, Raw(b"[" * DEEP + b"]" * DEEP), "Deep"),
}
