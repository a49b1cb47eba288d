# SPDX-License-Identifier: Apache-2.0
"""The OMS API as its clients see it."""
import gzip
import hmac
import json
from collections import deque
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

from .answer import Answer, Refused, json_answer, whole_number
from .faults import spoil
from .shop import Page

if TYPE_CHECKING:
    from .server import Handler, Simulator

_DEFAULT_MINUTES = "60"
_DEFAULT_LIMIT = "100"
_MOST_SEEDED = 500_000


class Statistics:
    """How monitor/recent was asked. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests = 0
        self._connections = 0
        self._redirects_followed = 0
        self._queries: deque[dict] = deque(maxlen=50)

    def count_query(self, query: dict[str, str], first_on_connection: bool) -> None:
        """Keeps minutes and limit as numbers where they are such, else as they came; None where they did not."""
        shown = {name: query.get(name) for name in ("minutes", "limit")}
        for name, text in shown.items():
            number = whole_number(text, 0) if text is not None else None
            shown[name] = text if number is None else number
        with self._lock:
            self._requests += 1
            self._connections += first_on_connection
            self._queries.append(shown)

    def count_followed_redirect(self) -> None:
        with self._lock:
            self._redirects_followed += 1

    def view(self) -> dict:
        with self._lock:
            queries = list(self._queries)
            return {"requests": self._requests, "connections": self._connections,
                    "redirects_followed": self._redirects_followed,
                    "last_query": queries[-1] if queries else None, "recent_queries": queries}


def recent(simulator: "Simulator", exchange: "Handler") -> Answer | None:
    """What the page shows, and the Date beside it, is of one moment: after the latency."""
    simulator.statistics.count_query(exchange.query, exchange.first_oms_request())
    simulator.stopping.wait(simulator.settings().latency_seconds)
    if not hmac.compare_digest(exchange.headers.get("x-api-key", "").encode(), simulator.api_key.encode()):
        return json_answer({"detail": "Invalid or missing API key"}, 401, date=simulator.oms_now())
    good = _page_answer(simulator, exchange)
    asked_for = whole_number(exchange.query.get("minutes", _DEFAULT_MINUTES), 0) or 0
    fault = simulator.take_fault() if asked_for >= simulator.settings().fault_minutes else "none"
    if fault != "none":
        return spoil(fault, exchange, good)  # never zipped: a truncated text is to arrive as such
    return _zipped(good) if _wants_gzip(exchange.headers.get("accept-encoding", "")) else good


def health(simulator: "Simulator", _exchange: "Handler") -> Answer:
    return json_answer({"status": "ok"}, date=simulator.oms_now())


def seed_mock_data(simulator: "Simulator", exchange: "Handler") -> Answer:
    count = _positive(exchange.query, "count", "100")
    if count > _MOST_SEEDED:
        raise Refused(400, f"count: at most {_MOST_SEEDED}")
    with simulator.lock:
        simulator.shop.seed(count)
    return json_answer({"created": count}, date=simulator.oms_now())


def login(simulator: "Simulator", _exchange: "Handler") -> Answer:
    """Where the redirect fault points to; a careful client is never seen here."""
    simulator.statistics.count_followed_redirect()
    return json_answer({"total": 0, "statusCounts": {}, "data": []}, date=simulator.oms_now())


def _page_answer(simulator: "Simulator", exchange: "Handler") -> Answer:
    minutes = _positive(exchange.query, "minutes", _DEFAULT_MINUTES)
    limit = _positive(exchange.query, "limit", _DEFAULT_LIMIT)
    with simulator.lock:
        page = simulator.shop.window(minutes, min(limit, simulator.shop.settings.limit_cap or limit))
    return Answer(body=page_body(page), date=page.now)


def page_body(page: Page) -> bytes:
    """Written by hand, because a writer of JSON would mend the poisoned rows."""
    return b'{"total":%d,"statusCounts":%s,"data":[%s]}' % (
        page.total, json.dumps(page.status_counts).encode(), b",".join(row.json() for row in page.rows))


def _positive(query: dict[str, str], name: str, default: str) -> int:
    text = query.get(name, default)
    number = whole_number(text, 1)
    if number is None:
        raise Refused(400, f"{name}: {text[:50]!r} is not a positive integer")
    return number


def _wants_gzip(accept_encoding: str) -> bool:
    for offer in accept_encoding.lower().split(","):
        coding, _, weight = offer.replace(" ", "").partition(";q=")
        if coding == "gzip" and weight not in ("0", "0.0", "0.00", "0.000"):
            return True
    return False


def _zipped(answer: Answer) -> Answer:
    return replace(answer, body=gzip.compress(answer.body, compresslevel=1),
                   headers=(*answer.headers, ("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")))
