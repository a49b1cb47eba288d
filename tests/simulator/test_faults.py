# SPDX-License-Identifier: Apache-2.0
"""Each fault as it looks on the wire."""
import http.client
import json
import time

import pytest

from simulator.asking import KEY, RECENT, ask, connect, control, get, raw, read_all
from simulator.faults import ANSWERS, SPOILERS
from simulator.server import Simulator
from simulator.settings import FAULTS


def test_every_fault_is_made_of_something():
    assert {"none", *ANSWERS, *SPOILERS} == set(FAULTS)


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault not in ("none", "huge")])
def test_faults_leave_everything_else_alone(shop, fault):
    control(shop, fault=fault)
    for path in ("/truth", "/truth/orders", "/control", "/stats", "/sink/notifications", "/api/v1/health"):
        assert ask(shop, "GET", path).status == 200
    assert json.loads(ask(shop, "POST", "/control/reset_faults").data)["fault"] == "none"
    assert ask(shop, "GET", RECENT).status == 200


@pytest.mark.parametrize("fault, status", [("status_500", 500), ("status_503", 503), ("status_401", 401),
                                           ("redirect", 302)])
def test_bad_statuses(shop, fault, status):
    control(shop, fault=fault)
    response = ask(shop, "GET", RECENT)
    assert response.status == status
    assert (response.headers["location"] is not None) == (fault == "redirect")
    assert (response.headers["retry-after"] is not None) == (fault == "status_503")


def test_a_followed_redirect_is_noticed(shop):
    control(shop, fault="redirect")
    ask(shop, "GET", ask(shop, "GET", RECENT).headers["location"])
    assert get(shop, "/stats")["redirects_followed"] == 1


def test_whole_but_wrong_bodies(shop):
    def fault(name: str):
        control(shop, fault=name)
        response = ask(shop, "GET", RECENT, headers={**KEY, "Accept-Encoding": "gzip"})
        assert response.status == 200 and len(response.data) == int(response.headers["content-length"])
        return response

    assert fault("html_200").data.startswith(b"<!doctype html>")
    assert fault("html_200").headers["content-type"].startswith("text/html")
    assert isinstance(json.loads(fault("wrong_types").data)["data"], dict)
    assert "data" not in json.loads(fault("no_data").data)
    assert fault("empty_200").data == b""
    for name in ("bad_json", "truncated_json"):
        with pytest.raises(json.JSONDecodeError):
            json.loads(fault(name).data)
    control(shop, fault="none")
    whole = ask(shop, "GET", RECENT).data
    assert whole.startswith(fault("truncated_json").data)


def test_cut_ends_in_the_middle_without_a_reset(shop):
    control(shop, fault="cut")
    with pytest.raises(http.client.IncompleteRead) as failure:
        ask(shop, "GET", RECENT)
    assert failure.value.partial and failure.value.expected > 0


def test_reset_is_a_reset(shop):
    control(shop, fault="reset")
    with raw(shop) as connection, pytest.raises(ConnectionResetError):
        read_all(connection)


def test_drip_sends_a_byte_now_and_then(shop):
    control(shop, fault="drip")
    with raw(shop) as connection:
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(1)
        started = time.monotonic()
        body = b"".join(connection.recv(65536) for _ in range(5))
        assert b'{"total"'.startswith(body) and len(body) == 5
        assert time.monotonic() - started > 0.3


def test_silent_says_nothing(shop):
    control(shop, fault="silent")
    with raw(shop) as connection:
        connection.settimeout(0.5)
        with pytest.raises(TimeoutError):
            connection.recv(1)
    assert get(shop, "/stats")["requests"] == 1


def test_huge_streams_the_start_of_valid_json(shop):
    control(shop, fault="huge")
    connection = connect(shop)
    connection.request("GET", RECENT, headers=KEY)
    response = connection.getresponse()
    start = response.read(3_000_000)
    connection.close()
    assert response.headers["transfer-encoding"] == "chunked" and len(start) == 3_000_000
    whole_rows = start[:start.rindex(b',{"order_id"')] + b"]}"
    assert {row["order_id"] for row in json.loads(whole_rows)["data"]} == set(get(shop, "/truth/orders"))


def test_huge_from_an_empty_shop_is_blank():
    with Simulator(rate=0) as simulator:
        control(simulator, fault="huge")
        connection = connect(simulator)
        connection.request("GET", RECENT, headers=KEY)
        start = connection.getresponse().read(100_000)
        connection.close()
        assert len(start) == 100_000
        assert json.loads(start + b"]}") == {"total": 0, "statusCounts": {}, "data": []}


def test_a_counted_fault_clears_itself(shop):
    control(shop, fault="status_500", fault_count=2)
    assert [ask(shop, "GET", RECENT).status for _ in range(3)] == [500, 500, 200]
    settings = get(shop, "/control")
    assert (settings["fault"], settings["fault_count"]) == ("none", 0)


def test_a_fault_of_long_windows_leaves_short_ones_alone(shop):
    control(shop, fault="status_500", fault_minutes=60)
    assert [ask(shop, "GET", f"/api/v1/monitor/recent?minutes={minutes}").status for minutes in (59, 60, 61)] == [200, 500, 500]
    assert control(shop, fault="status_503")["fault_minutes"] == 0


def test_a_fault_without_count_stays_whatever_the_last_count_was(shop):
    control(shop, fault="status_500", fault_count=2)
    assert control(shop, fault="empty_200")["fault_count"] == 0


def test_latency_delays_the_answer(shop):
    control(shop, latency_seconds=0.4)
    started = time.monotonic()
    assert ask(shop, "GET", RECENT).status == 200
    assert time.monotonic() - started >= 0.4
