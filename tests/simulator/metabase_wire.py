# SPDX-License-Identifier: Apache-2.0
"""HTTP by hand, so that an answer can be framed, cut and reset in every way that a Metabase does it."""
import json
import os
import select
import socket
import struct
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from threading import Event
from urllib.parse import parse_qsl, unquote, urlsplit

from .answer import Answer, whole_number

_MOST_HEAD_BYTES = 8 << 10
_MOST_BODY_BYTES = 16 << 20
_IDLE_SECONDS = 200.0
_LOOK_SECONDS = 0.02      # how often a waiting query looks whether its client is still there
_CLOSE_SECONDS = 0.1      # how long a client that is cancelled is watched: gone, or only done with sending
_MOST_UNREAD_PIECES = 256

# On every answer of the API.
_API_HEADERS = (
    ("Cache-Control", "max-age=0, no-cache, must-revalidate, proxy-revalidate"),
    ("Expires", "Tue, 03 Jul 2001 06:00:00 GMT"),
    ("Strict-Transport-Security", "max-age=31536000"),
    ("X-Frame-Options", "DENY"),
    ("X-Content-Type-Options", "nosniff"),
    ("Server", "Jetty(11.0.24)"),
)


class BadRequest(Exception):
    """What came is not an HTTP request."""


class ClientGone(Exception):
    """The client hung up, or ended its side, while its query ran."""


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]                 # names in lower case
    body: bytes
    address: str                            # the peer, or the client that a proxy in front of it names
    cookies: dict[str, str] = field(default_factory=dict)

    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def wants_gzip(self) -> bool:
        offers = self.headers.get("accept-encoding", "").lower().split(",")
        return any(offer.partition(";")[0].strip() in ("gzip", "*") for offer in offers)

    def form(self) -> dict[str, str]:
        if self.content_type() != "application/x-www-form-urlencoded":
            return {}
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def json(self) -> object:
        """Nothing where the body is not said to be JSON; a ValueError where it is and is not."""
        if self.content_type() != "application/json" or not self.body:
            return None
        try:
            return json.loads(self.body)
        except RecursionError:
            raise ValueError("nested too deep") from None


class Connection:
    """One accepted connection, served by one thread."""

    def __init__(self, peer: socket.socket, address: str, stopping: Event) -> None:
        self._socket = peer
        self._address = address
        self._stopping = stopping
        self._unread = b""
        self.queries = 0                    # that came over it
        self.steal_bytes = 0                # of the next request, eaten by the probe of the query before it
        self.keep = True
        peer.settimeout(_IDLE_SECONDS)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read_request(self) -> Request | None:
        """Nothing when the client has no more."""
        while b"\r\n\r\n" not in self._unread:
            if len(self._unread) > _MOST_HEAD_BYTES:
                raise BadRequest("the head is too long")
            if not self._read_more():
                return None
        head, _, self._unread = self._unread.partition(b"\r\n\r\n")
        head, self.steal_bytes = head[self.steal_bytes:], 0
        request = _parse_head(head, self._address)
        length = whole_number(request.headers.get("content-length", "0"), 0)
        if length is None or length > _MOST_BODY_BYTES or "transfer-encoding" in request.headers:
            raise BadRequest("a body needs a Content-Length")
        while len(self._unread) < length:
            if not self._read_more():
                return None
        request.body, self._unread = self._unread[:length], self._unread[length:]
        if request.headers.get("connection", "").lower() == "close":
            self.keep = False
        return request

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def answer(self, answer: Answer) -> None:
        """A whole answer of known length."""
        headers = [*_API_HEADERS, ("Last-Modified", formatdate(usegmt=True)), *answer.headers]
        if answer.body:
            headers.append(("Content-Type", answer.content_type))
        if answer.status != 204:
            headers.append(("Content-Length", str(len(answer.body))))
        self.send(_head(answer.status, headers, self.keep) + answer.body)

    def gone(self) -> bool:
        """The client has closed, or ended its side: the probe of a running query takes one for the other."""
        if self._unread:
            return False
        try:
            # Asked first, because reading would wait, whatever the flags say.
            poller = select.poll()
            poller.register(self._socket, select.POLLIN)
            return bool(poller.poll(0)) and not self._socket.recv(1, socket.MSG_PEEK)
        except (OSError, ValueError):  # it is closed
            return True

    def wait(self, seconds: float) -> None:
        """As a query does that takes that long."""
        deadline = time.monotonic() + seconds
        while not self._stopping.is_set():
            if self.gone():
                raise ClientGone
            left = deadline - time.monotonic()
            if left <= 0:
                return
            self._stopping.wait(min(left, _LOOK_SECONDS))
        raise ClientGone

    def wait_deaf(self, seconds: float) -> None:
        """Says nothing and hears nothing, until the client hangs up."""
        deadline = time.monotonic() + seconds
        with suppress(OSError):
            while time.monotonic() < deadline and self._socket.recv(65536):
                pass

    def still_reads(self, farewell: bytes) -> bool:
        """After its end was seen: did the client only end its side? Told by sending it something, which one that has
        hung up answers with a reset."""
        try:
            poller = select.poll()
            poller.register(self._socket, 0)  # only errors and hang-ups
            self._socket.settimeout(_CLOSE_SECONDS)
            self.send(farewell)
            return not poller.poll(_CLOSE_SECONDS * 1000)
        except (OSError, ValueError):
            return False

    def reset(self) -> None:
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.keep = False
        os.close(self._socket.detach())

    def close(self) -> None:
        """In the usual way; what the client sent and nobody read would make a reset of it."""
        self.keep = False
        try:
            self._socket.shutdown(socket.SHUT_WR)
            self._socket.settimeout(_CLOSE_SECONDS)
            for _ in range(_MOST_UNREAD_PIECES):
                if not self._socket.recv(65536):
                    break
        except OSError:
            pass
        self._socket.close()

    def hang_up(self) -> None:
        """From another thread."""
        self._socket.shutdown(socket.SHUT_RDWR)

    def _read_more(self) -> bool:
        piece = self._socket.recv(65536)
        self._unread += piece
        return bool(piece)


