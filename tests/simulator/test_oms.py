# SPDX-License-Identifier: Apache-2.0
"""The OMS as its clients see it while nothing is wrong."""
import gzip
import json
import time
from datetime import datetime
from email.utils import parsedate_to_datetime

import pytest

from simulator.asking import DEADLINE_SECONDS, KEY, RECENT, ask, connect, control, get
from simulator.server import Simulator


def test_recent_answers_as_the_contract_says(shop):
    response = ask(shop, "GET", RECENT + "?minutes=5&limit=7")
    answer = json.loads(response.data)
    assert response.status == 200 and response.headers["content-type"] == "application/json"
    assert set(answer) == {"total", "statusCounts", "data"}
    assert answer["total"] == sum(answer["statusCounts"].values()) == 20 and len(answer["data"]) == 7
    times = [row["updated_at"] for row in answer["data"]]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("headers", [{}, {"x-api-key": ""}, {"x-api-key": "demo-ke"}, {"x-api-key": "sch\xf6n"}])
def test_a_wrong_key_is_refused_in_json(shop, headers):
    response = ask(shop, "GET", RECENT, headers=headers)
    assert (response.status, json.loads(response.data)) == (401, {"detail": "Invalid or missing API key"})


@pytest.mark.parametrize("name", ["minutes", "limit"])
@pytest.mark.parametrize("value", ["0", "-1", "1.5", "1e3", "", "ten", "%2B5", "%205", "NaN", "9" * 11, "%D9%A3"])
def test_what_is_not_a_positive_integer_is_refused_by_name(shop, name, value):
    response = ask(shop, "GET", f"{RECENT}?{name}={value}")
    assert response.status == 400
    assert json.loads(response.data)["detail"].startswith(f"{name}: ")


def test_the_cap_applies_whatever_is_asked(shop):
    control(shop, limit_cap=4)
    answer = get(shop, RECENT + "?minutes=5&limit=1000")
    assert len(answer["data"]) == 4 and answer["total"] == 20


@pytest.mark.parametrize("offer, zipped", [("gzip", True), ("deflate, gzip;q=0.5", True), ("gzip;q=0", False),
                                           ("identity", False)])
def test_gzip_when_asked(shop, offer, zipped):
    response = ask(shop, "GET", RECENT, headers={**KEY, "Accept-Encoding": offer})
    assert (response.headers["content-encoding"] == "gzip") == zipped
    body = gzip.decompress(response.data) if zipped else response.data
    assert json.loads(body)["total"] == 20


@pytest.mark.parametrize("skew", [-3600, 0, 3600])
def test_date_is_of_the_omss_clock_and_fits_its_orders(shop, skew):
    control(shop, clock_skew_seconds=skew)
    ask(shop, "POST", "/api/v1/seed-mock-data?count=1")
    response = ask(shop, "GET", RECENT + "?minutes=1000&limit=100")
    date = parsedate_to_datetime(response.headers["date"]).timestamp()
    assert abs(date - time.time() - skew) < DEADLINE_SECONDS
    truth = get(shop, "/truth/orders")["ORD-000021"]["updated_at"]
    assert truth in {row["updated_at"] for row in json.loads(response.data)["data"]}
    assert abs(datetime.fromisoformat(truth).timestamp() - date) < DEADLINE_SECONDS


def test_one_connection_serves_many_requests_and_is_counted_once(shop):
    connection = connect(shop)
    for minutes in (1, 2, 3):
        connection.request("GET", f"{RECENT}?minutes={minutes}&limit=5", headers=KEY)
        assert connection.getresponse().read()
    connection.close()
    ask(shop, "GET", RECENT + "?minutes=x")
    assert get(shop, "/stats") == {
        "requests": 4, "connections": 2, "redirects_followed": 0, "last_query": {"minutes": "x", "limit": None},
        "recent_queries": [{"minutes": 1, "limit": 5}, {"minutes": 2, "limit": 5}, {"minutes": 3, "limit": 5},
                           {"minutes": "x", "limit": None}]}


def test_health_and_seeding(shop):
    assert get(shop, "/api/v1/health") == {"status": "ok"}
    assert ask(shop, "POST", "/api/v1/seed-mock-data?count=30").status == 200
    assert get(shop, "/truth")["orders"] == 50
    assert ask(shop, "POST", "/api/v1/seed-mock-data?count=0").status == 400
    assert ask(shop, "POST", "/api/v1/seed-mock-data?count=500001").status == 400


def test_unknown_paths_and_wrong_methods(shop):
    assert ask(shop, "GET", "/nowhere").status == 404
    assert ask(shop, "POST", "/truth").status == 405


def test_the_living_shop_agrees_with_its_truth_once_paused():
    with Simulator(rate=6000, speed=300, failure_ratio=0.2) as simulator:
        deadline = time.monotonic() + 30
        while sum(get(simulator, "/truth")["completed"].values()) < 20 and time.monotonic() < deadline:
            time.sleep(0.05)
        control(simulator, paused=True)
        page, truth = get(simulator, RECENT + "?minutes=5&limit=100000"), get(simulator, "/truth")
        assert sum(truth["completed"].values()) >= 20
        assert page["total"] == truth["orders"]
        assert page["statusCounts"].get("COMPLETED") == sum(truth["completed"].values())
        assert truth["newest_updated_at"] == page["data"][0]["updated_at"]
        assert {row["order_id"]: (row["status"], row["updated_at"]) for row in page["data"]} == {
            order_id: (order["status"], order["updated_at"])
            for order_id, order in get(simulator, "/truth/orders").items()}
        assert get(simulator, "/truth") == truth
