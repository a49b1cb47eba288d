# SPDX-License-Identifier: Apache-2.0
"""An OMS that always shows the page it was given: answering costs it next to nothing."""

import secrets
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class StaticOms:
    """Use as a context manager; on loopback, on a free port."""

    def __init__(self):
        self.api_key = secrets.token_hex(16)
        self.requests = 0
        self._body = b""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def show(self, body):
        """From now on; counts requests from 0 again."""
        self._body = body
        self.requests = 0

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=10)

    def _handler(self):
        oms = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60

            def do_GET(self):  # pylint: disable=invalid-name
                known = self.path.startswith("/api/v1/monitor/recent?")
                allowed = self.headers.get("x-api-key") == oms.api_key
                body = oms._body if known and allowed else b"{}"
                oms.requests += 1
                self.send_response(200 if known and allowed else 404 if allowed else 401)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass

        return Handler
