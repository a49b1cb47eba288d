# SPDX-License-Identifier: Apache-2.0
"""Each fault as it looks on the wire."""
import http.client
import json
import socket
import time

import pytest

from simulator.asking import ask
from simulator.metabase_answers import HUGE_STACKTRACE_BYTES
from simulator.metabase_asking import (card, connect, eventually, export, log_in, metabase, on_the_wire, query,
                                       raw_export, request, send, session_of, stats)
from simulator.metabase_cards import DISCOUNT_STOCK, VENDOR_STATUS
from simulator.metabase_faults import FAULTS
from simulator.metabase_profiles import VERSIONS
from simulator.metabase_rows import DEEP

LASTING = ("slow_first_byte", "drip", "row_drip", "silent")


def fault(simulator, name: str, number: int = DISCOUNT_STOCK, **settings):
    card(simulator, number, fault=name, **settings)
    return on_the_wire(simulator, number, session_of(simulator))


@pytest.mark.parametrize("version", VERSIONS)
def test_every_fault_of_every_version_counts_down_and_heals(bazaar, version):
    metabase(bazaar, version=version, throttle=False)
    session = session_of(bazaar)
    good = export(bazaar, DISCOUNT_STOCK, session).body
    for name in FAULTS:
        if name in ("none", *LASTING):
            continue
        card(bazaar, DISCOUNT_STOCK, fault=name, fault_count=1, fault_seconds=0.01)
        spoilt = on_the_wire(bazaar, DISCOUNT_STOCK, session, "Accept-Encoding: gzip")
        whole = spoilt.complete and not spoilt.reset and spoilt.head.startswith(b"HTTP/1.1 200 ")
        text, checked = spoilt.unzipped() if b"Content-Encoding: gzip" in spoilt.head else (spoilt.body, whole)
        if name in ("steal_bytes", "revoke_after"):
            assert whole and checked and text == good, name  # the harm comes after
        else:
            assert not (whole and checked) or text != good, name
        session = session_of(bazaar) if name.startswith("revoke") else session
        after = export(bazaar, DISCOUNT_STOCK, session)
        assert (after.status, after.body) == (200, good), name


def test_a_fault_of_one_question_leaves_the_others_alone(bazaar):
    session = session_of(bazaar)
    card(bazaar, DISCOUNT_STOCK, fault="html_502")
    assert export(bazaar, DISCOUNT_STOCK, session).status == 502
    assert export(bazaar, VENDOR_STATUS, session).status == 200
    metabase(bazaar, fault="not_found")
    assert export(bazaar, VENDOR_STATUS, session).status == 404
    assert export(bazaar, DISCOUNT_STOCK, session).status == 502  # its own goes first
    assert log_in(bazaar).status == 200
    ask(bazaar, "POST", "/control/reset_faults")
    assert [export(bazaar, number, session).status for number in (DISCOUNT_STOCK, VENDOR_STATUS)] == [200, 200]


# (1)

def test_nothing_listens_for_a_while(bazaar):
    session = session_of(bazaar)
    kept = connect(bazaar)
    send(kept, "GET", "/api/health")
    metabase(bazaar, accept="refuse")
    with pytest.raises(ConnectionRefusedError):
        export(bazaar, VENDOR_STATUS, session)
    with pytest.raises((ConnectionError, http.client.BadStatusLine)):
        kept.auto_open = 0
        send(kept, "GET", "/api/health")
    kept.close()
    metabase(bazaar, accept="normal")
    assert export(bazaar, VENDOR_STATUS, session).status == 200


def test_accepted_and_closed(bazaar):
    metabase(bazaar, accept="close")
    with pytest.raises((ConnectionError, http.client.RemoteDisconnected)):
        log_in(bazaar)
    assert stats(bazaar)["connections"] == 1 and stats(bazaar)["requests"] == 0


