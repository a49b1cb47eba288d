# SPDX-License-Identifier: Apache-2.0
"""Ways in which the OMS fails to answer. Each is either another Answer or a way to send the right one wrongly."""
import os
import socket
import struct
import time
from threading import Event
from typing import Callable, Protocol

from .answer import Answer, json_answer

HUGE_BYTES = 1 << 30
_HUGE_PIECE_BYTES = 256 << 10
_DRIP_SECONDS = 0.1
_HOLD_SECONDS = 600.0  # longest that a connection is dripped on or left without an answer

_LOGIN_PAGE = b"<!doctype html><html><head><title>Sign in</title></head><body><h1>Please sign in</h1></body></html>\n"


class Exchange(Protocol):
    """The request that a fault spoils. After a spoilt answer its connection is never used again."""
    connection: socket.socket
    stopping: Event

    def send_head(self, answer: Answer, length: int | None) -> None:
        """Status line and headers; a length of None announces chunks."""

    def write(self, data: bytes) -> None: ...

    def leave(self) -> None:
        """The connection ends after this answer."""


# The shop's good answer in, the one to send out.
ANSWERS: dict[str, Callable[[Answer], Answer]] = {
    "status_500": lambda good: json_answer({"detail": "Internal Server Error"}, 500, date=good.date),
    "status_503": lambda good: json_answer({"detail": "The OMS is being deployed"}, 503, date=good.date,
                                           headers=(("Retry-After", "1"),)),
    "status_401": lambda good: json_answer({"detail": "Invalid or missing API key"}, 401, date=good.date),
    "html_200": lambda good: Answer(200, _LOGIN_PAGE, "text/html; charset=utf-8", date=good.date),
    "redirect": lambda good: Answer(302, headers=(("Location", "/login?ticket=do-not-log-this"),), date=good.date),
    "wrong_types": lambda good: json_answer({"total": "many", "statusCounts": [1, "PENDING"],
                                             "data": {"order_id": 17, "status": "PENDING"}}, date=good.date),
    "no_data": lambda good: json_answer({"total": 0, "statusCounts": {}}, date=good.date),
    "bad_json": lambda good: Answer(200, b'{"total": 1, "statusCounts": {}, "data": [oops]}', date=good.date),
    "truncated_json": lambda good: Answer(200, good.body[:len(good.body) // 2], date=good.date),
    "empty_200": lambda good: Answer(200, date=good.date),
}


def _cut(exchange: Exchange, good: Answer) -> None:
    """Promises the whole body, sends half, hangs up."""
    exchange.send_head(good, len(good.body))
    exchange.write(good.body[:len(good.body) // 2])


def _reset(exchange: Exchange, good: Answer) -> None:
    """Half a body, then a TCP reset."""
    exchange.send_head(good, len(good.body))
    exchange.write(good.body[:len(good.body) // 2])
    # Lingering for no time makes closing a reset. Detached, because the handler's files hold the socket open.
    exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(exchange.connection.detach())


def _drip(exchange: Exchange, good: Answer) -> None:
    """A byte now and then."""
    exchange.send_head(good, len(good.body))
    deadline = time.monotonic() + _HOLD_SECONDS
    for index in range(len(good.body)):
        if time.monotonic() > deadline or exchange.stopping.wait(_DRIP_SECONDS):
            return
        exchange.write(good.body[index:index + 1])


def _huge(exchange: Exchange, good: Answer) -> None:
    """The start of a valid answer that lasts a gigabyte and never ends properly. Repeats the good rows, so that
    a client that keeps what came learns nothing wrong."""
    exchange.send_head(good, None)
    rows = good.body[good.body.index(b"[") + 1:-len(b"]}")]
    head, more = good.body[:good.body.index(b"[") + 1] + rows, b"," + rows if rows else b" "
    _write_chunk(exchange, head)
    piece = more * (1 + _HUGE_PIECE_BYTES // len(more))
    sent = len(head)
    while sent < HUGE_BYTES and not exchange.stopping.is_set():
        _write_chunk(exchange, piece)
        sent += len(piece)


def _write_chunk(exchange: Exchange, data: bytes) -> None:
    exchange.write(b"%x\r\n%s\r\n" % (len(data), data))


def _silent(exchange: Exchange, _good: Answer) -> None:
    """Says nothing until the client hangs up."""
    deadline = time.monotonic() + _HOLD_SECONDS
    while time.monotonic() < deadline and not exchange.stopping.wait(0.05):
        try:
            if not exchange.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
                return
        except BlockingIOError:
            pass


SPOILERS: dict[str, Callable[[Exchange, Answer], None]] = {
    "cut": _cut, "reset": _reset, "drip": _drip, "huge": _huge, "silent": _silent,
}


def spoil(fault: str, exchange: Exchange, good: Answer) -> Answer | None:
    """The answer to send; nothing if the fault has sent, or not sent, what it had to."""
    if fault in ANSWERS:
        return ANSWERS[fault](good)
    exchange.leave()
    SPOILERS[fault](exchange, good)
    return None
