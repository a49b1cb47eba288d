# SPDX-License-Identifier: Apache-2.0
"""What the sources of docs/examples/business.yml ask: a shop that counts its visits, a Metabase that knows what sells, and a flash
sale whose stock runs down and is refilled. Everything follows from the time that has passed."""

import json
import math
import re
import time

from .exporter import ROOT
from .scale_clock import scale_yaml
from .scripted_server import Answer, ScriptedServer

EXAMPLE = ROOT / "docs" / "examples" / "business.yml"
ITEMS = (("Phở bò", 412, 24_720_000), ("Bánh mì thịt", 388, 9_700_000), ("Margherita", 97, 14_550_000), ("Gyoza", 64, 5_120_000))
FULL = {"Gyoza": 900, "Iced coffee": 500, "Mango rice": 240}
CHECKOUT = (("0.5", 0.82, 0.2), ("1", 0.11, 0.7), ("2", 0.05, 1.4), ("+Inf", 0.02, 3.0))  # bound, part of all, seconds each


class BusinessShop(ScriptedServer):
    """`speed`: how many times faster than a clock it lives."""

    def __init__(self, speed=1):
        super().__init__(self._answer)
        self._speed = speed
        self._begun = time.monotonic()

    def env(self):
        """What the example's variables are for an exporter that asks this shop."""
        return {"SHOP_URL": self.url, "FLASH_SALE_URL": self.url, "METABASE_URL": self.url, "METABASE_API_KEY": "of this test"}

    def add_to(self, path, factor=1):
        """Adds the documented sources to the configuration at `path`, on a faster clock, all of them asking this shop. Returns `path`."""
        text = scale_yaml(EXAMPLE.read_text(), factor)
        for name in ("SHOP_URL", "FLASH_SALE_URL", "METABASE_URL", "METABASE_API_KEY"):
            text = re.sub(rf"\$\{{{name}(:-)?\}}", self.url, text)
        text = re.sub(r"\$\{METABASE_(USERNAME|PASSWORD):-\}", '""', text)
        with open(path, "a", encoding="utf-8") as config:
            config.write(text[text.index("sources:\n") + len("sources:\n"):])
        return path

    def _answer(self, asked):
        minutes = (time.monotonic() - self._begun) * self._speed / 60
        found = {"/monitoring/shop": self._shop, "/monitoring/flash-sale": self._sale, "/api/card/7310/query/json": self._items}.get(asked.path)
        if found is None:
            return Answer(b"{}", 404)
        return Answer(json.dumps(found(minutes)).encode(), headers={"Content-Type": "application/json"})

    def _shop(self, minutes):
        return {"visits": int(180_000 + 400 * minutes)}

    def _items(self, _):
        return [{"Item": item, "Orders": orders, "Amount": amount} for item, orders, amount in ITEMS]

    def _sale(self, minutes):
        """A quarter of an hour from full to sold out; then it is refilled."""
        gone = min(1, (minutes % 16) / 15)
        tried = int(200 + 110 * minutes)
        sold_out, error = int(8 * minutes), int(2 * minutes)
        return {"sales": [{
            "id": "tet", "active": True, "queue": int(420 + 300 * math.sin(minutes / 3)),
            "orders": {"accepted": tried, "sold_out": sold_out, "error": error},
            "items": [{"name": name, "left": int(full * (1 - gone))} for name, full in FULL.items()],
            "checkout": [{"le": bound, "count": int(part * tried), "sum": seconds * int(part * tried)} for bound, part, seconds in CHECKOUT],
        }]}
