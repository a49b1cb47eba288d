# SPDX-License-Identifier: Apache-2.0
"""The controls of Metabase and of the vendors: strict, merging, reversible."""
import json
from dataclasses import asdict

import pytest

from simulator.asking import ask, control, get
from simulator.metabase_asking import card, export, metabase, query, request, session_of, stats
from simulator.metabase_cards import DISCOUNT_STOCK, VENDOR_STATUS
from simulator.metabase_settings import CardSettings, MetabaseSettings


def detail(response) -> str:
    assert response.status == 400, response.data
    return json.loads(response.data)["detail"]


def everything(simulator) -> tuple:
    return get(simulator, "/control"), get(simulator, "/truth/vendors"), get(simulator, "/control/metabase/card/7163")


@pytest.mark.parametrize("body, message", [
    ({"metabase": {"colour": 1}}, "unknown setting 'colour'; there are version, accept"),
    ({"metabase": {"version": "v0.51"}}, "version: must be one of v0.48, "),
    ({"metabase": {"fault": "flood"}}, "fault: must be one of none, html_200"),
    ({"metabase": {"throttle": 1}}, "throttle: must be true or false"),
    ({"metabase": {"query_threads": 0}}, "query_threads: must be a whole number from 1"),
    ({"metabase": {"query_seconds": float("nan")}}, "query_seconds: must be a number from 0"),
    ({"metabase": {"login": "never"}}, "login: must be one of normal"), ({"metabase": []}, "a JSON object"),
    ({"metabase": {"version": "v0.48"}, "limit_cap": -1}, "limit_cap: must be"),
    ({"vendor_offline": "V099"}, "no vendor 'V099' is open; there are V001, "), ({"refill": 3}, "no vendor 3 is open"),
    ({"vendor_offline": ["V001", "V012"]}, "no vendor 'V012' is open"), ({"vendors_paused": 1}, "vendors_paused: must"),
    ({"vendor_gone": "V001"}, "unknown setting 'vendor_gone'")])
def test_control_is_strict_and_changes_nothing_then(bazaar, body, message):
    before = everything(bazaar)
    both = {"stuck": True, "vendor_offline": "V001", **body}
    assert message in detail(ask(bazaar, "POST", "/control", both))
    assert everything(bazaar) == before


@pytest.mark.parametrize("body, message", [
    ({"colour": 1}, "unknown setting 'colour'; there are archived"), ({"fault": "flood"}, "fault: must be one of"),
    ({"fault_status": 600}, "fault_status: must"), ({"rows": -1}, "rows: must"), ({"rows": "3"}, "rows: must"),
    ({"rows": 3, "data": []}, "cannot be together"),
    ({"columns": ["A"]}, "data: must"), ({"data": []}, "columns: must"),
    ({"columns": ["A"], "data": [[1, 2]]}, "data: must"), ({"columns": [1], "data": []}, "columns: must"),
    ([], "a JSON object")])
def test_control_of_a_question_is_strict_and_changes_nothing_then(bazaar, body, message):
    before, session = everything(bazaar), session_of(bazaar)
    rows = export(bazaar, VENDOR_STATUS, session).body
    both = {"archived": True, **body} if isinstance(body, dict) else body
    assert message in detail(ask(bazaar, "POST", "/control/metabase/card/7163", both))
    assert everything(bazaar) == before and export(bazaar, VENDOR_STATUS, session).body == rows


def test_what_is_said_of_the_settings(bazaar):
    assert get(bazaar, "/control")["metabase"] == asdict(MetabaseSettings())
    assert get(bazaar, "/control/metabase/card/7163") == asdict(CardSettings())
    assert metabase(bazaar, version="v0.62", query_threads=3) == {
        **asdict(MetabaseSettings()), "version": "v0.62", "query_threads": 3}
    assert card(bazaar, 7163, fault="cut", fault_rows=2)["fault_rows"] == 2
    assert card(bazaar, 7163, fault="abort")["fault_rows"] == 0


