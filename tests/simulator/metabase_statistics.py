# SPDX-License-Identifier: Apache-2.0
"""How Metabase was asked."""
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Callable


@dataclass
class CardStatistics:
    requests: int = 0
    running: int = 0
    most_at_once: int = 0    # that somebody still waited for
    cancelled: int = 0       # the client was gone, or had ended its side, before the answer was complete
    half_closed: int = 0     # of these, where it had only ended its side
    reused_connection: int = 0
    last_body: str = ""      # what was sent along with the last request


class MetabaseStatistics:
    """Safe from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._connections = 0
        self._requests = 0
        self._unauthenticated = 0
        self._redirects_followed = 0
        self._api_key_requests = 0
        self._running: list[tuple[int, Callable[[], bool]]] = []  # card, and whether its client is gone
        self._most_at_once = 0
        self._cards: dict[int, CardStatistics] = {}

    def count_connection(self) -> None:
        with self._lock:
            self._connections += 1

    def count_request(self) -> None:
        with self._lock:
            self._requests += 1

    def count_answer(self, status: int) -> None:
        with self._lock:
            self._unauthenticated += status == 401

    def count_followed_redirect(self) -> None:
        with self._lock:
            self._redirects_followed += 1

    def count_api_key(self) -> None:
        with self._lock:
            self._api_key_requests += 1

    def note_body(self, card: int, body: bytes) -> None:
        with self._lock:
            self._card(card).last_body = body[:4096].decode("utf-8", "replace")

    def begin_query(self, card: int, reused: bool, gone: Callable[[], bool]) -> None:
        """`gone`: whether the client has given the query up, which Metabase itself notices a little later."""
        with self._lock:
            of_card = self._card(card)
            of_card.requests += 1
            of_card.reused_connection += reused
            of_card.running += 1
            waited_for = [number for number, its_gone in self._running if not its_gone()] + [card]
            self._running.append((card, gone))
            of_card.most_at_once = max(of_card.most_at_once, waited_for.count(card))
            self._most_at_once = max(self._most_at_once, len(waited_for))

    def end_query(self, card: int, gone: Callable[[], bool]) -> None:
        with self._lock:
            self._card(card).running -= 1
            self._running.remove((card, gone))

    def count_cancelled(self, card: int, half_closed: bool) -> None:
        with self._lock:
            self._card(card).cancelled += 1
            self._card(card).half_closed += half_closed

    def view(self, cards: list[int]) -> dict:
        """`cards` are there from the start, at zero."""
        with self._lock:
            return {"connections": self._connections, "requests": self._requests,
                    "unauthenticated": self._unauthenticated, "redirects_followed": self._redirects_followed,
                    "api_key_requests": self._api_key_requests, "running": len(self._running),
                    "most_at_once": self._most_at_once,
                    "cards": {str(number): asdict(self._card(number))
                              for number in {**dict.fromkeys(cards), **self._cards}}}

    def _card(self, number: int) -> CardStatistics:
        return self._cards.setdefault(number, CardStatistics())
