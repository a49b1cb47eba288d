# SPDX-License-Identifier: Apache-2.0
"""Clients among each other, and what Metabase notices of them."""
import socket

import pytest

from simulator.asking import DEADLINE_SECONDS, control, get, read_all
from simulator.metabase_asking import (AS_FORM, card, connect, eventually, export, metabase, raw_export, send,
                                       session_of, stats)
from simulator.metabase_cards import VENDOR_PRODUCTS, VENDOR_STATUS


# (15) (16) (17)

def test_a_reused_connection_loses_a_byte_of_the_next_request(bazaar):
    session = session_of(bazaar)
    for version, stolen in (("v0.50", True), ("v0.53", False)):
        metabase(bazaar, version=version)
        card(bazaar, VENDOR_STATUS, fault="steal_bytes")
        connection = connect(bazaar)
        first = send(connection, "POST", f"/api/card/{VENDOR_STATUS}/query/json", "", AS_FORM | session)
        second = send(connection, "GET", "/api/user/current", headers=session)
        third = send(connection, "GET", "/api/user/current", headers=session)
        connection.close()
        assert (first.status, second.status, third.status) == (200, 404 if stolen else 200, 200)


def test_beyond_the_threads_a_query_waits_without_a_byte(bazaar):
    metabase(bazaar, query_threads=2)
    card(bazaar, VENDOR_STATUS, fault="silent", fault_count=2)
    session = session_of(bazaar)
    holding = [raw_export(bazaar, VENDOR_STATUS, session) for _ in range(2)]
    assert eventually(lambda: get(bazaar, "/control/metabase/card/7163")["fault"] == "none")
    waiting = raw_export(bazaar, VENDOR_STATUS, session, "Connection: close")
    waiting.settimeout(0.3)
    with pytest.raises(TimeoutError):
        waiting.recv(1)
    assert stats(bazaar)["cards"]["7163"]["running"] == 3
    holding[0].close()
    waiting.settimeout(DEADLINE_SECONDS)
    assert read_all(waiting).endswith(b"\n]")
    for connection in (waiting, holding[1]):
        connection.close()
    assert eventually(lambda: stats(bazaar)["cards"]["7163"]["running"] == 0)
    seen = stats(bazaar)["cards"]["7163"]
    assert (seen["requests"], seen["most_at_once"], seen["cancelled"]) == (3, 3, 2)


def test_answers_that_went_astray(bazaar):
    session = session_of(bazaar)
    card(bazaar, VENDOR_STATUS, fault="cross_talk")
    assert export(bazaar, VENDOR_STATUS, session).body == export(bazaar, VENDOR_PRODUCTS, session).body


# What Metabase notices of its clients

def test_a_client_that_hangs_up_cancels_its_query(bazaar):
    card(bazaar, VENDOR_STATUS, fault="slow_first_byte")
    raw_export(bazaar, VENDOR_STATUS, session_of(bazaar)).close()
    assert eventually(lambda: stats(bazaar)["cards"]["7163"]["cancelled"] == 1)
    seen = stats(bazaar)["cards"]["7163"]
    assert (seen["running"], seen["half_closed"]) == (0, 0)


@pytest.mark.parametrize("settings", [{"query_seconds": 30}, {"fault": "slow_first_byte"}, {"fault": "row_drip"}])
def test_a_client_that_ends_its_side_cancels_it_too(bazaar, settings):
    metabase(bazaar, **settings)
    with raw_export(bazaar, VENDOR_STATUS, session_of(bazaar)) as connection:
        connection.shutdown(socket.SHUT_WR)
        assert b"\n]" not in read_all(connection)
    assert eventually(lambda: stats(bazaar)["cards"]["7163"]["running"] == 0)
    seen = stats(bazaar)["cards"]["7163"]
    assert (seen["cancelled"], seen["half_closed"]) == (1, 1)


def test_an_answered_query_is_not_cancelled(bazaar):
    session = session_of(bazaar)
    for _ in range(20):
        export(bazaar, VENDOR_STATUS, session)
    assert eventually(lambda: stats(bazaar)["running"] == 0)
    seen = stats(bazaar)["cards"]["7163"]
    assert (seen["requests"], seen["cancelled"], seen["most_at_once"]) == (20, 0, 1)
    assert seen["last_body"] == "parameters=%5B%5D&format_rows=false&pivot_results=false"


def test_the_oms_does_not_notice_any_of_it(bazaar):
    metabase(bazaar, accept="refuse", fault="silent")
    control(bazaar, vendor_offline="V003")
    assert get(bazaar, "/api/v1/health") == {"status": "ok"}