def test_a_question_that_is_not_there(bazaar):
    for path in ("/control/metabase/card/1", "/control/metabase/card/abc", "/control/metabase/card/"):
        assert ask(bazaar, "POST", path, {"archived": True}).status == 404


def test_questions_can_be_made_and_are_gone_again(bazaar):
    session = session_of(bazaar)
    card(bazaar, 8001, columns=["A", "B"], data=[[1, {"deep": [True]}], ["x", None]], archived=True)
    assert export(bazaar, 8001, session).json() == [{"A": 1, "B": {"deep": [True]}}, {"A": "x", "B": None}]
    assert query(bazaar, 8001, session).json()["data"]["rows"] == [[1, {"deep": [True]}], ["x", None]]
    assert request(bazaar, "GET", "/api/card/8001", headers=session).json()["archived"] is True
    vendors = export(bazaar, VENDOR_STATUS, session).body
    card(bazaar, VENDOR_STATUS, rows=5)
    assert len(export(bazaar, VENDOR_STATUS, session).json()) == 5
    ask(bazaar, "POST", "/control/metabase/restore_cards")
    assert export(bazaar, 8001, session).status == 404
    assert export(bazaar, VENDOR_STATUS, session).body == vendors


def test_reset_faults_heals_metabase_but_leaves_what_it_is(bazaar):
    metabase(bazaar, version="v0.59", accept="refuse", proxy="html_200", initializing_seconds=60, health="no_app_db",
             login="mfa_required", fault="cut", fault_count=5, query_seconds=1, query_threads=1, clock_ahead_seconds=5)
    card(bazaar, VENDOR_STATUS, fault="abort", archived=True)
    settings = json.loads(ask(bazaar, "POST", "/control/reset_faults").data)["metabase"]
    assert settings == {**asdict(MetabaseSettings()), "version": "v0.59", "clock_ahead_seconds": 5}
    assert get(bazaar, "/control/metabase/card/7163") == asdict(CardSettings())
    assert export(bazaar, VENDOR_STATUS, session_of(bazaar)).status == 200
    assert request(bazaar, "GET", "/api/health").status == 200


def test_vendors_go_offline_and_sell_out_on_request(bazaar):
    session = session_of(bazaar)

    def seen() -> tuple[str, int]:
        status = next(row for row in export(bazaar, VENDOR_STATUS, session).json() if row["Vendor Code"] == "V003")
        left = sum(row["Stock Left"] for row in export(bazaar, DISCOUNT_STOCK, session).json()
                   if row["Vendor Code"] == "V003")
        return status["Status"], left
    full = seen()[1]
    assert seen() == ("online", full) and full > 0
    control(bazaar, vendor_offline="V003", stock_out=["V003", "V004"])
    assert seen() == ("offline", 0)
    control(bazaar, vendor_online=["V003"], refill="V003")
    assert seen() == ("online", full)
    happened = get(bazaar, "/truth/vendors")["happened"]
    assert (happened["went_offline"], happened["came_back"], happened["sold_out"]) == (1, 1, 5)


def test_statistics_begin_at_zero_for_every_question(bazaar):
    zero = {"requests": 0, "running": 0, "most_at_once": 0, "cancelled": 0, "half_closed": 0, "reused_connection": 0,
            "last_body": ""}
    assert stats(bazaar)["cards"] == {number: zero for number in ("7163", "7196", "7179", "9100")}


def test_without_a_metabase_there_is_nothing_of_it(shop):
    assert "metabase" not in get(shop, "/control") and "metabase" not in get(shop, "/stats")
    assert "--metabase-port" in detail(ask(shop, "POST", "/control", {"metabase": {}}))
    assert "--metabase-port" in detail(ask(shop, "GET", "/control/metabase/card/7163"))
    assert len(get(shop, "/truth/vendors")["vendors"]) == 10  # they live all the same
