# SPDX-License-Identifier: Apache-2.0
"""The orders that every contender takes in: the same ones in every run, except that their times end at `now`."""

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from decimal import Decimal
from random import Random

COLUMNS = ("order_id", "customer_id", "customer_name", "status", "order_type", "total_amount", "updated_at",
           "item_name", "item_detail")

_HOUR_MS = 3_600_000
_TYPES = ("delivery", "pickup", "dine_in")
_CUSTOMERS = ("An Nguyễn", "Chloé Silva", "Emre Yıldız", "Hà Lê", "Jomo Okoro", "Rosa Márquez", "Søren Brandt")
_ITEMS = ("Phở bò", 'Bánh mì "Sài Gòn"', "Green curry", "Family box", "Margherita", "Ramen")
_NOTES = ("no onions", "extra spicy\nring twice", "gift wrap", None)
_OPEN = ("PENDING", "CONFIRMED", "PREPARING", "DELIVERING")
_NEXT = {"PENDING": "CONFIRMED", "CONFIRMED": "PREPARING", "PREPARING": "DELIVERING"}
_ENDS = ("COMPLETED",) * 18 + ("FAILED", "CANCELLED")


@dataclass(frozen=True, slots=True)
class Order:
    order_id: str
    customer_id: str
    customer_name: str
    status: str
    order_type: str
    cents: int
    updated_ms: int
    item_name: str
    item_detail: str | None

    def fields(self):
        """In the order of COLUMNS; amount and time as text."""
        return (self.order_id, self.customer_id, self.customer_name, self.status, self.order_type,
                str(Decimal(self.cents) / 100), _iso(self.updated_ms), self.item_name, self.item_detail)


def new_orders(count, now_ms):
    """A page of open orders of the last day, newest first as the OMS shows them, with room for one more change each."""
    random = Random(f"orders {count}")
    start, step = now_ms - 23 * _HOUR_MS, 21 * _HOUR_MS / count
    orders = []
    for number in range(count):
        quantity, note = random.randint(1, 3), random.choice(_NOTES)
        orders.append(Order(
            order_id=f"ORD-{number:08d}",
            customer_id=f"C-{random.randint(1000, 9999)}",
            customer_name=random.choice(_CUSTOMERS),
            status=random.choice(_OPEN),
            order_type=random.choice(_TYPES),
            cents=random.randint(150, 40_000),
            updated_ms=int(start + number * step) + random.randint(0, 55 * 60_000),
            item_name=random.choice(_ITEMS),
            item_detail=f"{quantity} x, {note}" if note else None))
    return _newest_first(orders)


def changed_orders(orders):
    """The same orders a little later, each one status further."""
    random = Random(f"changes {len(orders)}")
    return _newest_first(
        replace(order, status=_NEXT.get(order.status) or random.choice(_ENDS),
                updated_ms=order.updated_ms + random.randint(60_000, 55 * 60_000))
        for order in orders)


def oms_answer(orders):
    """The body in which the OMS shows them."""
    counts = defaultdict(int)
    rows = []
    for order in orders:
        counts[order.status] += 1
        rows.append({**dict(zip(COLUMNS, order.fields())), "total_amount": order.cents / 100})
    answer = {"total": len(rows), "statusCounts": counts, "data": rows}
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()


def write_copy_file(orders, path):
    """In PostgreSQL's text format, columns as in COLUMNS."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        for order in orders:
            file.write("\t".join(map(_copy_text, order.fields())) + "\n")


# What a table that holds exactly these orders shows; contents() is the same of `orders`.
CONTENTS_SQL = """
    SELECT status, count(*), sum(total_amount), sum((extract(epoch FROM updated_at) * 1000)::bigint)
    FROM fact_orders_monitoring GROUP BY status"""


def contents(orders):
    sums = defaultdict(lambda: (0, 0, 0))
    for order in orders:
        count, cents, milliseconds = sums[order.status]
        sums[order.status] = (count + 1, cents + order.cents, milliseconds + order.updated_ms)
    return {(status, count, Decimal(cents) / 100, milliseconds)
            for status, (count, cents, milliseconds) in sums.items()}


def _newest_first(orders):
    return sorted(orders, key=lambda order: order.updated_ms, reverse=True)


def _iso(milliseconds):
    moment = datetime.fromtimestamp(milliseconds // 1000, timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


def _copy_text(value):
    if value is None:
        return r"\N"
    return value.replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")
