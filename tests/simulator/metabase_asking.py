# SPDX-License-Identifier: Apache-2.0
"""How the tests here ask a simulated Metabase."""
import http.client
import json
import socket
import time
import zlib
from dataclasses import dataclass
from typing import Callable
from urllib.parse import urlencode

from .asking import DEADLINE_SECONDS, ask
from .metabase import PASSWORD, USER
from .server import Simulator

AS_JSON = {"Content-Type": "application/json"}
AS_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
RAW_VALUES = {"parameters": "[]", "format_rows": "false", "pivot_results": "false"}


@dataclass
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> object:
        return json.loads(self.body)


def connect(simulator: Simulator) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", simulator.metabase.port, timeout=DEADLINE_SECONDS)


def send(connection: http.client.HTTPConnection, method: str, path: str, body: str | None = None,
         headers: dict | None = None) -> Reply:
    connection.request(method, path, body, headers or {})
    response = connection.getresponse()
    return Reply(response.status, response.headers, response.read())


def request(simulator: Simulator, method: str, path: str, body: str | None = None,
            headers: dict | None = None) -> Reply:
    connection = connect(simulator)
    try:
        return send(connection, method, path, body, headers)
    finally:
        connection.close()


def log_in(simulator: Simulator, password: str = PASSWORD, user: str = USER, **headers: str) -> Reply:
    return request(simulator, "POST", "/api/session", json.dumps({"username": user, "password": password}),
                   AS_JSON | headers)


def session_of(simulator: Simulator) -> dict:
    """The header of a fresh session."""
    return {"X-Metabase-Session": log_in(simulator).json()["id"]}


def export(simulator: Simulator, card: int, session: dict, fields: dict | None = None, **headers: str) -> Reply:
    return request(simulator, "POST", f"/api/card/{card}/query/json",
                   urlencode(RAW_VALUES if fields is None else fields), AS_FORM | session | headers)


def query(simulator: Simulator, card: int, session: dict, body: object = None) -> Reply:
    return request(simulator, "POST", f"/api/card/{card}/query", json.dumps(body or {}), AS_JSON | session)


def metabase(simulator: Simulator, **settings: object) -> dict:
    response = ask(simulator, "POST", "/control", {"metabase": settings})
    assert response.status == 200, response.data
    return json.loads(response.data)["metabase"]


def card(simulator: Simulator, number: int, **settings: object) -> dict:
    response = ask(simulator, "POST", f"/control/metabase/card/{number}", settings)
    assert response.status == 200, response.data
    return json.loads(response.data)


def stats(simulator: Simulator) -> dict:
    return json.loads(ask(simulator, "GET", "/stats").data)["metabase"]


def raw_export(simulator: Simulator, number: int, session: dict, *headers: str) -> socket.socket:
    """A connection on which the request has been sent."""
    connection = socket.create_connection(("127.0.0.1", simulator.metabase.port), DEADLINE_SECONDS)
    body = urlencode(RAW_VALUES)
    lines = [f"POST /api/card/{number}/query/json HTTP/1.1", "Host: metabase", f"Content-Length: {len(body)}",
             "Content-Type: application/x-www-form-urlencoded",
             *(f"{name}: {value}" for name, value in session.items()), *headers]
    connection.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
    return connection


def eventually(check: Callable[[], object]) -> bool:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


@dataclass
class Wire:
    """Everything that came, and how it ended."""
    head: bytes
    body: bytes         # without the framing of chunks
    complete: bool      # as far as its framing shows; where only the connection's end closes it: always
    reset: bool

    def unzipped(self) -> tuple[bytes, bool]:
        """And whether its checksum is there and right."""
        reader = zlib.decompressobj(31)
        try:
            return reader.decompress(self.body), reader.eof
        except zlib.error:
            return b"", False


def on_the_wire(simulator: Simulator, number: int, session: dict, *headers: str) -> Wire:
    with raw_export(simulator, number, session, "Connection: close", *headers) as connection:
        reset, pieces = False, []
        try:
            while piece := connection.recv(65536):
                pieces.append(piece)
        except ConnectionResetError:
            reset = True
    head, _, body = b"".join(pieces).partition(b"\r\n\r\n")
    if b"Transfer-Encoding: chunked" in head:
        body, complete = _from_chunks(body)
    else:
        complete = not reset
    return Wire(head, body, complete, reset)


def _from_chunks(data: bytes) -> tuple[bytes, bool]:
    text = b""
    while data:
        size, _, rest = data.partition(b"\r\n")
        if not size or not int(size, 16):
            return text, rest == b"\r\n"
        text += rest[:int(size, 16)]
        data = rest[int(size, 16) + 2:]
    return text, False
