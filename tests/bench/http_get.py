# SPDX-License-Identifier: Apache-2.0
"""A client that costs the same for every server: one GET, one connection, bytes dropped as they come."""

import socket
import time
from dataclasses import dataclass

from bench.measure import WrongResult

DEADLINE_SECONDS = 120
_BUFFER = memoryview(bytearray(1 << 20))


@dataclass(frozen=True)
class Got:
    seconds: float
    body_bytes: int
    body: bytes  # empty unless asked for


def request_text(path, gzip):
    encoding = "Accept-Encoding: gzip\r\n" if gzip else ""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{encoding}Connection: close\r\n\r\n".encode()


def get(port, path="/metrics", gzip=False, keep=False):
    """Timed to the end of the connection. WrongResult where the answer is not 200, not whole, not encoded as asked."""
    started = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_SECONDS) as connection:
        connection.sendall(request_text(path, gzip))
        first = b""
        while b"\r\n\r\n" not in first:
            piece = connection.recv(1 << 16)
            if not piece:
                raise WrongResult(f"port {port} hung up after {first[:200]!r}")
            first += piece
        head, _, rest = first.partition(b"\r\n\r\n")
        kept, count = [rest], len(rest)
        while size := connection.recv_into(_BUFFER):
            count += size
            if keep:
                kept.append(bytes(_BUFFER[:size]))
    seconds = time.perf_counter() - started
    _check(port, head, count, gzip)
    return Got(seconds, count, b"".join(kept) if keep else b"")


def _check(port, head, count, gzip):
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if status.split(" ")[1] != "200":
        raise WrongResult(f"port {port} answered {status}")
    if headers.get("content-length") not in (None, str(count)):
        raise WrongResult(f"port {port} announced {headers['content-length']} bytes and sent {count}")
    if (headers.get("content-encoding") == "gzip") != gzip:
        raise WrongResult(f"port {port} sent the encoding {headers.get('content-encoding')}, asked for gzip: {gzip}")
