# SPDX-License-Identifier: Apache-2.0
"""How the tests here ask a simulator over HTTP."""
import http.client
import json
import socket

from .server import Simulator

RECENT = "/api/v1/monitor/recent"
KEY = {"x-api-key": "demo-key"}
DEADLINE_SECONDS = 10


def connect(simulator: Simulator) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", int(simulator.url.rsplit(":", 1)[1]), timeout=DEADLINE_SECONDS)


def ask(simulator: Simulator, method: str, path: str, body: object = None, headers: dict = KEY):
    connection = connect(simulator)
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        response.data = response.read()
        return response
    finally:
        connection.close()


def get(simulator: Simulator, path: str):
    return json.loads(ask(simulator, "GET", path).data)


def control(simulator: Simulator, **settings) -> dict:
    response = ask(simulator, "POST", "/control", settings)
    assert response.status == 200, response.data
    return json.loads(response.data)


def raw(simulator: Simulator, path: str = RECENT) -> socket.socket:
    """A connection on which the request has been sent."""
    connection = socket.create_connection(("127.0.0.1", int(simulator.url.rsplit(":", 1)[1])), DEADLINE_SECONDS)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: oms\r\nx-api-key: demo-key\r\n\r\n".encode())
    return connection


def read_all(connection: socket.socket) -> bytes:
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)
