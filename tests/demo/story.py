# SPDX-License-Identifier: Apache-2.0
"""The life of the demo's shop, told over and over."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Chapter:
    starts: float   # seconds into the story
    words: str
    settings: dict  # for the simulator's /control


# The rules' clock runs FACTOR times faster, and so do the lives of orders and vendors. "No new orders for 10 minutes"
# then takes a little more than 60 seconds to be said, "more than 5 % fail" about 50, "a vendor is offline" and "sold out"
# 65 to 85, since vendors are looked at every 18 seconds. Vendors come and go by themselves as well, but not for so long.
FACTOR = 10

NORMAL = {"orders_stopped": False, "failure_ratio": 0.01}
AWAY = "V007"  # Ramen 17
SOLD_OUT = "V003"  # Green Curry House
CHAPTERS = (
    Chapter(0, "the shop is open: about two orders a second, nearly all of them succeed", NORMAL),
    Chapter(10, "the vendor Ramen 17 goes offline; somebody should hear of it in a minute or so", {"vendor_offline": AWAY}),
    Chapter(30, "the shop stops taking orders; somebody should hear of it in a minute or so", {"orders_stopped": True}),
    Chapter(120, "the shop takes orders again, and Ramen 17 is back", {**NORMAL, "vendor_online": AWAY}),
    Chapter(135, "Green Curry House sells out of all it has at a discount; a note of it comes in a minute or two",
            {"stock_out": SOLD_OUT}),
    Chapter(180, "half of all orders begin to fail; somebody should hear of it in a minute or so", {"failure_ratio": 0.5}),
    Chapter(260, "orders succeed again, and Green Curry House has everything again", {**NORMAL, "refill": SOLD_OUT}),
)
LENGTH = 360


class Story:
    """Plays each chapter once when its time has come, over and over."""

    def __init__(self, chapters=CHAPTERS, length=LENGTH):
        self._chapters = chapters
        self._length = length
        self._told = 0

    def due(self, seconds):
        """The chapters that begin up to `seconds` and were not told yet."""
        chapters = []
        while True:
            round_number, index = divmod(self._told, len(self._chapters))
            if round_number * self._length + self._chapters[index].starts > seconds:
                return chapters
            chapters.append(self._chapters[index])
            self._told += 1
