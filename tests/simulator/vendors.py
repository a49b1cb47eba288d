# SPDX-License-Identifier: Apache-2.0
"""The vendors of the shop and their lives: they open, go offline and come back, their products change, their discount
stock runs down and is refilled. No thread, no network, no clock of its own; one thread at a time."""
import heapq
from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import Callable

from . import clock as times
from .answer import Refused

ONLINE, OFFLINE = "online", "offline"
STATES = ("active", "inactive", "out_of_stock")

# Everybody here is invented. A name, when it opens (in seconds at speed 1), what it sells at a discount.
_VENDORS = (
    ("Phở Nhà Lương", 0, ("Phở bò", "Phở gà", "Trà đá")),
    ("Bánh Mì \"Sài Gòn\"", 0, ("Bánh mì thịt", "Bánh mì chay")),
    ("Green Curry House", 0, ("Green curry", "Mango rice", "Iced tea")),
    ("Brandt & Söhne", 0, ("Pretzel", "Käsekuchen")),
    ("La Márquez", 0, ("Tacos al pastor", "Horchata")),
    ("Okoro's Grill", 0, ("Suya", "Jollof rice", "Ginger drink")),
    ("Ramen 17", 0, ("Ramen", "Gyoza")),
    ("Yıldız Döner", 0, ("Döner", "Ayran", "Baklava")),
    ("Veggie C:\\Lunch", 0, ("Veggie burger", "Fruit bowl")),
    ("Pizzeria Silva", 0, ("Margherita", "Family box", "Tiramisù")),
    ("Cà Phê Vũ", 240, ("Iced coffee", "Egg coffee")),
    ("Birthday Bakery", 900, ("Birthday cake", "Macarons", "Candles")),
)

# How long until the next event of a kind, in seconds at speed 1: shortest and longest.
_ONLINE_STAY = (600, 3000)
_OFFLINE_STAY = (120, 400)
_SHUFFLE = (40, 150)
_SALE = (8, 30)
_REFILL = (60, 240)


@dataclass
class Stock:
    left: int
    full: int


@dataclass
class Vendor:
    code: str
    name: str
    random: Random
    products: dict[str, int]     # by state
    stock: dict[str, Stock]      # by discounted product
    changed_at: int              # microseconds
    status: str = ONLINE
    opened: bool = False
    held_offline: bool = False   # until vendor_online
    held_empty: bool = False     # until refill

    def between(self, bounds: tuple[float, float]) -> float:
        """Microseconds of life."""
        return self.random.uniform(*bounds) * times.SECOND


