# SPDX-License-Identifier: Apache-2.0
"""Questions as each version answers them."""
import json
import re

import pytest

from simulator.asking import get
from simulator.metabase_asking import (AS_FORM, AS_JSON, card, connect, export, metabase, on_the_wire, query, request,
                                       send, session_of, stats)
from simulator.metabase_cards import DISCOUNT_STOCK, ODD_TYPES, VENDOR_PRODUCTS, VENDOR_STATUS
from simulator.metabase_profiles import PROFILES, VERSIONS

KEEPING, ABORTING = ("v0.48", "v0.49.0", "v0.50"), ("v0.62",)
FAILED = {"status": "failed", "error": 'ERROR: relation "foo" does not exist\n  Position: 15', "row_count": 0,
          "data": {"rows": [], "cols": []}, "card_id": VENDOR_STATUS, "state": "42P01"}


def test_the_versions_of_the_reference():
    assert VERSIONS == ("v0.48", "v0.49.0", "v0.50", "v0.53", "v0.59", "v0.62")
    assert all(profile.tag.startswith(version) for version, profile in PROFILES.items())


def test_the_three_questions_show_the_truth(bazaar):
    session, truth = session_of(bazaar), get(bazaar, "/truth/vendors")["vendors"]
    assert len(truth) == 10
    assert {row["Vendor Code"]: (row["Vendor Name"], row["Status"]) for row in
            export(bazaar, VENDOR_STATUS, session).json()} == {
                code: (vendor["name"], vendor["status"]) for code, vendor in truth.items()}
    products, stock = {}, {}
    for row in export(bazaar, VENDOR_PRODUCTS, session).json():
        assert list(row) == ["Vendor Code", "Vendor Name", "State", "Products"]
        products.setdefault(row["Vendor Code"], {})[row["State"]] = row["Products"]
    for row in export(bazaar, DISCOUNT_STOCK, session).json():
        assert list(row) == ["Vendor Code", "Vendor Name", "Product", "Stock Left"]
        stock.setdefault(row["Vendor Code"], {})[row["Product"]] = row["Stock Left"]
    assert products == {code: vendor["products"] for code, vendor in truth.items()}
    assert stock == {code: vendor["discount_stock"] for code, vendor in truth.items()}


@pytest.mark.parametrize("version", VERSIONS)
def test_an_export_byte_for_byte(bazaar, version):
    metabase(bazaar, version=version)
    card(bazaar, 8000, columns=["Name", "Left", "None"], data=[["Ünï \"x\"", 7, None], ["b", 1234, False]])
    reply = export(bazaar, 8000, session_of(bazaar))
    assert reply.status == 200 and reply.headers["content-type"] == "application/json; charset=utf-8"
    assert re.fullmatch(r'attachment; filename="question_8000_\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\.json"',
                        reply.headers["content-disposition"])
    assert reply.headers["x-accel-buffering"] == "no"
    assert reply.body.decode() == (
        '[\n{"Name":"Ünï \\"x\\"","Left":"7","None":""},\n{"Name":"b","Left":"1,234","None":"false"}\n]'
        if version == "v0.49.0" else
        '[\n{"Name":"Ünï \\"x\\"","Left":7,"None":null},\n{"Name":"b","Left":1234,"None":false}\n]')


@pytest.mark.parametrize("version", VERSIONS)
def test_an_empty_export_is_four_bytes(bazaar, version):
    metabase(bazaar, version=version)
    card(bazaar, VENDOR_STATUS, fault="no_rows")
    session = session_of(bazaar)
    assert export(bazaar, VENDOR_STATUS, session).body == b"[\n\n]"
    assert query(bazaar, VENDOR_STATUS, session).json()["data"]["rows"] == []


