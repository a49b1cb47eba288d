# SPDX-License-Identifier: Apache-2.0
"""A web server on loopback that answers what a test says."""

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from simulator.web_server import WebServer

from .service import Service


@dataclass
class Asked:
    method: str
    path: str  # with its query
    headers: dict
    body: bytes


@dataclass
class Answer:
    body: bytes
    status: int = 200
    headers: dict = field(default_factory=dict)


class ScriptedServer(Service):
    """`answer`: what an Asked gets, an Answer; several connections may ask at once. Use as a context manager; its end
    closes connections too."""

    def __init__(self, answer, port=0):
        self._server = WebServer(("127.0.0.1", port), _Handler)
        self._server.answer = answer
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def port(self):
        return self._server.server_port

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        self._thread.start()
        return self

    def stop(self):
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(5)
        self._server.server_close()
        self._server.hang_up()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self):
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = self.server.answer(Asked(self.command, self.path, dict(self.headers), sent))
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_POST = do_GET

    def log_message(self, *_):
        pass
