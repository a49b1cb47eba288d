# SPDX-License-Identifier: Apache-2.0
"""A web server on loopback that answers what a test says."""

import socket
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


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


class ScriptedServer:
    """`answer`: what an Asked gets, an Answer; several connections may ask at once. Use as a context manager; its end
    closes connections too."""

    def __init__(self, answer, port=0):
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.answer = answer
        self._server.connections = []
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def port(self):
        return self._server.server_port

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
        for connection in self._server.connections:
            with suppress(OSError):  # it may have ended by itself
                connection.shutdown(socket.SHUT_RDWR)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request, client_address):
        # A client that hangs up is what many tests are about; everything else is a mistake in a test.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def setup(self):
        super().setup()
        self.server.connections.append(self.connection)

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
