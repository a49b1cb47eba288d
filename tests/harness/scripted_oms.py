# SPDX-License-Identifier: Apache-2.0
"""An OMS that answers what a test says, page by page: for sequences and words that no living shop comes up with."""

import json
import socket
import threading
import time
from contextlib import suppress
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def row(order_id, status, updated_at, **fields):
    return {"order_id": order_id, "customer_id": "C-1", "customer_name": "An Lê", "status": status,
            "order_type": "delivery", "total_amount": "10.00", "updated_at": updated_at, "item_name": "Phở",
            "item_detail": None, **fields}


class ScriptedOms:
    """`page`: the rows shown from now on; `date`: the OMS's clock in seconds, None: the real one. Setting `page` is
    seen whole by every request that begins after it."""

    api_key = "scripted-key"

    def __init__(self, page=(), port=0):
        self.page = list(page)
        self.date = None
        self.requests = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._server.oms = self
        self._server.kept_alive = []
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
        for connection in self._server.kept_alive:
            connection.close()

    def body(self):
        rows = self.page
        counts = {}
        for shown in rows:
            counts[shown["status"]] = counts.get(shown["status"], 0) + 1
        return json.dumps({"total": len(rows), "statusCounts": counts, "data": rows}).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.server.kept_alive.append(self)

    def close(self):
        with suppress(OSError):  # it may have ended by itself
            self.connection.shutdown(socket.SHUT_RDWR)

    def do_GET(self):
        oms = self.server.oms
        body = oms.body()
        oms.requests += 1
        self.send_response_only(200)
        self.send_header("Date", formatdate(time.time() if oms.date is None else oms.date, usegmt=True))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
