# SPDX-License-Identifier: Apache-2.0
"""Start and stop."""
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simulator.asking import DEADLINE_SECONDS, RECENT, connect, control, get, raw
from simulator.server import Simulator


def test_stop_ends_kept_connections_and_held_ones():
    simulator = Simulator(rate=0)
    kept = connect(simulator)
    kept.request("GET", "/api/v1/health")
    kept.getresponse().read()
    control(simulator, fault="silent")
    held = raw(simulator)
    deadline = time.monotonic() + DEADLINE_SECONDS
    while get(simulator, "/stats")["requests"] == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    started = time.monotonic()
    simulator.stop()
    assert time.monotonic() - started < 5
    assert held.recv(1) == b"" and kept.sock.recv(1) == b""
    held.close()
    kept.close()


def start_program(*flags: str, **environment: str) -> tuple[subprocess.Popen, str]:
    process = subprocess.Popen([sys.executable, "-m", "simulator", *flags], cwd=Path(__file__).parent.parent,
                               env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True)
    return process, process.stdout.readline()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_program_says_where_it_is_and_stops_when_told(number):
    process, line = start_program("--port", "0", "--rate", "600", OMS_API_KEY="from-the-environment")
    try:
        address = line.removeprefix("simulator listening on http://").strip()
        connection = http.client.HTTPConnection(address, timeout=DEADLINE_SECONDS)
        connection.request("GET", RECENT, headers={"x-api-key": "from-the-environment"})
        assert connection.getresponse().status == 200
        process.send_signal(number)
        assert process.wait(DEADLINE_SECONDS) == 0
        connection.close()
    finally:
        process.kill()
        output, errors = process.communicate()
    assert (output, errors) == ("", "")


def test_the_program_prints_where_its_metabase_is():
    process, _ = start_program("--metabase-port", "0", "--metabase-version", "v0.59",
                               METABASE_PASSWORD="from-the-environment", METABASE_USERNAME="a@b.co")
    try:
        address = process.stdout.readline().removeprefix("simulated metabase listening on http://").strip()
        connection = http.client.HTTPConnection(address, timeout=DEADLINE_SECONDS)
        connection.request("POST", "/api/session", '{"username":"a@b.co","password":"from-the-environment"}',
                           {"Content-Type": "application/json"})
        assert json.loads(connection.getresponse().read())["id"]
        connection.request("GET", "/api/session/properties")
        assert json.loads(connection.getresponse().read())["version"]["tag"] == "v0.59.4"
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_SECONDS) == 0
        connection.close()
    finally:
        process.kill()
        output, errors = process.communicate()
    assert (output, errors) == ("", "")


@pytest.mark.parametrize("flag", ["--port", "--metabase-port"])
def test_a_port_in_use_is_one_clear_error(shop, flag):
    port = shop.url.rsplit(":", 1)[1]
    process, _ = start_program(flag, port)
    _, errors = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 1
    assert errors.startswith(f"simulator: cannot listen on 127.0.0.1:{port}: ") and errors.count("\n") == 1
