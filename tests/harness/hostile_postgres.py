# SPDX-License-Identifier: Apache-2.0
"""Something that speaks the beginning of PostgreSQL's protocol, and then does what a test wants."""

import contextlib
import socket
import struct
import threading

# What a client asks before it says who it is: TLS, GSSAPI.
ENCRYPTION_REQUESTS = (struct.pack("!I", 80877103), struct.pack("!I", 80877104))


def message(kind, body):
    return kind + struct.pack("!I", len(body) + 4) + body


AUTHENTICATED = message(b"R", struct.pack("!I", 0))
READY = message(b"Z", b"I")
GREETING = (AUTHENTICATED + message(b"S", b"server_version\x0015.0\x00") + message(b"S", b"client_encoding\x00UTF8\x00")
            + message(b"S", b"standard_conforming_strings\x00on\x00") + message(b"K", struct.pack("!II", 1, 2)) + READY)


def notice(text):
    """As the server says something unasked."""
    return message(b"N", b"SNOTICE\0VNOTICE\0C00000\0M" + text + b"\0\0")


def endless(kind):
    """The beginning of a message that announces nearly 2 GiB."""
    return kind + struct.pack("!I", 0x7FFFFFF0)


def read_startup(connection):
    """Up to and with the client's first real message, whatever encryption it asks for before."""
    while True:
        data = connection.recv(4096)
        if data[4:8] not in ENCRYPTION_REQUESTS:
            return
        connection.sendall(b"N")


class HostilePostgres:
    """`serve(connection)` plays the server on each connection, in a thread of its own, and may run for ever: the end of
    the context closes its connection. `accepted` counts them."""

    def __init__(self, serve):
        self._serve = serve
        self._listener = None
        self._connections = []
        self.accepted = 0

    @property
    def port(self):
        return self._listener.getsockname()[1]

    @property
    def dsn(self):
        return f"host=127.0.0.1 port={self.port} user=o2o dbname=orders password=hunter2 sslmode=disable gssencmode=disable"

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        for end in (self._listener, *self._connections):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                self.accepted += 1
                threading.Thread(target=self._play, args=(connection,), daemon=True).start()

    def _play(self, connection):
        with contextlib.suppress(OSError), connection:
            self._serve(connection)
