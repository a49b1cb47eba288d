# SPDX-License-Identifier: Apache-2.0
"""Orders and their lives. No thread, no network, no clock of its own; one thread at a time."""
import heapq
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain, islice, repeat
from random import Random
from typing import Callable, ClassVar, NamedTuple

from . import clock as times
from .account import COMPLETED, FAILED_STATUSES, OPEN_STATUSES, Account
from .basket import Basket, draw_basket
from .settings import Settings
from .timeline import Row, Timeline

# How long an order stays in an open status, in seconds at speed 1: shortest and longest.
_STAY = {"PENDING": (8, 30), "CONFIRMED": (10, 40), "PREPARING": (45, 150), "DELIVERING": (60, 200)}
_SOON = (0.2, 3.0)  # real seconds until a doomed order fails


@dataclass(slots=True, eq=False)
class Order:
    order_id: str
    basket: Basket
    time_format: str
    luck: int                      # the dice of its whole life, thrown at birth; see _dice
    copies: int = 1                # how often a page shows its row
    status: str | None = None      # None only until it is first shown
    updated_at: int = 0
    doomed: bool = False
    due: float = 0.0               # on the life clock; a heap entry with a different due makes it void
    row: "OrderRow | None" = None  # the current one
    failed_statuses: list[str] = field(default_factory=list)

    def is_open(self) -> bool:
        return self.status != COMPLETED and self.status not in FAILED_STATUSES


@dataclass(slots=True, eq=False)
class OrderRow:
    """One version of an order."""
    takeable: ClassVar[bool] = True
    order: Order
    status: str
    updated_at: int
    pinned: bool = False           # is still shown after a newer version came
    written: bytes | None = None

    @property
    def copies(self) -> int:
        return self.order.copies

    def live(self) -> bool:
        return self.pinned or self.order.row is self

    def json(self) -> bytes:
        if self.written is None:
            order = self.order
            self.written = write_row(row_fields(order.order_id, order.basket, self.status,
                                                times.write_time(order.time_format, self.updated_at)))
        return self.written


def row_fields(order_id: str, basket: Basket, status: str, updated_at: bytes) -> dict[str, bytes]:
    """The row's fields as JSON text."""
    return {"order_id": b'"' + order_id.encode() + b'"', "customer_id": basket.customer_id,
            "customer_name": basket.customer_name, "status": b'"' + status.encode() + b'"',
            "order_type": b'"' + basket.order_type.encode() + b'"', "total_amount": basket.amount_json,
            "updated_at": updated_at, "item_name": basket.item_name, "item_detail": basket.item_detail,
            "session_hint": basket.unknown_extra}


def write_row(row: dict[str, bytes]) -> bytes:
    return b"{" + b",".join(b'"' + name.encode() + b'":' + value for name, value in row.items()) + b"}"


class Page(NamedTuple):
    now: int                       # the OMS's clock at that moment
    total: int                     # rows in the window
    status_counts: dict[str, int]  # over the window
    rows: list[Row]                # newest first, at most `limit`


