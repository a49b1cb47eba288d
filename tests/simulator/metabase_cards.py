# SPDX-License-Identifier: Apache-2.0
"""The questions and what they find."""
from dataclasses import dataclass, replace
from functools import partial
from typing import Callable, Iterable

from .vendors import Vendors

VENDOR_STATUS, VENDOR_PRODUCTS, DISCOUNT_STOCK = 7163, 7196, 7179
ODD_TYPES = 9100
VENDOR_TAG = "vendor"         # the template tag by which every question can be filtered
VENDOR_COLUMN = "Vendor Code"
MARK = "@@@@@@"               # in the rows of a repeated table: six digits, the number of the round
_BLOCK_ROWS = 1000


@dataclass(frozen=True)
class Raw:
    """A value by its JSON text, for what a writer of JSON would mend or round."""
    text: bytes


@dataclass(frozen=True)
class Column:
    title: str
    kind: str = "text"        # text, integer, decimal, boolean, datetime, date, any


@dataclass(frozen=True)
class Table:
    columns: tuple[Column, ...]
    rows: list[tuple]
    total: int
    repeats: bool = False     # the rows come round and round until there are `total`

    def limited(self, most: int) -> "Table":
        return replace(self, total=min(self.total, most), rows=self.rows[:most])

    def where(self, title: str, value: object) -> "Table":
        titles = [column.title for column in self.columns]
        if title not in titles:
            return self
        index = titles.index(title)
        rows = [row for row in self.rows if row[index] == value]
        return replace(self, rows=rows, total=len(rows), repeats=False)

    def mapped(self, change: Callable[[tuple], tuple], columns: Iterable[Column] | None = None) -> "Table":
        return replace(self, rows=[change(row) for row in self.rows],
                       columns=self.columns if columns is None else tuple(columns))


@dataclass
class Card:
    number: int
    name: str
    find: Callable[[], Table]
    columns: tuple[Column, ...]


class Cards:
    """By number, in the order in which they came to be."""

    def __init__(self, vendors: Vendors) -> None:
        self._vendors = vendors
        self._cards: dict[int, Card] = {}
        self.restore()

    def restore(self) -> None:
        """What is there at the start."""
        vendors = self._vendors
        self._cards = {}
        for number, name, columns, rows in (
                (VENDOR_STATUS, "Vendor status", _STATUS_COLUMNS, vendors.status_rows),
                (VENDOR_PRODUCTS, "Vendor product status", _PRODUCT_COLUMNS, vendors.product_rows),
                (DISCOUNT_STOCK, "Discount stock", _STOCK_COLUMNS, vendors.stock_rows),
                (ODD_TYPES, "Odd types", _ODD_COLUMNS, lambda: list(_ODD_ROWS))):
            self._cards[number] = Card(number, name, partial(_find, columns, rows), columns)

    def get(self, number: int) -> Card | None:
        return self._cards.get(number)

    def numbers(self) -> list[int]:
        return list(self._cards)

    def define(self, number: int, columns: tuple[Column, ...], rows: list[tuple]) -> None:
        self._cards[number] = Card(number, f"Question {number}", partial(_find, columns, lambda: rows), columns)

    def define_big(self, number: int, count: int) -> None:
        """Any number of rows, no two alike in their vendor codes, about 190 bytes each."""
        block = [_big_row(index) for index in range(min(count, _BLOCK_ROWS))]
        self._cards[number] = Card(number, f"Big question {number}",
                                   lambda: Table(_BIG_COLUMNS, block, count, repeats=True), _BIG_COLUMNS)

    def after(self, number: int) -> Card:
        """Another one, for answers that go astray."""
        numbers = self.numbers()
        place = numbers.index(number) if number in numbers else -1
        return self._cards[numbers[(place + 1) % len(numbers)]]


def _find(columns: tuple[Column, ...], read: Callable[[], list[tuple]]) -> Table:
    rows = read()
    return Table(columns, rows, len(rows))


_VENDOR_COLUMNS = (Column(VENDOR_COLUMN), Column("Vendor Name"))
_STATUS_COLUMNS = (*_VENDOR_COLUMNS, Column("Status"), Column("Changed At", "datetime"))
_PRODUCT_COLUMNS = (*_VENDOR_COLUMNS, Column("State"), Column("Products", "integer"))
_STOCK_COLUMNS = (*_VENDOR_COLUMNS, Column("Product"), Column("Stock Left", "integer"))
_BIG_COLUMNS = (Column("Row", "integer"), *_VENDOR_COLUMNS, Column("Product"), Column("Stock Left", "integer"),
                Column("Price", "decimal"), Column("Updated At", "datetime"))

# More than eight columns, so that old versions scramble them.
_ODD_COLUMNS = (
    Column("Name"), Column("Online", "boolean"), Column("Big Integer", "integer"), Column("Exact Decimal", "decimal"),
    Column("Exponent", "decimal"), Column("Ratio", "any"), Column("Percent"), Column("Amount"), Column("Size"),
    Column("Opened At", "datetime"), Column("Born", "date"), Column("Nested", "any"), Column("Tags", "any"),
    Column("Nothing"))
_ODD_ROWS = (
    ("plain", True, 42, Raw(b"12.50"), Raw(b"1.5E-7"), 0.5, "12%", "1,234.50", "1000 MB",
     "2019-11-01T07:23:18.331Z", "2019-11-01", {"a": [1, {"b": None}]}, ["x", "y"], None),
    ("beyond 2^53", False, 9007199254740993, Raw(b"0.12345678901234567890123"), Raw(b"1E+3"), "NaN", "0.5%", "-1,000",
     "2 MiB", "2019-11-01T07:23:18-07:00", "2020-02-29", {}, [], None),
    ("beyond 2^63", True, 123456789012345678901234567890, Raw(b"-0.00"), Raw(b"6.02214076e23"), "Infinity", "100%",
     "0", "1.5 GB", "2019-11-01T00:00:00", "1970-01-01", [[]], ["é", "\"", "\\"], None),
    ("Ünïcode 🛒 \"quoted\" \\ back\nnewline", None, -9223372036854775808, Raw(b"99999999999999999999.99"),
     Raw(b"5e-324"), "-Infinity", "-3.25 %", "12,34", "12 KB", None, None, None, None, None),
    ("", False, 0, Raw(b"0"), Raw(b"0E0"), None, None, "", None, "2019-11-01T07:23:17.9Z", "9999-12-31", "text", 7,
     None),
)


def _big_row(index: int) -> tuple:
    number = f"{MARK}{index:03d}"
    return (Raw(b"1" + number.encode()), f"V{number}", f"Vendor number {number}, invented",
            f"Product {index % 17} in a box of twelve", index * 7 % 1000, Raw(b"%d.%02d" % (index % 90, index % 100)),
            f"2026-01-01T{index % 24:02d}:{index % 60:02d}:07.{index:03d}Z")
