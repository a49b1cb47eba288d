# SPDX-License-Identifier: Apache-2.0
"""A Metabase in front of the shop's vendors, on a port of its own: connections, threads, start and stop."""
import socket
import time
from contextlib import suppress
from threading import Event, Lock, RLock, Thread
from typing import Callable

from . import metabase_routes as routes
from .answer import Refused
from .clock import SECOND, system_clock
from .metabase_answers import text_answer
from .metabase_cards import Cards
from .metabase_profiles import PROFILES, Profile
from .metabase_queries import Threads
from .metabase_sending import HOLD_SECONDS
from .metabase_sessions import Sessions
from .metabase_settings import NO_FAULTS, CardSettings, MetabaseSettings
from .metabase_statistics import MetabaseStatistics
from .metabase_wire import BadRequest, ClientGone, Connection
from .settings import merged
from .vendors import Vendors

USER, PASSWORD = "demo@example.com", "demo-password"
API_KEY = "mb_c2ltdWxhdGVkLW1ldGFiYXNlLWRlbW8tYXBpLWtleSE="
_ACCEPT_SECONDS = 0.05
_BACKLOG = 128


class CannotListen(Exception):
    """Says where and why."""


class Metabase:
    """Runs from construction to stop(). Bound to `host`; port 0 takes a free one. `lock` guards the vendors."""

    def __init__(self, vendors: Vendors, lock: RLock, *, host: str = "127.0.0.1", port: int = 0, user: str = USER,
                 password: str = PASSWORD, api_key: str = API_KEY, version: str = "v0.53",
                 clock: Callable[[], int] = system_clock) -> None:
        self.lock = lock
        self.cards = Cards(vendors)
        self.statistics = MetabaseStatistics()
        self.threads = Threads()
        self.stopping = Event()
        self._clock = clock
        self._settings = MetabaseSettings(version=version)
        self._settings_lock = RLock()
        self._card_settings: dict[int, CardSettings] = {}
        self._initialized_at = 0.0
        self.sessions = Sessions({user: password}, api_key, self.now)
        self._open: set[Connection] = set()
        self._open_lock = Lock()
        self._host = host
        self._listener = _bind(host, port)
        self._listener.listen(_BACKLOG)
        self.port = self._listener.getsockname()[1]
        self._thread = Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """What is being sent is not waited for."""
        self.stopping.set()
        self._refuse()
        self._thread.join(5)
        self._hang_up()

    def now(self) -> int:
        return self._clock() + round(self.settings().clock_ahead_seconds * SECOND)

    def profile(self) -> Profile:
        return PROFILES[self.settings().version]

    def initializing(self) -> bool:
        return time.monotonic() < self._initialized_at

    def settings(self) -> MetabaseSettings:
        with self._settings_lock:
            return self._settings

    def card_settings(self, number: int) -> CardSettings:
        with self._settings_lock:
            return self._card_settings.get(number, CardSettings())

    def check(self, changes: object) -> None:
        """Refuses what change() would."""
        merged(self.settings(), changes)

    def change(self, changes: object) -> MetabaseSettings:
        with self._settings_lock:
            before, self._settings = self._settings, merged(self._settings, changes)
            after = self._settings
            if "initializing_seconds" in changes:
                self._initialized_at = time.monotonic() + after.initializing_seconds
            self.sessions.session_seconds = after.session_seconds
            self.sessions.throttled = after.throttle
        if after.accept == "refuse" and before.accept != "refuse":
            self._refuse()
            self._hang_up()
            self._listener = _bind(self._host, self.port)  # without listening, so that nobody else takes the port
        elif before.accept == "refuse" and after.accept != "refuse":
            self._listener.listen(_BACKLOG)
        return after

    def change_card(self, number: int, changes: dict) -> CardSettings:
        if self.cards.get(number) is None:
            raise Refused(404, f"there is no question {number}; there are {', '.join(map(str, self.cards.numbers()))}")
        with self._settings_lock:
            self._card_settings[number] = merged(self.card_settings(number), changes)
            return self._card_settings[number]

    def reset_faults(self) -> None:
        """Of Metabase and of every question; what questions find stays."""
        self.change(NO_FAULTS)
        with self._settings_lock:
            self._card_settings.clear()

    def take_fault(self, card: int) -> CardSettings | MetabaseSettings:
        """The fault for one query; counts it where the fault clears itself."""
        with self._settings_lock:
            own = self.card_settings(card)
            settings = own if own.fault != "none" else self._settings
            if settings.fault != "none" and settings.fault_count > 0:
                left = {"fault_count": settings.fault_count - 1} if settings.fault_count > 1 else {"fault": "none"}
                if settings is own:
                    self.change_card(card, left)
                else:
                    self.change(left)
            return settings

    def take_login(self) -> str:
        """How one login goes."""
        with self._settings_lock:
            settings = self._settings
            if settings.login != "normal" and settings.login_count > 0:
                self.change({"login_count": settings.login_count - 1} if settings.login_count > 1 else
                            {"login": "normal"})
            return settings.login

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                self._listener.settimeout(_ACCEPT_SECONDS)
                peer, (address, _) = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:  # it does not listen now
                self.stopping.wait(_ACCEPT_SECONDS)
                continue
            self.statistics.count_connection()
            Thread(target=self._serve, args=(Connection(peer, address, self.stopping),), daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        with self._open_lock:
            self._open.add(connection)
        try:
            self._converse(connection)
        except (OSError, ClientGone):
            pass  # clients that hang up are daily life here
        finally:
            with self._open_lock:
                self._open.discard(connection)
            connection.close()

    def _converse(self, connection: Connection) -> None:
        accept = self.settings().accept
        if accept == "silence":
            connection.wait_deaf(HOLD_SECONDS)
        if accept != "normal":
            return
        while connection.keep and not self.stopping.is_set():
            try:
                request = connection.read_request()
            except BadRequest as error:
                connection.keep = False
                connection.answer(text_answer(400, f"Bad Message 400: {error}"))
                return
            if request is None:
                return
            routes.serve(self, connection, request)

    def _refuse(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # else one that is just being waited on would keep listening
        self._listener.close()

    def _hang_up(self) -> None:
        with self._open_lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.hang_up()


def _bind(host: str, port: int) -> socket.socket:
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        return listener
    except (OSError, OverflowError) as error:
        listener.close()
        raise CannotListen(f"cannot listen on {host}:{port}: {error}") from None
