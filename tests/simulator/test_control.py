# SPDX-License-Identifier: Apache-2.0
"""The controls: strict, merging, reversible."""
import json

import pytest

from simulator.asking import RECENT, ask, connect, control, get


@pytest.mark.parametrize("body, message", [
    ({"colour": 1}, "unknown setting 'colour'"), ({"paused": 1}, "paused: must be true or false"),
    ({"limit_cap": 1.5}, "limit_cap: must be a whole number from 0"), ({"limit_cap": True}, "limit_cap: must be"),
    ({"failure_ratio": 1.1}, "failure_ratio: must be a number from 0 to 1"),
    ({"rate_per_minute": float("nan")}, "rate_per_minute: must be"), ({"latency_seconds": -1}, "latency_seconds: must"),
    ({"clock_skew_seconds": "3"}, "clock_skew_seconds: must be"), ({"fault": "flood"}, "fault: must be one of none, "),
    ({"rate_per_minute": 10 ** 400}, "rate_per_minute: must be"), ([], "a JSON object")])
def test_control_is_strict_and_changes_nothing_then(shop, body, message):
    before = get(shop, "/control")
    both = {**body, "orders_stopped": True} if isinstance(body, dict) else body
    response = ask(shop, "POST", "/control", both)
    assert response.status == 400 and message in json.loads(response.data)["detail"]
    assert get(shop, "/control") == before


def test_control_names_every_mistake_at_once(shop):
    detail = json.loads(ask(shop, "POST", "/control", {"a": 1, "paused": "no"}).data)["detail"]
    assert "'a'" in detail and "paused: " in detail


def test_control_merges(shop):
    control(shop, rate_per_minute=5)
    assert control(shop, stuck=True) == {
        "rate_per_minute": 5, "failure_ratio": 0.03, "paused": True, "orders_stopped": False, "fail_all": False,
        "stuck": True, "vendors_paused": False, "clock_skew_seconds": 0, "limit_cap": 0, "latency_seconds": 0,
        "fault": "none", "fault_count": 0, "fault_minutes": 0}


def test_reset_faults_heals_the_oms_not_the_shop(shop):
    control(shop, fault="cut", fault_count=9, limit_cap=3, latency_seconds=0.1, clock_skew_seconds=60, stuck=True)
    settings = json.loads(ask(shop, "POST", "/control/reset_faults").data)
    assert (settings["fault"], settings["fault_count"], settings["limit_cap"]) == ("none", 0, 0)
    assert (settings["latency_seconds"], settings["clock_skew_seconds"]) == (0, 0)
    assert settings["stuck"] and settings["paused"]


def test_poison_by_http(shop):
    response = ask(shop, "POST", "/control/poison", {"kind": "nan_amount", "count": 2})
    assert json.loads(response.data) == {"kind": "nan_amount", "count": 2, "rejected_as": "bad_amount"}
    assert ask(shop, "GET", RECENT).data.count(b'"total_amount":NaN') == 2
    assert ask(shop, "POST", "/control/thousand_same_time", {"count": 40}).status == 200
    truth = get(shop, "/truth")
    assert truth["rejected"] == {"bad_amount": 2} and truth["orders"] == 60


@pytest.mark.parametrize("body", [{}, {"kind": "arsenic"}, {"kind": "bad_time", "count": 0},
                                  {"kind": "bad_time", "count": "2"}, {"kind": "bad_time", "counts": 2}, []])
def test_poison_is_strict(shop, body):
    assert ask(shop, "POST", "/control/poison", body).status == 400
    assert get(shop, "/truth")["rejected"] == {}


def test_a_body_that_is_not_json_is_refused(shop):
    connection = connect(shop)
    connection.request("POST", "/control", b"{paused")
    assert connection.getresponse().status == 400
    connection.close()