class Stream:
    """The answer to a query: pieces of a body whose length nobody knows. Nothing is sent before the first piece."""

    def __init__(self, connection: Connection, status: int, headers: list[tuple[str, str]], *, chunked: bool,
                 keep: bool, gzip: bool) -> None:
        self._connection = connection
        self._chunked = chunked
        self._zip = zlib.compressobj(1, zlib.DEFLATED, 31) if gzip else None
        connection.keep = connection.keep and keep and chunked
        headers = [*_API_HEADERS, ("Last-Modified", formatdate(usegmt=True)), *headers, ("X-Accel-Buffering", "no")]
        if gzip:
            headers += [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")]
        if chunked:
            headers.append(("Transfer-Encoding", "chunked"))
        self._unsent_head = _head(status, headers, connection.keep)

    @property
    def zipped(self) -> bool:
        return self._zip is not None

    def write(self, piece: bytes) -> None:
        if self._zip is not None:
            piece = self._zip.compress(piece) + self._zip.flush(zlib.Z_SYNC_FLUSH)
        self.send_coded(piece)

    def send_coded(self, data: bytes) -> None:
        """As it is, past the compression."""
        if not data:
            return
        framed = b"%x\r\n%s\r\n" % (len(data), data) if self._chunked else data
        self._connection.send(self._unsent_head + framed)
        self._unsent_head = b""

    def trailer(self) -> bytes:
        """What is left of the compressed text; ends it."""
        return b"" if self._zip is None else self._zip.flush()

    def finish(self) -> None:
        self.send_coded(self.trailer())
        self.end_framing()

    def end_framing(self) -> None:
        self._connection.send(self._unsent_head + (b"0\r\n\r\n" if self._chunked else b""))
        self._unsent_head = b""

    def cut(self) -> None:
        """The connection ends where the answer happens to be."""
        self._connection.keep = False

    def abort(self) -> None:
        time.sleep(0.05)  # a reset overtakes what was sent just before; let that arrive
        self._connection.reset()


def _head(status: int, headers: list[tuple[str, str]], keep: bool) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    lines = [f"HTTP/1.1 {status} {phrase}", f"Date: {formatdate(usegmt=True)}",
             *(f"{name}: {value}" for name, value in headers)]
    if not keep:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _parse_head(head: bytes, peer: str) -> Request:
    first, *rest = head.decode("latin-1").split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise BadRequest("Bad Request Line")
    target = urlsplit(parts[1])
    headers = {}
    for line in rest:
        name, colon, value = line.partition(":")
        if not colon:
            raise BadRequest("Bad Header")
        headers[name.strip().lower()] = value.strip()
    cookies = dict(crumb.strip().partition("=")[::2] for crumb in headers.get("cookie", "").split(";") if crumb.strip())
    return Request(parts[0], unquote(target.path), dict(parse_qsl(target.query, keep_blank_values=True)), headers, b"",
                   headers.get("x-forwarded-for", "").split(",")[0].strip() or peer, cookies)