class Vendors:
    """`clock` gives real microseconds. Time passes only in tick()."""

    def __init__(self, clock: Callable[[], int], *, seed: int = 1, speed: float = 1.0) -> None:
        self._clock = clock
        self._speed = speed
        self._last_tick = clock()
        self._life = 0.0         # microseconds lived so far at `speed`
        self._planned = 0        # so that events of one moment keep the order in which they were planned
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._happened = Counter(opened=0, went_offline=0, came_back=0, sold_out=0, refilled=0)
        self._vendors = {}
        for number, (name, opens, discounted) in enumerate(_VENDORS, 1):
            vendor = self._draw(f"V{number:03d}", name, discounted, seed)
            self._vendors[vendor.code] = vendor
            if opens:
                self._plan(opens * times.SECOND, lambda vendor=vendor: self._open(vendor))
            else:
                self._open(vendor)

    def tick(self, paused: bool = False) -> None:
        now = self._clock()
        elapsed = max(0, now - self._last_tick)
        self._last_tick = now
        if paused:
            return
        until = self._life + elapsed * self._speed
        while self._agenda and self._agenda[0][0] <= until:
            # What follows from an event is planned from its own moment on, however late it is looked at.
            self._life, _, event = heapq.heappop(self._agenda)
            event()
        self._life = until

    def open_vendors(self) -> list[Vendor]:
        return [vendor for vendor in self._vendors.values() if vendor.opened]

    def status_rows(self) -> list[tuple]:
        return [(v.code, v.name, v.status, times.iso(v.changed_at)) for v in self.open_vendors()]

    def product_rows(self) -> list[tuple]:
        return [(v.code, v.name, state, count) for v in self.open_vendors() for state, count in v.products.items()]

    def stock_rows(self) -> list[tuple]:
        return [(v.code, v.name, product, stock.left) for v in self.open_vendors()
                for product, stock in v.stock.items()]

    def truth(self) -> dict:
        return {"vendors": {v.code: {"name": v.name, "status": v.status, "products": dict(v.products),
                                     "discount_stock": {product: stock.left for product, stock in v.stock.items()}}
                            for v in self.open_vendors()},
                "happened": dict(self._happened)}

    def named(self, code: object) -> Vendor:
        vendor = self._vendors.get(code) if isinstance(code, str) else None
        if vendor is None or not vendor.opened:
            there_are = ", ".join(vendor.code for vendor in self.open_vendors())
            raise Refused(400, f"no vendor {code!r} is open; there are {there_are}")
        return vendor

    def force_offline(self, vendor: Vendor) -> None:
        """Until forced online: it does not come back by itself."""
        vendor.held_offline = True
        self._set_status(vendor, OFFLINE)

    def force_online(self, vendor: Vendor) -> None:
        vendor.held_offline = False
        self._set_status(vendor, ONLINE)

    def force_stock_out(self, vendor: Vendor) -> None:
        """Until refilled."""
        vendor.held_empty = True
        for stock in vendor.stock.values():
            self._take(stock, stock.left)

    def force_refill(self, vendor: Vendor) -> None:
        vendor.held_empty = False
        for stock in vendor.stock.values():
            self._fill(stock)

    def _draw(self, code: str, name: str, discounted: tuple[str, ...], seed: int) -> Vendor:
        random = Random(f"vendor {seed} {code}")
        full = [random.randrange(10, 60) for _ in discounted]
        return Vendor(code, name, random, dict(zip(STATES, (random.randrange(20, 80), random.randrange(0, 12),
                                                            random.randrange(0, 6)))),
                      {product: Stock(many, many) for product, many in zip(discounted, full)}, self._clock())

    def _plan(self, life: float, event: Callable[[], None]) -> None:
        self._planned += 1
        heapq.heappush(self._agenda, (self._life + life, self._planned, event))

    def _open(self, vendor: Vendor) -> None:
        vendor.opened = True
        vendor.changed_at = self._clock()
        self._happened["opened"] += 1
        self._plan(vendor.between(_ONLINE_STAY), lambda: self._flip(vendor))
        self._plan(vendor.between(_SHUFFLE), lambda: self._shuffle(vendor))
        for stock in vendor.stock.values():
            self._plan(vendor.between(_SALE), lambda stock=stock: self._sell(vendor, stock))

    def _flip(self, vendor: Vendor) -> None:
        if not vendor.held_offline:
            self._set_status(vendor, OFFLINE if vendor.status == ONLINE else ONLINE)
        stay = _ONLINE_STAY if vendor.status == ONLINE else _OFFLINE_STAY
        self._plan(vendor.between(stay), lambda: self._flip(vendor))

    def _set_status(self, vendor: Vendor, status: str) -> None:
        if vendor.status != status:
            vendor.status = status
            vendor.changed_at = self._clock()
            self._happened["came_back" if status == ONLINE else "went_offline"] += 1

    def _shuffle(self, vendor: Vendor) -> None:
        before, after = vendor.random.sample(STATES, 2)
        moved = min(vendor.random.randint(1, 3), vendor.products[before])
        vendor.products[before] -= moved
        vendor.products[after] += moved
        if vendor.random.random() < 0.1 and sum(vendor.products.values()) < 200:
            vendor.products["active"] += 1  # a new one
        self._plan(vendor.between(_SHUFFLE), lambda: self._shuffle(vendor))

    def _sell(self, vendor: Vendor, stock: Stock) -> None:
        if vendor.status == ONLINE:
            self._take(stock, vendor.random.randint(1, 3))
        if stock.left:
            self._plan(vendor.between(_SALE), lambda: self._sell(vendor, stock))
        else:
            self._plan(vendor.between(_REFILL), lambda: self._refill(vendor, stock))

    def _refill(self, vendor: Vendor, stock: Stock) -> None:
        if vendor.held_empty:
            self._plan(vendor.between(_REFILL), lambda: self._refill(vendor, stock))
            return
        self._fill(stock)
        self._plan(vendor.between(_SALE), lambda: self._sell(vendor, stock))

    def _take(self, stock: Stock, many: int) -> None:
        if stock.left:
            stock.left -= min(many, stock.left)
            self._happened["sold_out"] += not stock.left

    def _fill(self, stock: Stock) -> None:
        if stock.left < stock.full:
            stock.left = stock.full
            self._happened["refilled"] += 1
