# SPDX-License-Identifier: Apache-2.0
"""The rows that the OMS can show, by updated_at."""
from bisect import bisect_left, bisect_right, insort_right
from operator import attrgetter
from typing import Iterator, Protocol

_BY_TIME = attrgetter("updated_at")


class Row(Protocol):
    """One row as a page shows it. Unchanging, so that it can be written outside the shop's lock."""
    updated_at: int
    status: str
    takeable: bool
    copies: int

    def live(self) -> bool:
        """False once a newer version has taken its place; a row that died stays dead."""

    def json(self) -> bytes: ...


class Timeline:
    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._dead = 0

    def add(self, row: Row) -> None:
        if not self._rows or row.updated_at >= self._rows[-1].updated_at:
            self._rows.append(row)
        else:
            insort_right(self._rows, row, key=_BY_TIME)

    def note_death(self) -> None:
        """Notes that one row is no longer live. Dead rows are swept out once they are the majority."""
        self._dead += 1
        if self._dead > 1000 and self._dead * 2 > len(self._rows):
            self._rows = [row for row in self._rows if row.live()]
            self._dead = 0

    def since(self, start: int) -> Iterator[Row]:
        """Live rows with updated_at >= start, newest first."""
        first = bisect_left(self._rows, start, key=_BY_TIME)
        for index in range(len(self._rows) - 1, first - 1, -1):
            if self._rows[index].live():
                yield self._rows[index]

    def newest_takeable(self, until: int) -> int | None:
        """The newest updated_at of a takeable row that is not after `until`."""
        for index in range(bisect_right(self._rows, until, key=_BY_TIME) - 1, -1, -1):
            if self._rows[index].live() and self._rows[index].takeable:
                return self._rows[index].updated_at
        return None
