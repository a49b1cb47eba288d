# SPDX-License-Identifier: Apache-2.0
"""What answers at the database's address may lie, flood and stall in any phase of a connection: it costs bounded time
and memory, the log stays the program's own, and the gauges of the OMS stay live."""
import signal
import time
from pathlib import Path

import pytest

from harness.exporter import Exporter
from harness.hostile_postgres import (AUTHENTICATED, GREETING, READY, HostilePostgres, endless, message, notice,
                                      read_startup)
from harness.processes import resident_bytes, wait_until
from harness.scripted_oms import ScriptedOms, row
from harness.stand import events

RECENT = "o2o_orders_recent"
MUCH = b"x" * (1 << 20)
FORGED = b"x\nts=2026-01-01T00:00:00.000Z level=error msg=forged\x1b[2J\xff"


def now_text():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


@pytest.fixture(name="oms")
def oms_with_an_order():
    with ScriptedOms([row("ORD-1", "PENDING", now_text())]) as oms:
        yield oms


@pytest.fixture(name="exporter")
def exporter_maker(scratch, oms):
    """Makes an exporter between the OMS and the database of a DSN, and starts it."""
    made = []

    def make(dsn, **limits):
        limits = {"statement_timeout": "1s", "connect_timeout": "1s", **limits}
        config = scratch.file("hostile.yml")
        with open(config, "w", encoding="utf-8") as file:
            file.write("store:\n  dsn: ${PG_DSN}\n" + "".join(f"  {key}: {value}\n" for key, value in limits.items())
                       + "sources:\n- name: orders\n  interval: 1s\n  stale_after: 60s\n"
                         "  oms: {url: '${OMS_URL}', api_key: '${OMS_API_KEY}'}\n")
        exporter = Exporter(scratch, oms.url, oms.api_key, dsn, config)
        made.append(exporter)
        return exporter.start()

    yield make
    for exporter in made:
        exporter.kill()


def silent_from_the_start(connection):
    connection.recv(1)
    time.sleep(600)


def silent_after_login(connection):
    read_startup(connection)
    connection.sendall(AUTHENTICATED)
    time.sleep(600)


def silent_in_a_query(connection):
    read_startup(connection)
    connection.sendall(GREETING)
    time.sleep(600)


def dripping_login(connection):
    read_startup(connection)
    connection.sendall(AUTHENTICATED)
    while True:
        connection.sendall(notice(b"patience"))
        time.sleep(0.1)


def forging_notices(connection):
    read_startup(connection)
    connection.sendall(AUTHENTICATED)
    while True:
        connection.sendall(notice(FORGED + b"y" * 1000))


def flooding_an_answer_with_notices(connection):
    read_startup(connection)
    connection.sendall(GREETING)
    while True:
        connection.sendall(notice(FORGED) * 100)


def endless_error(connection):
    read_startup(connection)
    connection.sendall(endless(b"E"))
    while True:
        connection.sendall(MUCH)


def endless_row(connection):
    read_startup(connection)
    connection.sendall(GREETING)
    connection.recv(4096)
    connection.sendall(message(b"T", b"\0\1a\0" + b"\0" * 18) + endless(b"D"))
    while True:
        connection.sendall(MUCH)


def rows_without_end(connection):
    read_startup(connection)
    connection.sendall(GREETING)
    connection.recv(4096)
    connection.sendall(message(b"T", b"\0\1a\0" + b"\0" * 18))
    rows = message(b"D", b"\0\1\0\0\0\1" + b"7") * 10_000
    while True:
        connection.sendall(rows)


def begins_a_copy(connection):
    read_startup(connection)
    connection.sendall(GREETING)
    while connection.recv(4096):
        connection.sendall(message(b"G", b"\0\0\0"))


def answers_nonsense(connection):
    read_startup(connection)
    connection.sendall(GREETING)
    while connection.recv(4096):
        rows = message(b"T", b"\0\1a\0" + b"\0" * 18) + message(b"D", b"\0\1\0\0\0\5" + b"4711x")
        connection.sendall(rows + message(b"C", b"COMMIT\0") + READY)


def says_the_password_back(connection):
    read_startup(connection)
    connection.sendall(message(b"R", struct_of_cleartext()))
    connection.recv(4096)
    connection.sendall(message(b"E", b"SFATAL\0VFATAL\0C28P01\0Mno hunter2 here\0\0"))


def struct_of_cleartext():
    return (3).to_bytes(4, "big")


BEHAVIOURS = [silent_from_the_start, silent_after_login, silent_in_a_query, dripping_login, forging_notices,
              flooding_an_answer_with_notices, endless_error, endless_row, rows_without_end, begins_a_copy,
              answers_nonsense, says_the_password_back]


@pytest.mark.parametrize("serve", BEHAVIOURS, ids=lambda serve: serve.__name__)
def test_it_costs_bounded_time_and_memory_and_gauges_stay_live(exporter, serve):
    with HostilePostgres(serve) as server:
        running = exporter(server.dsn)
        before = resident_bytes(running.child.pid)
        worst = 0

        def tried_again():
            nonlocal worst
            worst = max(worst, resident_bytes(running.child.pid))
            return server.accepted >= 6  # two connections, hence each for the third time

        wait_until(tried_again, 60, "the exporter gave it up twice", [running.child], interval=0.05)
        samples = running.samples()
        assert samples.value("o2o_store_up") == 0
        assert samples.series(RECENT), "the gauges of the OMS stay live"
        assert running.stop() == 0
    log = running.child.log()
    assert events(running.child, "stopping took too long: exiting now") == [], log[-2000:]
    assert worst - before < 160 << 20, f"{worst >> 20} MiB"
    assert len(log) < 100_000
    assert all(line.startswith("ts=20") and " level=" in line and "\x1b" not in line for line in log.splitlines()), log
    assert not any(line.startswith("ts=2026-01-01T00:00:00.000Z") for line in log.splitlines())
    assert "hunter2" not in log


def test_a_silent_server_delays_no_stop(exporter):
    """The limits of the shipped configuration are longer than a stop may take."""
    with HostilePostgres(silent_in_a_query) as server:
        running = exporter(server.dsn, statement_timeout="30s", connect_timeout="30s")
        wait_until(lambda: server.accepted >= 2, 30, "both connections hang", [running.child])
        assert running.stop() == 0
    assert len(events(running.child, "stopped")) == 1, running.child.log_tail()


def test_a_silent_server_delays_no_reload(exporter, scratch):
    with HostilePostgres(silent_in_a_query) as server:
        running = exporter(server.dsn, statement_timeout="10m", connect_timeout="10m")
        wait_until(lambda: server.accepted >= 2, 30, "both connections hang", [running.child])
        config = Path(scratch.file("hostile.yml"))
        config.write_text(config.read_text().replace("statement_timeout: 10m", "statement_timeout: 9m"))
        running.child.send(signal.SIGHUP)
        # The new configuration's own connections.
        wait_until(lambda: server.accepted >= 4, 30, "the reload went through", [running.child])


def test_what_the_server_is_wrong_about_is_said(exporter):
    with HostilePostgres(answers_nonsense) as server:
        running = exporter(server.dsn)
        wait_until(lambda: events(running.child, "store down"), 30, "the store was down", [running.child])
    assert "PostgreSQL's answer was not as expected: a value is not an integer" in (
        events(running.child, "store down")[0]["error"])
