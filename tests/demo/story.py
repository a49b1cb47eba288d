# SPDX-License-Identifier: Apache-2.0
"""The life of the demo's shop, told over and over."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Chapter:
    starts: float   # seconds into the story
    words: str
    settings: dict  # for the simulator's /control


# The rules' clock runs FACTOR times faster, and so do the orders' lives. "No new orders for 10 minutes" then takes a
# little more than 60 seconds to be said, "more than 5 % fail" about 50.
FACTOR = 10

NORMAL = {"orders_stopped": False, "failure_ratio": 0.01}
CHAPTERS = (
    Chapter(0, "the shop is open: about two orders a second, nearly all of them succeed", NORMAL),
    Chapter(30, "the shop stops taking orders; somebody should hear of it in a minute or so", {"orders_stopped": True}),
    Chapter(120, "the shop takes orders again", NORMAL),
    Chapter(180, "half of all orders begin to fail; somebody should hear of it in a minute or so", {"failure_ratio": 0.5}),
    Chapter(260, "orders succeed again", NORMAL),
)
LENGTH = 360


class Story:
    """Tells each chapter once when its time has come."""

    def __init__(self):
        self._told = 0

    def due(self, seconds):
        """The chapters that begin up to `seconds` and were not told yet."""
        chapters = []
        while True:
            round_number, index = divmod(self._told, len(CHAPTERS))
            if round_number * LENGTH + CHAPTERS[index].starts > seconds:
                return chapters
            chapters.append(CHAPTERS[index])
            self._told += 1