def test_accepted_and_never_answered(bazaar):
    metabase(bazaar, accept="silence")
    with socket.create_connection(("127.0.0.1", bazaar.metabase.port), 0.3) as connection:
        connection.sendall(b"GET /api/health HTTP/1.1\r\n\r\n")
        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_hung_up_on_without_a_byte_or_kept_waiting(bazaar):
    assert fault(bazaar, "hang_up").head == b""
    card(bazaar, DISCOUNT_STOCK, fault="silent")
    with raw_export(bazaar, DISCOUNT_STOCK, session_of(bazaar)) as connection:
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(1)


# (2) (3)

def test_initializing(bazaar):
    session = session_of(bazaar)
    metabase(bazaar, initializing_seconds=60)
    for reply in (export(bazaar, VENDOR_STATUS, session), log_in(bazaar),
                  request(bazaar, "GET", "/api/session/properties")):
        assert (reply.status, reply.body) == (503, b"Metabase is still initializing. Please sit tight...")
    assert request(bazaar, "GET", "/api/health").json() == {"status": "initializing", "progress": 0.3}
    metabase(bazaar, initializing_seconds=0.2)  # from now on
    assert eventually(lambda: request(bazaar, "GET", "/api/health").status == 200)
    assert export(bazaar, VENDOR_STATUS, session).status == 200


@pytest.mark.parametrize("health, status", [("initializing", "initializing"), ("ok", "ok"), (
    "no_app_db", "Unable to get app-db connection"), ("app_db_error", "Error getting app-db connection")])
def test_health(bazaar, health, status):
    metabase(bazaar, health=health)
    reply = request(bazaar, "GET", "/api/health")
    assert (reply.status, reply.json()["status"]) == (200 if health == "ok" else 503, status)


# (6)

def test_forms_of_a_failed_query(bazaar):
    assert len(fault(bazaar, "failed_huge").body) > HUGE_STACKTRACE_BYTES
    escaped = json.loads(fault(bazaar, "failed_escaped").body)
    assert escaped["_status"] == 500 and set(escaped) == {"via", "trace", "cause", "_status"}
    types = {name: json.loads(fault(bazaar, name).body).get("error_type") for name in
             ("failed", "failed_timeout", "failed_permission", "failed_parameter", "failed_pool")}
    assert types == {"failed": None, "failed_timeout": "timed-out", "failed_permission": "missing-required-permissions",
                     "failed_parameter": "missing-required-parameter", "failed_pool": None}


@pytest.mark.parametrize("status", [200, 202, 400, 500])
def test_any_status_of_a_failed_query(bazaar, status):
    wire = fault(bazaar, "failed", fault_status=status)
    assert wire.head.startswith(b"HTTP/1.1 %d " % status) and json.loads(wire.body)["status"] == "failed"


# (7) (8)

def rows_of(wire) -> int:
    return wire.body.count(b"\n{")


@pytest.mark.parametrize("version, detectable", [("v0.50", True), ("v0.53", False), ("v0.62", True)])
def test_cut_connections(bazaar, version, detectable):
    metabase(bazaar, version=version)
    whole = on_the_wire(bazaar, DISCOUNT_STOCK, session_of(bazaar)).body
    for name in ("cut", "cut_between_rows"):
        wire = fault(bazaar, name, fault_rows=3)
        assert wire.complete == (not detectable) and not wire.reset  # only chunks show it
        assert whole.startswith(wire.body) and rows_of(wire) == (4 if name == "cut" else 3)
        assert wire.body.endswith(b"}") == (name == "cut_between_rows")
    wire = fault(bazaar, "cut_terminated")
    assert wire.complete and whole.startswith(wire.body) and rows_of(wire) == 1 + whole.count(b"\n{") // 2
    wire = fault(bazaar, "abort", fault_rows=5)
    assert wire.reset and not wire.complete and rows_of(wire) == 6
    wire = fault(bazaar, "error_appended", fault_rows=5)
    assert wire.complete and b'}{"database_id":1' in wire.body and rows_of(wire) == 5


