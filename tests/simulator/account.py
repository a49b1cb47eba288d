# SPDX-License-Identifier: Apache-2.0
"""The truth: what an observer who missed nothing would have counted."""
from collections import Counter
from decimal import Context, Decimal

from .basket import ORDER_TYPES

OPEN_STATUSES = ("PENDING", "CONFIRMED", "PREPARING", "DELIVERING")
COMPLETED = "COMPLETED"
FAILED_STATUSES = ("FAILED", "CANCELLED")

_MONEY = Context(prec=60)  # more digits than any sum here can have: additions never round


class Account:
    """Every known combination is there from the start, at zero."""

    def __init__(self) -> None:
        self._ingested = {kind: 0 for kind in ORDER_TYPES}
        self._completed = {kind: 0 for kind in ORDER_TYPES}
        self._amount = {kind: Decimal(0) for kind in ORDER_TYPES}
        self._failed = {kind: Counter({s: 0 for s in FAILED_STATUSES}) for kind in ORDER_TYPES}
        self._open = {kind: Counter({s: 0 for s in OPEN_STATUSES}) for kind in ORDER_TYPES}
        self._rejected: Counter[str] = Counter()

    def record(self, order_type: str, amount: Decimal, before: str | None, after: str) -> None:
        """An order went from a status (none: it is new) to another; what is neither completed nor failed is open."""
        if before is None:
            self._ingested[order_type] += 1
        else:
            self._open[order_type][before] -= 1
        if after == COMPLETED:
            self._completed[order_type] += 1
            self._amount[order_type] = _MONEY.add(self._amount[order_type], amount)
        elif after in FAILED_STATUSES:
            self._failed[order_type][after] += 1
        else:
            self._open[order_type][after] += 1

    def reject(self, reason: str) -> int:
        """How many have been rejected by now."""
        self._rejected[reason] += 1
        return self._rejected.total()

    def view(self) -> dict:
        return {
            "orders": sum(self._ingested.values()),
            "ingested": dict(self._ingested),
            "completed": dict(self._completed),
            "failed": {kind: dict(counts) for kind, counts in self._failed.items()},
            "completed_amount": {kind: format(amount, "f") for kind, amount in self._amount.items()},
            "open": {kind: dict(counts) for kind, counts in self._open.items()},
            "rejected": dict(self._rejected),
        }
