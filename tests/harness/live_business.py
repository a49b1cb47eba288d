# SPDX-License-Identifier: Apache-2.0
"""A business that goes well until it is told otherwise: what the sources of docs/examples/business.yml ask."""

import threading
import time
from dataclasses import dataclass

from .business_shop import BusinessShop
from .scripted_server import Answer


@dataclass
class Sale:
    """Numbers of a second, but for `queue` and `stock`. `half_life`: seconds in which half of what is left is sold."""

    accepted: float = 20
    errors: float = 0
    queue: int = 10
    stock: float = 1e9
    half_life: float = 1e9


class LiveBusiness(BusinessShop):
    """run_sale() changes a sale, visit() how many visits there are a second. `away`: paths that get no answer but 503."""

    def __init__(self, *names):
        super().__init__()
        self.away = set()
        self._visits = 10
        self._visited = 0
        self._counted = {name: {"accepted": 0, "error": 0} for name in names}
        self._left = dict.fromkeys(names, Sale.stock)
        self._running = {name: Sale() for name in names}
        self._since = time.monotonic()
        self._lock = threading.Lock()

    def run_sale(self, name, sale):
        """What has been counted stays."""
        with self._lock:
            self._advance()
            self._running[name] = sale
            self._left[name] = sale.stock

    def visit(self, visits):
        with self._lock:
            self._advance()
            self._visits = visits

    def _answer(self, asked):
        if asked.path in self.away:
            return Answer(b"{}", 503)
        with self._lock:
            self._advance()
            return super()._answer(asked)

    def _advance(self):
        now = time.monotonic()
        seconds, self._since = now - self._since, now
        self._visited += self._visits * seconds
        for name, sale in self._running.items():
            self._counted[name]["accepted"] += sale.accepted * seconds
            self._counted[name]["error"] += sale.errors * seconds
            self._left[name] *= 0.5 ** (seconds / sale.half_life)

    def _shop(self, _minutes):
        return {"visits": int(self._visited)}

    def _sale(self, _minutes):
        return {"sales": [{
            "id": name, "active": True, "queue": sale.queue,
            "orders": {result: int(count) for result, count in {**self._counted[name], "sold_out": 0}.items()},
            "items": [{"name": "Gyoza", "left": int(self._left[name])}], "checkout": [],
        } for name, sale in self._running.items()]}
