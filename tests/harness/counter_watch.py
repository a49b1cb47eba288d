# SPDX-License-Identifier: Apache-2.0
"""Scrapes an exporter all along and notes every counter of the orders that goes back. Those counters live in
PostgreSQL, so a restart is not an excuse."""

import re
import threading
from decimal import Decimal

from .web import request

COUNTER = re.compile(
    r"^((?:o2o_orders_\w+_total|o2o_order_transitions_total|o2o_order_duration_seconds_\w+|o2o_ingest_gaps_total)"
    r"(?:\{.*\})?) (\S+)$", re.MULTILINE)


class CounterWatch:
    """Use as a context manager, around restarts of the exporter too. `went_back`: what is wrong, in words."""

    def __init__(self, url, interval_seconds=0.05):
        self._url = f"{url}/metrics"
        self._interval = interval_seconds
        self._highest = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.went_back = []
        self.scrapes = 0

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(15)

    def look(self, text):
        """Takes in the text of one scrape."""
        for series, value in COUNTER.findall(text):
            number = Decimal(value)
            highest = self._highest.setdefault(series, number)
            if number < highest:
                self.went_back.append(f"{series} went back from {highest} to {number}")
            self._highest[series] = max(highest, number)
        self.scrapes += 1

    def _run(self):
        while not self._stop.wait(self._interval):
            try:
                status, _, body = request(self._url, seconds=5)
            except (OSError, ValueError):
                continue  # killed, or not yet there
            if status == 200:
                self.look(body.decode())