@pytest.mark.parametrize("version", VERSIONS)
def test_a_query_has_rows_first_and_columns_after(bazaar, version):
    metabase(bazaar, version=version)
    reply = query(bazaar, VENDOR_STATUS, session_of(bazaar))
    assert reply.status == 202 and reply.body.startswith(b'{"data":{"rows":[')
    answer = reply.json()
    assert list(answer["data"])[:2] == ["rows", "cols"]
    assert [column["name"] for column in answer["data"]["cols"]] == ["Vendor Code", "Vendor Name", "Status",
                                                                   "Changed At"]
    assert [row[0] for row in answer["data"]["rows"]] == [f"V{number:03d}" for number in range(1, 11)]
    assert (answer["status"], answer["row_count"]) == ("completed", 10)
    assert (b"[\n[" in reply.body) == (version in ("v0.48", "v0.49.0"))


@pytest.mark.parametrize("version", VERSIONS)
def test_framing(bazaar, version):
    metabase(bazaar, version=version)
    head = on_the_wire(bazaar, VENDOR_STATUS, session_of(bazaar)).head
    assert b"Content-Length" not in head
    assert (b"Transfer-Encoding: chunked" in head) == (version in KEEPING + ABORTING)
    connection, session = connect(bazaar), session_of(bazaar)
    for _ in range(2):
        reply = send(connection, "POST", f"/api/card/{VENDOR_STATUS}/query/json", "", AS_FORM | session)
        assert (reply.headers["connection"] == "close") == (version not in KEEPING)
    connection.close()
    assert stats(bazaar)["cards"]["7163"]["reused_connection"] == (version in KEEPING)


@pytest.mark.parametrize("version", VERSIONS)
def test_gzip(bazaar, version):
    metabase(bazaar, version=version)
    session = session_of(bazaar)
    for offer in ("gzip", "br, gzip;q=0.8", "*"):
        wire = on_the_wire(bazaar, VENDOR_STATUS, session, f"Accept-Encoding: {offer}")
        text, checked = wire.unzipped()
        assert b"Content-Encoding: gzip" in wire.head and wire.complete and checked
        assert json.loads(text) == export(bazaar, VENDOR_STATUS, session).json()


@pytest.mark.parametrize("version", VERSIONS)
def test_more_than_eight_columns_lose_their_order_in_old_versions(bazaar, version):
    metabase(bazaar, version=version)
    session = session_of(bazaar)
    titles = [column["name"] for column in query(bazaar, ODD_TYPES, session).json()["data"]["cols"]]
    keys = list(export(bazaar, ODD_TYPES, session).json()[0])
    assert sorted(keys) == sorted(titles) and len(keys) == 14
    assert (keys == titles) == (version in ("v0.59", "v0.62"))


@pytest.mark.parametrize("version, asked, formatted", [
    ("v0.48", "true", False), ("v0.49.0", "false", True), ("v0.50", None, True), ("v0.50", "false", False),
    ("v0.53", None, False), ("v0.53", "true", True), ("v0.62", None, False)])
def test_format_rows(bazaar, version, asked, formatted):
    metabase(bazaar, version=version)
    reply = export(bazaar, ODD_TYPES, session_of(bazaar), {"format_rows": asked} if asked else {})
    row = reply.json()[0]
    if formatted:
        assert all(isinstance(value, str) for value in row.values())
        assert (row["Exact Decimal"], row["Exponent"], row["Online"], row["Nothing"]) == ("12.5", "0.00000015", "true",
                                                                                         "")
        assert (row["Opened At"], row["Born"]) == ("November 1, 2019, 7:23 AM", "November 1, 2019, 12:00 AM")
        assert reply.json()[1]["Big Integer"] == "9,007,199,254,740,993"
    else:
        assert (row["Big Integer"], row["Online"], row["Nothing"], row["Born"]) == (42, True, None, "2019-11-01")
        assert b'"Exact Decimal":12.50' in reply.body and b'"Exponent":1.5E-7' in reply.body