class Shop:
    """`clock` gives real microseconds. Time passes only in tick()."""

    def __init__(self, clock: Callable[[], int], settings: Settings = Settings(), *, seed: int = 1,
                 speed: float = 1.0, time_format: str = "z") -> None:
        self._clock = clock
        self._speed = speed
        self._time_format = time_format
        self._orders_random = Random(f"orders {seed}")
        self._arrivals_random = Random(f"arrivals {seed}")
        self.settings = settings
        self.orders: dict[str, Order] = {}
        self.timeline = Timeline()
        self.account = Account()
        self._last_tick = clock()
        self._life = 0.0           # microseconds lived so far at `speed`
        self._arrivals_due = 1.0   # in mean gaps between two orders
        self._agenda: list[tuple[float, str]] = []

    def now(self) -> int:
        """The OMS's clock."""
        return self._clock() + round(self.settings.clock_skew_seconds * times.SECOND)

    def apply(self, settings: Settings) -> None:
        before, self.settings = self.settings, settings
        if settings.fail_all and not before.fail_all:
            for order in self.orders.values():
                if order.is_open():
                    self._doom(order)

    def tick(self) -> None:
        now = self._clock()
        elapsed = max(0, now - self._last_tick)
        self._last_tick = now
        if self.settings.paused:
            return
        if not self.settings.orders_stopped:
            self._let_arrive(elapsed * self.settings.rate_per_minute / times.MINUTE)
        if not self.settings.stuck:
            self._life += elapsed * self._speed
            while self._agenda and self._agenda[0][0] <= self._life:
                due, order_id = heapq.heappop(self._agenda)
                order = self.orders[order_id]
                if order.due == due and order.is_open():
                    self._advance(order)

    def open_order(self, status: str = OPEN_STATUSES[0], *, at: int | None = None, copies: int = 1,
                   customer_name: bytes | None = None) -> Order:
        """A new order, shown at once. `customer_name` replaces the drawn one; JSON text. An order in a status that
        is not part of a usual life stays there."""
        number = len(self.orders) + 1
        basket = draw_basket(self._orders_random)
        if customer_name is not None:
            basket = basket._replace(customer_name=customer_name)
        order = Order(order_id=f"ORD-{number:06d}", basket=basket, copies=copies,
                      time_format=times.time_format_of(self._time_format, number),
                      luck=self._orders_random.getrandbits(16 * 12))
        self.orders[order.order_id] = order
        self._show(order, status, self._floor(order, self.now() if at is None else at))
        return order

    def seed(self, count: int) -> None:
        """Orders in all stages of their lives, all of them updated now: rows that came in behind what was already
        shown would be a different shop."""
        for _ in range(count):
            # The next order's own dice are thrown while it is opened; its stage needs one before.
            stage = int(self._orders_random.random() * (len(OPEN_STATUSES) + 1))
            if self._orders_random.random() < self.settings.failure_ratio:
                status = FAILED_STATUSES[int(self._orders_random.random() * len(FAILED_STATUSES))]
            else:
                status = (*OPEN_STATUSES, COMPLETED)[stage]
            self.open_order(status)

    def replay_old_version(self) -> None:
        """A new order that has moved on, whose first version is shown on and on beside the newer one."""
        order = self.open_order()
        order.row.pinned = True
        self._show(order, OPEN_STATUSES[1], order.updated_at + times.resolution(order.time_format))

    def window(self, minutes: int, limit: int) -> Page:
        """As a naive OMS does it: everything not older than `minutes`, also what is dated in the future."""
        now = self.now()
        rows = list(self.timeline.since(now - minutes * times.MINUTE))
        counts: Counter[str] = Counter()
        for row in rows:
            counts[row.status] += row.copies
        shown = islice(chain.from_iterable(repeat(row, row.copies) for row in rows), limit)
        return Page(now, counts.total(), dict(counts), list(shown))

    def truth(self) -> dict:
        newest = self.timeline.newest_takeable(self.now())
        return {**self.account.view(), "newest_updated_at": None if newest is None else times.iso(newest)}

    def truth_orders(self) -> dict:
        return {order.order_id: {
            "status": order.status, "order_type": order.basket.order_type, "total_amount": str(order.basket.amount),
            "updated_at": times.iso(order.updated_at), "completed": order.status == COMPLETED,
            "failed_statuses": list(order.failed_statuses)} for order in self.orders.values()}

    def _let_arrive(self, mean_gaps: float) -> None:
        self._arrivals_due -= mean_gaps
        while self._arrivals_due <= 0:
            self._arrivals_due += self._arrivals_random.expovariate(1)
            self.open_order()

    def _advance(self, order: Order) -> None:
        now = self.now()
        wait = order.updated_at + times.resolution(order.time_format) - now
        if wait > 0 and order.updated_at <= now:
            # Its time cannot yet be shown as later than the last one.
            self._put_on_agenda(order, wait * self._speed)
            return
        step = OPEN_STATUSES.index(order.status) if order.status in OPEN_STATUSES else None
        if order.doomed or (step is not None and _dice(order, step) < self._hazard()):
            status = FAILED_STATUSES[int(_dice(order, 10) * len(FAILED_STATUSES))]
        else:
            status = (*OPEN_STATUSES, COMPLETED)[step + 1]
        # A clock set back must not make the order older than it was.
        self._show(order, status, max(self._floor(order, now),
                                      order.updated_at + times.resolution(order.time_format)))

    def _hazard(self) -> float:
        """The chance to fail in one status that makes failure_ratio over all of them."""
        return 1 - (1 - self.settings.failure_ratio) ** (1 / len(OPEN_STATUSES))

    def _show(self, order: Order, status: str, at: int) -> None:
        before, old_row = order.status, order.row
        order.status, order.updated_at = status, at
        order.row = OrderRow(order, status, at)
        self.timeline.add(order.row)
        if old_row is not None and not old_row.live():
            self.timeline.note_death()
        self.account.record(order.basket.order_type, order.basket.amount, before, status)
        if status in FAILED_STATUSES:
            order.failed_statuses.append(status)
        elif status in _STAY:
            shortest, longest = _STAY[status]
            stay = shortest + (longest - shortest) * _dice(order, 4 + OPEN_STATUSES.index(status))
            self._put_on_agenda(order, stay * times.SECOND)
        if order.is_open() and (order.doomed or self.settings.fail_all):
            self._doom(order)

    def _doom(self, order: Order) -> None:
        order.doomed = True
        shortest, longest = _SOON
        soon = shortest + (longest - shortest) * _dice(order, 11)
        self._put_on_agenda(order, soon * times.SECOND * self._speed)

    def _put_on_agenda(self, order: Order, life: float) -> None:
        order.due = self._life + life
        heapq.heappush(self._agenda, (order.due, order.order_id))

    @staticmethod
    def _floor(order: Order, moment: int) -> int:
        return moment - moment % times.resolution(order.time_format)


def _dice(order: Order, index: int) -> float:
    """One of the order's twelve throws in [0, 1): 0-3 fail in that status, 4-7 stay, 8-9 spare, 10 how it fails,
    11 how soon once doomed."""
    return (order.luck >> (16 * index) & 0xFFFF) / 0x10000
