# SPDX-License-Identifier: Apache-2.0
"""Who may ask: sessions, API keys and the throttle that locks out clients that fail too often."""
import hmac
import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from threading import Lock
from typing import Callable

from .clock import MINUTE, SECOND

SESSION_SECONDS = 14 * 86_400
_FAILURES_KEPT = 60 * MINUTE
_MOST_PER_USER = 10
_MOST_PER_ADDRESS = 50
_MOST_REMEMBERED = 1000  # of one key; how many more there were changes nothing but the told delay


class Throttle:
    """Failures of the last hour by key. What is tried while it is shut counts as a failure too, so that a client that keeps
    trying stays out."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._failures: defaultdict[str, list[int]] = defaultdict(list)

    def record(self, key: str, now: int) -> None:
        self._failures[key] = [*self._failures[key][1 - _MOST_REMEMBERED:], now]

    def wait_seconds(self, key: str, now: int) -> int | None:
        """What a refused one is told to wait, though nothing opens then; nothing where the way is free."""
        self._failures[key] = [failure for failure in self._failures[key] if failure > now - _FAILURES_KEPT]
        over = len(self._failures[key]) - self._most + 1
        return None if over <= 0 else round(15 * over ** 1.5)

    def forget(self) -> None:
        self._failures.clear()


@dataclass(frozen=True)
class Session:
    username: str
    created: int


@dataclass(frozen=True)
class Login:
    """How an attempt went: ok, failed, disabled, throttled, or mfa, which wants a second factor."""
    result: str
    session: str = ""
    device: str = ""
    wait_seconds: int | None = None  # throttled by username; none: by address


@dataclass
class Sessions:
    """Safe from any thread. `now` gives Metabase's clock."""
    users: dict[str, str]            # password by name
    api_key: str
    now: Callable[[], int]
    session_seconds: float = SESSION_SECONDS
    throttled: bool = True
    counts: Counter = field(default_factory=lambda: Counter(attempts=0, ok=0, failed=0, throttled=0, mfa=0))
    mails_about_new_devices: int = 0

    def __post_init__(self) -> None:
        self._lock = Lock()
        self._sessions: dict[str, Session] = {}
        self._devices: set[str] = set()
        self._by_user = Throttle(_MOST_PER_USER)
        self._by_address = Throttle(_MOST_PER_ADDRESS)

    def count_attempt(self) -> None:
        """Every request to log in, also one that never comes to the credentials."""
        with self._lock:
            self.counts["attempts"] += 1

    def log_in(self, username: str, password: str, address: str, device: str | None, *,
               refuse: str | None = None, second_factor: bool = False) -> Login:
        """`refuse`: what is to go wrong with credentials that may be right."""
        with self._lock:
            login = self._attempt(username, password, address, device, refuse, second_factor)
            self.counts["failed" if login.result == "disabled" else login.result] += 1
            return login

    def log_out(self, session: str | None) -> bool:
        with self._lock:
            return self._sessions.pop(session, None) is not None

    def user_of(self, session: str | None) -> str | None:
        with self._lock:
            found = self._sessions.get(session)
            if found is None or self.now() - found.created > self.session_seconds * SECOND:
                return None
            return found.username

    def is_api_key(self, key: str | None) -> bool:
        return key is not None and hmac.compare_digest(key.encode(), self.api_key.encode())

    def revoke(self, session: str | None = None) -> int:
        """How many; all of them where none is given."""
        with self._lock:
            if session is None:
                count = len(self._sessions)
                self._sessions.clear()
                return count
            return 0 if self._sessions.pop(session, None) is None else 1

    def forget_failures(self) -> None:
        """As when Metabase starts anew: the throttle lives in memory, the sessions do not."""
        with self._lock:
            self._by_user.forget()
            self._by_address.forget()

    def view(self) -> dict:
        with self._lock:
            return {"logins": dict(self.counts), "sessions": len(self._sessions),
                    "mails_about_new_devices": self.mails_about_new_devices}

    def _attempt(self, username: str, password: str, address: str, device: str | None, refuse: str | None,
                 second_factor: bool) -> Login:
        now = self.now()
        if self.throttled:
            if self._by_address.wait_seconds(address, now) is not None:
                self._by_address.record(address, now)
                return Login("throttled")
            wait = self._by_user.wait_seconds(username, now)
            if wait is not None:
                self._by_user.record(username, now)
                self._by_address.record(address, now)
                return Login("throttled", wait_seconds=wait)
        if refuse or self.users.get(username) != password:
            self._by_user.record(username, now)
            self._by_address.record(address, now)
            return Login(refuse or "failed")
        if second_factor:
            return Login("mfa")
        if device not in self._devices:
            device = str(uuid.uuid4())
            self._devices.add(device)
            self.mails_about_new_devices += 1
        session = str(uuid.uuid4())
        self._sessions[session] = Session(username, now)
        return Login("ok", session, device)