def test_large_integers_are_exact_in_an_export_and_text_in_a_new_query(bazaar):
    session = session_of(bazaar)
    for version, beyond in (("v0.50", 9007199254740993), ("v0.53", "9007199254740993")):
        metabase(bazaar, version=version)
        assert query(bazaar, ODD_TYPES, session).json()["data"]["rows"][1][2] == beyond
        assert export(bazaar, ODD_TYPES, session).json()[2]["Big Integer"] == 123456789012345678901234567890


@pytest.mark.parametrize("version", VERSIONS)
def test_parameters_of_an_export_by_form_json_and_query_string(bazaar, version):
    metabase(bazaar, version=version)
    session = session_of(bazaar)
    parameters = [{"type": "category", "target": ["variable", ["template-tag", "vendor"]], "value": "V003"}]
    path, text = f"/api/card/{VENDOR_STATUS}/query/json", json.dumps(parameters)

    def codes(reply):
        return [row["Vendor Code"] for row in reply.json()]
    assert codes(export(bazaar, VENDOR_STATUS, session, {"parameters": text})) == ["V003"]
    by_json = request(bazaar, "POST", path, json.dumps({"parameters": parameters}), AS_JSON | session)
    assert (codes(by_json) == ["V003"]) == (version not in KEEPING)
    by_query = request(bazaar, "POST", path + "?parameters=" + text.replace(" ", "").replace('"', "%22"), "", session)
    assert (codes(by_query) == ["V003"]) == (version in KEEPING)
    rows = query(bazaar, VENDOR_STATUS, session, {"parameters": parameters}).json()["data"]["rows"]
    assert [row[0] for row in rows] == ["V003"]


def test_wrong_parameters(bazaar):
    session = session_of(bazaar)
    unknown = [{"type": "category", "target": ["variable", ["template-tag", "x"]], "value": 1}]
    reply = export(bazaar, DISCOUNT_STOCK, session, {"parameters": json.dumps(unknown)})
    assert reply.status == 500
    assert reply.json()["message"].startswith('Invalid parameter: Card 7,179 does not have a template tag named "x".')
    for text in ("{", "[1]", '{"a":1}', '[{"target":[]}]'):
        assert export(bazaar, DISCOUNT_STOCK, session, {"parameters": text}).status == 400


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("fault, honest", [("failed", 500), ("failed_typed", 400)])
def test_status_of_a_failed_query(bazaar, version, fault, honest):
    metabase(bazaar, version=version)
    card(bazaar, VENDOR_STATUS, fault=fault)
    session = session_of(bazaar)
    is_honest = version in ("v0.59", "v0.62")
    for reply, good in ((query(bazaar, VENDOR_STATUS, session), 202), (export(bazaar, VENDOR_STATUS, session), 200)):
        assert reply.status == (honest if is_honest else good)
        assert reply.headers["content-type"].startswith("application/json")
        assert FAILED.items() <= reply.json().items()
        assert reply.json().get("error_type") == ("invalid-query" if fault == "failed_typed" else None)
    csv = request(bazaar, "POST", f"/api/card/{VENDOR_STATUS}/query/csv", "", session)
    assert csv.headers["content-type"] == ("application/json" if is_honest else "text/csv")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_query_that_fails_midway(bazaar, version):
    metabase(bazaar, version=version)
    card(bazaar, VENDOR_STATUS, fault="failed_midway", fault_rows=2)
    wire = on_the_wire(bazaar, VENDOR_STATUS, session_of(bazaar))
    assert b" 200 " in wire.head.partition(b"\r\n")[0]
    assert wire.body.startswith(b'[\n{"Vendor Code":"V001",') and wire.body.count(b'"Vendor Code"') == 2
    if version in ABORTING:
        assert wire.body.endswith(b"}") and not wire.complete and wire.reset
    else:
        assert wire.complete and not wire.reset
        behind = json.loads(wire.body[wire.body.index(b'}{"database_id":1,') + 1:])
        assert behind["status"] == "failed" and behind["error"].startswith("Error reducing result rows: ")
