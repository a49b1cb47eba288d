# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL that takes every login and then never answers: a server whose disk hangs, a pooler whose server is gone."""

import socket
import struct
import threading

_TLS, _GSS = struct.pack("!I", 80877103), struct.pack("!I", 80877104)


def _message(kind, body):
    return kind + struct.pack("!I", len(body) + 4) + body


_WELCOME = b"".join((
    _message(b"R", struct.pack("!I", 0)),
    *(_message(b"S", name + b"\0" + value + b"\0") for name, value in (
        (b"server_version", b"15.0"), (b"server_encoding", b"UTF8"), (b"client_encoding", b"UTF8"),
        (b"standard_conforming_strings", b"on"))),
    _message(b"K", struct.pack("!II", 1, 2)),
    _message(b"Z", b"I")))


class SilentPostgres:
    """Use as a context manager. `logins`: how many there were."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections = []
        self.logins = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def dsn(self):
        return f"host=127.0.0.1 port={self._listener.getsockname()[1]} dbname=shop user=shop sslmode=disable gssencmode=disable"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()
        for connection in self._connections:
            connection.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            threading.Thread(target=self._greet, args=(connection,), daemon=True).start()

    def _greet(self, connection):
        try:
            while connection.recv(4096)[4:8] in (_TLS, _GSS):
                connection.sendall(b"N")
            connection.sendall(_WELCOME)
            self.logins += 1
        except OSError:
            pass