@pytest.mark.parametrize("version", VERSIONS)
def test_spoilt_gzip(bazaar, version):
    metabase(bazaar, version=version)
    session = session_of(bazaar)
    whole = export(bazaar, DISCOUNT_STOCK, session).body
    card(bazaar, DISCOUNT_STOCK, fault="truncated_gzip")
    wire = on_the_wire(bazaar, DISCOUNT_STOCK, session, "Accept-Encoding: gzip")
    assert wire.complete and wire.unzipped() == (whole, False)
    card(bazaar, DISCOUNT_STOCK, fault="wrong_gzip_trailer")
    wire = on_the_wire(bazaar, DISCOUNT_STOCK, session, "Accept-Encoding: gzip")
    assert wire.complete and wire.unzipped() == (b"", False)
    card(bazaar, DISCOUNT_STOCK, fault="cut")
    text, checked = on_the_wire(bazaar, DISCOUNT_STOCK, session, "Accept-Encoding: gzip").unzipped()
    assert whole.startswith(text) and 0 < len(text) < len(whole) and not checked


# (9) (10) (11)

def test_an_empty_body_after_a_while(bazaar):
    for version, status in (("v0.50", 202), ("v0.53", 200), ("v0.62", 0)):
        metabase(bazaar, version=version)
        started = time.monotonic()
        wire = fault(bazaar, "empty", fault_seconds=0.2, fault_status=status)
        assert time.monotonic() - started >= 0.2
        assert wire.head.startswith(b"HTTP/1.1 %d " % (status or 200)) and wire.body == b"" and wire.complete


def test_a_slow_first_byte(bazaar):
    started = time.monotonic()
    wire = fault(bazaar, "slow_first_byte", fault_seconds=0.3)
    assert time.monotonic() - started >= 0.3 and wire.body.endswith(b"\n]")


@pytest.mark.parametrize("name, pieces", [("drip", [b"[", b"\n", b"{", b'"']), ("row_drip", None)])
def test_dripping(bazaar, name, pieces):
    card(bazaar, DISCOUNT_STOCK, fault=name, fault_seconds=0.1)
    with raw_export(bazaar, DISCOUNT_STOCK, session_of(bazaar)) as connection:
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(1)
        got = [connection.recv(65536) for _ in range(4)]
    if pieces:
        assert got == pieces
    else:
        assert [piece.count(b"\n{") for piece in got] == [1, 1, 1, 1]


def test_leading_blanks_are_still_json(bazaar):
    wire = fault(bazaar, "leading_blanks")
    assert wire.body[:600].isspace() and len(json.loads(wire.body)) > 10


# (12) (13)

@pytest.mark.parametrize("name, status, kind", [
    ("html_200", 200, "text/html"), ("index_html", 200, "text/html"), ("html_502", 502, "text/html"),
    ("html_504", 504, "text/html"), ("redirect_https", 302, None), ("redirect_sso", 302, None),
    ("ip_forbidden", 403, "text/plain"), ("not_found", 404, "text/plain"), ("forbidden", 403, "text/plain"),
    ("archived_404", 404, "application/json"), ("mfa_setup", 403, "application/json"),
    ("error_500", 500, "application/json"), ("hidden_500", 500, "application/json"),
    ("initializing", 503, "text/plain")])
def test_answers_instead_of_a_query(bazaar, name, status, kind):
    card(bazaar, VENDOR_STATUS, fault=name)
    reply = export(bazaar, VENDOR_STATUS, session_of(bazaar))
    assert reply.status == status
    assert (reply.headers["content-type"] or "").partition(";")[0] == (kind or "")
    assert (reply.headers["location"] is not None) == name.startswith("redirect")
    if kind == "application/json":
        assert {"message"} <= set(reply.json())


@pytest.mark.parametrize("proxy", ["html_200", "html_502", "redirect_sso", "ip_forbidden"])
def test_a_proxy_answers_everything(bazaar, proxy):
    metabase(bazaar, proxy=proxy)
    replies = [log_in(bazaar), request(bazaar, "GET", "/api/health"), request(bazaar, "GET", "/")]
    assert len({(reply.status, reply.body) for reply in replies}) == 1
    assert stats(bazaar)["logins"]["attempts"] == 0


def test_a_followed_redirect_is_noticed(bazaar):
    metabase(bazaar, proxy="redirect_sso")
    assert request(bazaar, "GET", log_in(bazaar).headers["location"]).headers["content-type"].startswith("text/html")
    assert stats(bazaar)["redirects_followed"] == 1


