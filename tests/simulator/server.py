# SPDX-License-Identifier: Apache-2.0
"""The shop behind one HTTP server: routes, threads, start and stop."""
import json
import re
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from threading import Event, RLock, Thread
from typing import Callable
from urllib.parse import parse_qsl, urlsplit

from . import control, metabase_control, oms, sink
from .answer import Answer, Refused, json_answer, whole_number
from .clock import SECOND, system_clock
from .metabase import CannotListen, Metabase
from .settings import Settings, merged
from .shop import Shop
from .vendors import Vendors
from .web_server import WebServer

_TICK_SECONDS = 0.02
_IDLE_SECONDS = 300
_MOST_BODY_BYTES = 16 << 20


class Simulator:
    """Runs from construction to stop(); `with` stops it. Bound to `host`; port 0 takes a free one. With `metabase`
    there is a Metabase in front of the vendors, on a port of its own; a dict is what it is built with."""

    def __init__(self, port: int = 0, *, host: str = "127.0.0.1", rate: float = 120, failure_ratio: float = 0.03,
                 seed: int = 1, speed: float = 1, api_key: str = "demo-key", time_format: str = "z",
                 metabase: bool | dict = False, clock: Callable[[], int] = system_clock) -> None:
        start = merged(Settings(), {"rate_per_minute": rate, "failure_ratio": failure_ratio})
        self.api_key = api_key
        self.shop = Shop(clock, start, seed=seed, speed=speed, time_format=time_format)
        self.vendors = Vendors(clock, seed=seed, speed=speed)
        self.lock = RLock()  # guards the shop and its vendors
        self.statistics = oms.Statistics()
        self.sink = sink.Sink()
        self.stopping = Event()
        self._server = _Server((host, port), Handler)
        self._server.simulator = self
        self.metabase = None if metabase is False else self._start_metabase(
            {"host": host, **({} if metabase is True else metabase)}, clock)
        self._threads = [Thread(target=self._server.serve_forever, args=(_TICK_SECONDS,), daemon=True),
                         Thread(target=self._live, daemon=True)]
        for thread in self._threads:
            thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def metabase_url(self) -> str:
        return self.metabase.url

    def __enter__(self) -> "Simulator":
        return self

    def __exit__(self, *_exception) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends every connection, also those kept alive; what is being sent is not waited for."""
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()
        if self.metabase is not None:
            self.metabase.stop()
        for thread in self._threads:
            thread.join(5)

    def settings(self) -> Settings:
        with self.lock:
            return self.shop.settings

    def change(self, changes: object) -> Settings:
        with self.lock:
            # Up to here the shop lived under the old settings.
            self._tick()
            self.shop.apply(merged(self.shop.settings, changes))
            return self.shop.settings

    def take_fault(self) -> str:
        """The fault for one request; counts it where the fault clears itself."""
        with self.lock:
            settings = self.shop.settings
            if settings.fault != "none" and settings.fault_count > 0:
                left = settings.fault_count - 1
                self.change({"fault": settings.fault if left else "none", "fault_count": left})
            return settings.fault

    def oms_now(self) -> int:
        with self.lock:
            return self.shop.now()

    def _live(self) -> None:
        while not self.stopping.wait(_TICK_SECONDS):
            with self.lock:
                self._tick()

    def _tick(self) -> None:
        self.shop.tick()
        self.vendors.tick(self.shop.settings.paused or self.shop.settings.vendors_paused)

    def _start_metabase(self, options: dict, clock: Callable[[], int]) -> Metabase:
        try:
            return Metabase(self.vendors, self.lock, clock=clock, **options)
        except CannotListen:
            self._server.server_close()
            raise


class _Server(WebServer):
    simulator: Simulator


Route = Callable[[Simulator, "Handler"], Answer | None]

_ROUTES: dict[str, dict[str, Route]] = {
    "/api/v1/monitor/recent": {"GET": oms.recent},
    "/api/v1/health": {"GET": oms.health},
    "/api/v1/seed-mock-data": {"POST": oms.seed_mock_data},
    "/login": {"GET": oms.login},
    "/truth": {"GET": control.truth},
    "/truth/orders": {"GET": control.truth_orders},
    "/truth/vendors": {"GET": metabase_control.truth_vendors},
    "/stats": {"GET": control.stats},
    "/control": {"GET": control.show, "POST": control.change},
    "/control/poison": {"POST": control.poison},
    "/control/thousand_same_time": {"POST": control.thousand_same_time},
    "/control/reset_faults": {"POST": control.reset_faults},
    "/control/metabase/card/": {"GET": metabase_control.show_card, "POST": metabase_control.change_card},
    "/control/metabase/restore_cards": {"POST": metabase_control.restore_cards},
    "/control/metabase/revoke_sessions": {"POST": metabase_control.revoke_sessions},
    "/control/metabase/forget_failures": {"POST": metabase_control.forget_failures},
    "/sink/alertmanager": {"POST": sink.take_alertmanager},
    "/sink/notifications": {"GET": sink.show_notifications},
}

_CARD = re.compile(r"^(/control/metabase/card/).+$")


class Handler(BaseHTTPRequestHandler):
    """One connection; the exchange that routes and faults see."""
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.stopping = self.server.simulator.stopping
        self._oms_requests = 0

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args) -> None:  # noqa: A002 (the base class names it)
        pass

    def first_oms_request(self) -> bool:
        self._oms_requests += 1
        return self._oms_requests == 1

    def json(self) -> object:
        try:
            return json.loads(self._body or b"{}")
        except (ValueError, RecursionError) as error:
            raise Refused(400, f"the body is not JSON: {error}") from None

    def write(self, data: bytes) -> None:
        self.wfile.write(data)

    def leave(self) -> None:
        self.close_connection = True

    def send_head(self, answer: Answer, length: int | None) -> None:
        self.send_response_only(answer.status)
        date = system_clock() if answer.date is None else answer.date
        self.send_header("Date", formatdate(date // SECOND, usegmt=True))
        if answer.body or answer.status == 200:
            self.send_header("Content-Type", answer.content_type)
        for name, value in answer.headers:
            self.send_header(name, value)
        if length is None:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(length))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _serve(self) -> None:
        try:
            target = urlsplit(self.path)
            self.query = dict(parse_qsl(target.query, keep_blank_values=True))
            self._body = self._read_body()
            answer = self._route(target.path)(self.server.simulator, self)
        except Refused as refusal:
            answer = json_answer({"detail": str(refusal)}, refusal.status)
        if answer is not None:
            self.send_head(answer, len(answer.body))
            self.write(answer.body)

    def _route(self, path: str) -> Route:
        methods = _ROUTES.get(_CARD.sub(r"\1", path))
        if methods is None:
            raise Refused(404, f"there is no {path[:100]} here")
        if self.command not in methods:
            raise Refused(405, f"{path} takes {' or '.join(methods)}")
        return methods[self.command]

    def _read_body(self) -> bytes:
        length = whole_number(self.headers.get("content-length", "0"), 0)
        if "transfer-encoding" in self.headers or length is None or length > _MOST_BODY_BYTES:
            self.leave()
            raise Refused(413, f"a body needs a Content-Length of at most {_MOST_BODY_BYTES}")
        return self.rfile.read(length)
