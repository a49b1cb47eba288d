# SPDX-License-Identifier: Apache-2.0
"""Row limits, big questions, and the rest of the API."""
import json
import socket

import pytest

from simulator.asking import ask
from simulator.metabase_asking import (AS_FORM, AS_JSON, card, connect, eventually, export, metabase, on_the_wire,
                                       query, request, session_of, stats)
from simulator.metabase_cards import DISCOUNT_STOCK
from simulator.metabase_profiles import VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_row_limits(bazaar, version):
    metabase(bazaar, version=version)
    session = session_of(bazaar)
    for rows, truncated in ((1999, None), (2000, 2000), (2001, 2000)):
        card(bazaar, 8000, rows=rows)
        answer = query(bazaar, 8000, session).json()
        assert (answer["row_count"], answer["data"].get("rows_truncated")) == (min(rows, 2000), truncated)
        assert len(answer["data"]["rows"]) == min(rows, 2000)
    metabase(bazaar, unaggregated_row_limit=1500)
    assert query(bazaar, 8000, session).json()["row_count"] == 1500
    assert len(export(bazaar, 8000, session).json()) == (1500 if version == "v0.48" else 2001)


def test_csv(bazaar):
    card(bazaar, 8000, columns=["A", "B"], data=[["x, y", 1], [None, "q\"q"]])
    reply = request(bazaar, "POST", "/api/card/8000/query/csv", "", session_of(bazaar))
    assert (reply.status, reply.headers["content-type"]) == (200, "text/csv")
    assert reply.body == b'A,B\n"x, y",1\n,"q""q"\n'


def test_big_questions_stream_rows_that_all_differ(bazaar):
    session = session_of(bazaar)
    for count in (1, 999, 1000, 2500):
        card(bazaar, 8000, rows=count)
        rows = export(bazaar, 8000, session).json()
        assert len(rows) == count == len({row["Vendor Code"] for row in rows}) == len({row["Row"] for row in rows})
    assert b"@" not in export(bazaar, 8000, session).body
    card(bazaar, 8000, rows=300_000)
    wire = on_the_wire(bazaar, 8000, session)
    assert wire.body.count(b"\n{") == 300_000 and wire.body.endswith(b"}\n]") and len(wire.body) > 50_000_000


def test_three_million_rows_begin_at_once_and_end_when_nobody_reads(bazaar):
    card(bazaar, 8000, rows=3_000_000)
    session = session_of(bazaar)
    connection = connect(bazaar)
    connection.request("POST", "/api/card/8000/query/json", "", AS_FORM | session)
    assert connection.getresponse().read(1_000_000).count(b"\n{") > 4000
    connection.close()
    assert eventually(lambda: stats(bazaar)["cards"]["8000"]["running"] == 0)
    assert stats(bazaar)["cards"]["8000"]["cancelled"] == 1


def test_a_download_is_cut_unless_the_question_has_a_limit_of_its_own(bazaar):
    card(bazaar, 8000, rows=1_050_000, own_limit=False)
    session = session_of(bazaar)
    assert on_the_wire(bazaar, 8000, session).body.count(b"\n{") == 1_048_575
    assert ask(bazaar, "POST", "/control", {"metabase": {"download_row_limit": 5}}).status == 400


def test_the_dataset_endpoint(bazaar):
    session = session_of(bazaar)
    card(bazaar, 8000, rows=3000)

    def ask_dataset(inner: dict, **more: object):
        body = {"database": 1, "type": "query", "query": {"source-table": "card__8000", **inner}, **more}
        return request(bazaar, "POST", "/api/dataset", json.dumps(body), AS_JSON | session)
    assert ask_dataset({}).json()["row_count"] == 2000
    assert ask_dataset({"limit": 7}).json()["row_count"] == 7
    assert ask_dataset({}, constraints={"max-results": 5000, "max-results-bare-rows": 2500}).json()["row_count"] == 2500
    native = request(bazaar, "POST", "/api/dataset", json.dumps(
        {"database": 1, "type": "native", "native": {"query": "SELECT 1"}}), AS_JSON | session)
    assert (native.status, native.json()["status"]) == (202, "failed")
    assert request(bazaar, "POST", "/api/dataset", "{}", AS_JSON | session).status == 400


def test_the_dataset_export(bazaar):
    session = session_of(bazaar)
    inner = json.dumps({"database": 1, "type": "query", "query": {"source-table": "card__7163", "limit": 3}})
    as_json = request(bazaar, "POST", "/api/dataset/json", '{"query":%s}' % inner, AS_JSON | session)
    as_form = request(bazaar, "POST", "/api/dataset/json", "query=" + inner.replace(" ", ""), AS_FORM | session)
    assert len(as_json.json()) == len(as_form.json()) == 3
    metabase(bazaar, version="v0.50")
    assert request(bazaar, "POST", "/api/dataset/json", '{"query":%s}' % inner, AS_JSON | session).status == 400


def test_a_question_described(bazaar):
    session = session_of(bazaar)
    reply = request(bazaar, "GET", "/api/card/7179", headers=session).json()
    assert (reply["id"], reply["archived"], reply["type"], reply["display"]) == (7179, False, "question", "table")
    assert [column["name"] for column in reply["result_metadata"]] == ["Vendor Code", "Vendor Name", "Product",
                                                                      "Stock Left"]
    card(bazaar, DISCOUNT_STOCK, archived=True)
    assert request(bazaar, "GET", "/api/card/7179", headers=session).json()["archived"] is True
    assert export(bazaar, DISCOUNT_STOCK, session).status == 200


def test_what_is_not_there(bazaar):
    session = session_of(bazaar)
    for method, path, status, body in (
            ("GET", "/api/card/1", 404, b"Not found."), ("POST", "/api/card/1/query/json", 404, b"Not found."),
            ("GET", "/api/card/7163/query/json", 404, b"API endpoint does not exist."),
            ("GET", "/api/nothing", 404, b"API endpoint does not exist."),
            ("GET", "/api/dashboard/1", 404, b"API endpoint does not exist.")):
        reply = request(bazaar, method, path, headers=session)
        assert (reply.status, reply.headers["content-type"], reply.body) == (status, "text/plain", body)
    assert request(bazaar, "GET", "/api/nothing").status == 404
    assert request(bazaar, "GET", "/api/card/abc", headers=session).status == 400
    for path in ("/", "/question/7163", "/card/7163/query/json"):
        page = request(bazaar, "GET", path)
        assert page.status == 200 and page.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("version", VERSIONS)
def test_health_and_version(bazaar, version):
    metabase(bazaar, version=version)
    assert request(bazaar, "GET", "/api/health").json() == {"status": "ok"}
    tag = request(bazaar, "GET", "/api/session/properties").json()["version"]["tag"]
    assert tag.startswith(version)
    for path in ("/livez", "/readyz"):
        is_probe = request(bazaar, "GET", path).headers["content-type"] == "application/json"
        assert is_probe == (version in ("v0.53", "v0.59", "v0.62"))


def test_what_is_not_http_is_refused(bazaar):
    for data in (b"HELLO\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"G" * 10_000,
                 b"POST /api/session HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", bazaar.metabase.port), 5) as connection:
            connection.sendall(data)
            assert connection.recv(100).startswith(b"HTTP/1.1 400 ")
