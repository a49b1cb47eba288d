# SPDX-License-Identifier: Apache-2.0
"""The web server under the simulator, and under the tests' own servers: a thread a connection, ended when asked."""

import socket
import sys
from contextlib import suppress
from http.server import ThreadingHTTPServer
from threading import Lock


class WebServer(ThreadingHTTPServer):
    """Silent about clients that hang up, which is what many tests are about; other mistakes of a handler are told."""
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, *arguments) -> None:
        self._open: set[socket.socket] = set()
        self._open_lock = Lock()
        super().__init__(*arguments)

    def process_request(self, request, client_address) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Ends the connections that are open, also those kept alive; any thread may call it."""
        with self._open_lock:
            for connection in self._open:
                with suppress(OSError):  # it may have ended by itself
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request, client_address) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)