# (14) (18)

@pytest.mark.parametrize("name, value", [
    ("null_values", None), ("blank_for_null", ""), ("nan_values", "NaN"), ("not_numbers", "many"),
    ("big_integers", 9007199254740993), ("big_integer_texts", "9007199254740993"), ("exponents", 125.0),
    ("nested", {"left": [1, {"of": [2]}]})])
def test_odd_values(bazaar, name, value):
    rows = json.loads(fault(bazaar, name).body)
    assert all(row["Stock Left"] == value for row in rows) and rows[0]["Vendor Code"] == "V001"


def test_values_that_only_some_parsers_take(bazaar):
    assert b'"Stock Left":NaN}' in fault(bazaar, "bare_nan").body
    assert b'"Stock Left":1e999}' in fault(bazaar, "overflow").body


def test_formatted_numbers(bazaar):
    stock = export(bazaar, DISCOUNT_STOCK, session_of(bazaar)).json()
    rows = json.loads(fault(bazaar, "formatted").body)
    assert [row["Stock Left"] for row in rows] == [f"{row['Stock Left'] * 1234:,}" for row in stock]


def test_nulls_everywhere(bazaar):
    rows = json.loads(fault(bazaar, "nulls_everywhere").body)
    assert rows[0]["Vendor Code"] is None and rows[1]["Vendor Code"] == "V001" and rows[1]["Vendor Name"] is None


@pytest.mark.parametrize("name, keys", [
    ("renamed_column", ["vendor_code", "vendor_name", "product", "stock_left"]),
    ("missing_column", ["Vendor Code", "Vendor Name", "Product"]),
    ("extra_column", ["Vendor Code", "Vendor Name", "Product", "Stock Left", "Surprise"]),
    ("reordered", ["Stock Left", "Product", "Vendor Name", "Vendor Code"])])
def test_odd_columns(bazaar, name, keys):
    assert all(list(row) == keys for row in json.loads(fault(bazaar, name).body))


def test_duplicate_titles_collapse_in_an_export_and_not_in_a_query(bazaar):
    rows = json.loads(fault(bazaar, "duplicate_titles").body)
    assert rows[0] == {"Vendor Code": "V001", "Vendor Name": "Phở Nhà Lương", "Product": "Phở bò",
                       "Stock Left": "the other one"}
    columns = query(bazaar, DISCOUNT_STOCK, session_of(bazaar)).json()["data"]["cols"]
    assert [column["name"] for column in columns][-2:] == ["Stock Left", "Stock Left_2"]


def test_duplicate_keys_and_rows(bazaar):
    good = export(bazaar, DISCOUNT_STOCK, session_of(bazaar)).json()
    wire = fault(bazaar, "duplicate_keys")
    assert wire.body.count(b'"Stock Left":') == 2 * len(good) and json.loads(wire.body) == good
    assert json.loads(fault(bazaar, "duplicate_rows").body) == [row for row in good for _ in range(2)]


def test_odd_texts(bazaar):
    assert b'"Caf\xe9 \xff\xfe \xc0\xaf"' in fault(bazaar, "invalid_utf8").body
    assert rb'"Half \ud800 Emoji"' in fault(bazaar, "lone_surrogate").body
    assert json.loads(fault(bazaar, "nul_text").body)[0]["Vendor Name"] == "Zero \0 here"
    assert len(json.loads(fault(bazaar, "long_text").body)[0]["Vendor Name"]) == 100_000
    assert b"[" * DEEP + b"]" * DEEP in fault(bazaar, "deep_nesting").body
    assert fault(bazaar, "bom").body.startswith(b"\xef\xbb\xbf[\n{")


@pytest.mark.parametrize("name", ["bad_json", "trailing_text"])
def test_what_is_not_json(bazaar, name):
    with pytest.raises(json.JSONDecodeError):
        json.loads(fault(bazaar, name).body)


def test_json_of_another_kind(bazaar):
    assert isinstance(json.loads(fault(bazaar, "wrong_top").body), dict)
    assert json.loads(fault(bazaar, "scalar_top").body) == 17
