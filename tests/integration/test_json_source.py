# SPDX-License-Identifier: Apache-2.0
"""Any HTTP endpoint that answers JSON, by YAML alone."""
import base64
import json
import pathlib
import urllib.parse

import pytest

from harness.exporter import Exporter
from harness.processes import wait_until
from harness.prometheus import Prometheus
from harness.scripted_server import Answer, ScriptedServer
from harness.stand import events
from harness.web import request

FLAGS = {"checkout.new_flow": True, "search.v2": False, "rollout": 0.25, "limit": "1,000", "note": "some words", "none": None}
SHOPS = {"data": {"shops": [{"Shop": "A", "stock": [{"name": "tea", "left": 3}, {"name": "rice", "left": "12"}]},
                            {"Shop": "B", "stock": []}, {"Shop": "C", "stock": [{"name": "tea", "left": 0}]}]}}
GAUGES = {"queue": {"depth": 7, "size": "1000 MB", "at": "2026-01-02T03:04:05Z"}, "cart": {"depth": 0, "size": "2 MiB", "at": None}}


class Endpoint(ScriptedServer):
    """Answers by path. `status` and `body` replace all of them. `asked`: each Asked."""

    def __init__(self):
        super().__init__(self._answer)
        self.answers = {"/api/v1/flags/": FLAGS, "/shops": SHOPS, "/monitoring/metrics": GAUGES}
        self.status, self.body = 200, None
        self.asked = []

    def _answer(self, asked):
        self.asked.append(asked)
        body = self.body
        if body is None:
            body = json.dumps(self.answers[asked.path.partition("?")[0]]).encode()
        headers = {"Content-Type": "application/json"}
        if self.status == 302:
            headers["Location"] = "/elsewhere?token=do-not-show-this"
        return Answer(body, self.status, headers)


@pytest.fixture(name="endpoint")
def running_endpoint():
    with Endpoint() as endpoint:
        yield endpoint


def exporter_of(scratch, *sources):
    config = scratch.file("json.yml")
    with open(config, "w", encoding="utf-8") as file:
        json.dump({"sources": [{"interval": "500ms", "timeout": "450ms", "stale_after": "60s", **source} for source in sources]}, file)
    return Exporter(scratch, config=config)


def flags_source(endpoint, **more):
    return {"name": "flags", "json": {"url": f"{endpoint.url}/api/v1/flags/", **more},
            "metrics": [{"name": "feature_flag", "help": "Whether the feature is on.", "labels": {"flag": "$key"}, "value": "$value"}]}


def test_object_of_scalars(scratch, endpoint):
    with exporter_of(scratch, flags_source(endpoint)) as exporter:
        exporter.wait_ready()
        samples = exporter.samples()
        assert {labels["flag"]: value for labels, value in samples.series("feature_flag")} == \
            {"checkout.new_flow": 1, "search.v2": 0, "rollout": 0.25, "limit": 1000}
        assert samples.value("o2o_source_rejected_rows_total", source="flags", reason="bad_value") >= 1
        assert samples.value("o2o_source_rejected_rows_total", source="flags", reason="no_value") >= 1
        status, _, body = request(exporter.url + "/api/flags")
        page = json.loads(body)
        assert status == 200 and page["total"] == 6 and page["rows"][0] == {"$key": "checkout.new_flow", "$value": True}


def test_shapes_of_rows(scratch, endpoint):
    """One object as a row, JSON Pointers into rows, arrays of scalars and of arrays, one-key objects."""
    endpoint.answers = {
        "/health": {"uptime_s": 12.5, "queue": {"waiting": 3, "names": ["a", "b"]}},
        "/orders": [{"id": "A", "grandTotal": {"amount": 12.5}}, {"id": "B", "grandTotal": None}],
        "/loads": [0.5, 0.25, "x"], "/hours": [["10:00", 5], ["11:00", 7]], "/regions": [{"hn": 12}, {"sg": 7}]}

    def source(name, labels, value, rows=None):
        return {"name": name, "json": {"url": f"{endpoint.url}/{name}"}, "rows": rows or {},
                "metrics": [{"name": f"shop_{name}", "help": "Shop.", "labels": labels, "value": value}]}
    with exporter_of(scratch, source("health", {"second": "/queue/names/1"}, "/queue/waiting", {"is": "row"}),
                     source("orders", {"id": "id"}, "/grandTotal/amount"), source("loads", {"over": "$index"}, "$value"),
                     source("hours", {"hour": "/0"}, "/1"), source("regions", {"region": "$key"}, "$value", {"is": "pairs"})) as exporter:
        exporter.wait_ready()
        samples = exporter.samples()
    for name, series in (("health", [({"second": "b"}, 3)]), ("orders", [({"id": "A"}, 12.5)]),
                         ("loads", [({"over": "0"}, 0.5), ({"over": "1"}, 0.25)]),
                         ("hours", [({"hour": "10:00"}, 5), ({"hour": "11:00"}, 7)]),
                         ("regions", [({"region": "hn"}, 12), ({"region": "sg"}, 7)])):
        assert list(samples.series(f"shop_{name}")) == series, name
    assert samples.value("o2o_source_rejected_rows_total", source="loads", reason="bad_value") >= 1
    assert samples.value("o2o_source_rejected_rows_total", source="orders", reason="no_value") >= 1


def test_two_levels_of_one_answer_are_one_request(scratch, endpoint):
    endpoint.answers = {"/branches": {"branches": [{"code": "hn1", "open": 5}], "summary": {"capacity": 40}, "meta": {"region": "north"}}}
    source = {"name": "branches", "interval": "1h", "timeout": "5s", "stale_after": "2h",
              "json": {"url": f"{endpoint.url}/branches"}, "rows": {"pointer": "/branches"},
              "metrics": [{"name": "branch_open", "help": "Open.", "labels": {"branch": "code", "area": "$/meta/region"}, "value": "open"},
                          {"name": "branch_capacity", "help": "All.", "rows": {"pointer": "/summary", "is": "row"}, "value": "capacity"}]}
    with exporter_of(scratch, source) as exporter:
        exporter.wait_ready()
        samples = exporter.samples()
    assert list(samples.series("branch_open")) == [({"branch": "hn1", "area": "north"}, 5)]
    assert samples.value("branch_capacity") == 40
    assert [asked.path for asked in endpoint.asked] == ["/branches"]


def test_lines_and_pivoted_columns(scratch, endpoint):
    endpoint.body = b'{"branch":"hn","00":1,"01":2}\n{"branch":"sg","01":4}\n'
    source = {"name": "hours", "json": {"url": f"{endpoint.url}/hours", "format": "ndjson"},
              "metrics": [{"name": "branch_orders", "help": "Orders.", "labels": {"branch": "branch"}, "value": "$value",
                           "columns": {"label": "hour", "match": "[0-2][0-9]"}}]}
    with exporter_of(scratch, source) as exporter:
        exporter.wait_ready()
        samples = exporter.samples()
    assert {(labels["branch"], labels["hour"]): value for labels, value in samples.series("branch_orders")} == \
        {("hn", "00"): 1, ("hn", "01"): 2, ("sg", "01"): 4}


def test_reasons_are_there_at_0_before_the_first_answer(scratch):
    """A counter that is born with the first bad rows hides them from increase()."""
    nowhere = "http://127.0.0.1:1"
    kinds = {"shops": {"json": {"url": nowhere}}, "stock": {"metabase": {"url": nowhere, "api_key": "k", "question": 1}}}
    with exporter_of(scratch, *({"name": name, **kind, "metrics": [{"name": f"{name}_left", "help": "Left.", "value": "left"}]}
                                for name, kind in kinds.items())) as exporter:
        samples = exporter.samples()
    for name, reasons in (("rejected_rows", {"not_an_object", "too_deep", "no_value", "bad_value", "bad_label", "duplicate"}),
                          ("repaired", {"duplicate_labels", "duplicate_key", "text"})):
        for source in kinds:
            assert {labels["reason"]: value for labels, value in samples.series(f"o2o_source_{name}_total")
                    if labels["source"] == source} == dict.fromkeys(reasons, 0)


def test_pages_report_what_they_leave_out(scratch, endpoint):
    codes = [f"V{number:05}" for number in range(15_000)]
    endpoint.answers["/vendors"] = [{"Vendor Code": code, "left": 1} for code in codes]
    endpoint.answers["/nameless"] = [{"vendor_code": code, "left": 1} for code in codes]
    vendors = {"name": "vendors", "json": {"url": f"{endpoint.url}/vendors"},
               "metrics": [{"name": "left", "help": "Left.", "labels": {"vendor_code": "vendor code"}, "value": "left"}]}
    with exporter_of(scratch, vendors) as exporter:
        exporter.wait_ready()
        page = json.loads(request(exporter.url + "/api/vendors")[2])
        assert page["total"] == 15_000 and page["complete"] is False and len(page["rows"]) < 15_000
        assert json.loads(request(exporter.url + "/api/vendor-codes")[2]) == \
            {"total": 15_000, "complete": True, "vendor_codes": codes}
    endpoint.answers["/vendors"][-1]["left"] = 0
    vendors["metrics"][0]["where"] = {"left": 1}
    with exporter_of(scratch, vendors) as exporter:
        exporter.wait_ready()
        assert json.loads(request(exporter.url + "/api/vendor-codes")[2]) == \
            {"total": 14_999, "complete": False, "vendor_codes": codes[:-1]}
    nameless = {"name": "vendors", "json": {"url": f"{endpoint.url}/nameless"},
                "metrics": [{"name": "left", "help": "Left.", "aggregate": "sum", "value": "left"}]}
    with exporter_of(scratch, nameless) as exporter:
        exporter.wait_ready()
        page = json.loads(request(exporter.url + "/api/vendor-codes")[2])
        assert page["complete"] is False and page["total"] == len(page["vendor_codes"]) < 15_000


def test_nested_rows_objects_of_objects_and_units(scratch, endpoint):
    shops = {"name": "shops", "json": {"url": f"{endpoint.url}/shops?all=1"}, "rows": {"pointer": "/data/shops", "nested": ["stock"]},
             "metrics": [{"name": "shop_stock", "help": "Left.", "labels": {"shop": "../Shop", "item": "name"}, "value": "left"}]}
    queues = {"name": "queues", "json": {"url": f"{endpoint.url}/monitoring/metrics"},
              "metrics": [{"name": "queue_depth", "help": "Waiting.", "labels": {"queue": "$key"}, "value": "depth"},
                          {"name": "queue_bytes", "help": "Size.", "labels": {"queue": "$key"}, "value": "size", "unit": "bytes"},
                          {"name": "queue_changed_timestamp_seconds", "help": "When.", "labels": {"queue": "$key"}, "value": "at",
                           "unit": "time", "null": 0}]}
    with exporter_of(scratch, shops, queues) as exporter:
        exporter.wait_ready()
        samples = exporter.samples()
        assert {(labels["shop"], labels["item"]): value for labels, value in samples.series("shop_stock")} == \
            {("A", "tea"): 3, ("A", "rice"): 12, ("C", "tea"): 0}

        def of(name):
            return {labels["queue"]: value for labels, value in samples.series(name)}

        assert of("queue_depth") == {"queue": 7, "cart": 0} and of("queue_bytes") == {"queue": 1e9, "cart": 2 << 20}
        assert of("queue_changed_timestamp_seconds") == {"queue": 1767323045, "cart": 0}


def test_members_are_rows_notes_are_told_once_and_repairs_are_counted(scratch, endpoint):
    source = {"name": "sales", "json": {"url": f"{endpoint.url}/sales"},
              "metrics": [{"name": "sales_amount", "help": "Sold.", "labels": {"shop": "shop", "city": "city"}, "value": "amount",
                           "on_duplicate": "sum"},
                          {"name": "sales_below_total", "help": "Never below 0.", "type": "counter", "labels": {"shop": "shop"},
                           "value": "change", "aggregate": "sum"}]}
    endpoint.body = b'{"s1":{"shop":"A","amount":"1","change":-5},"s2":{"shop":"A","amount":2,"amount":3,"change":4},' \
                    b'"s3":{"shop":"B\xff","amount":5,"change":-1}}'
    with exporter_of(scratch, source) as exporter:
        exporter.wait_ready()
        samples = exporter.samples()
        assert {labels["shop"]: value for labels, value in samples.series("sales_amount")} == {"A": 4, "B\ufffd": 5}
        assert {labels["shop"]: value for labels, value in samples.series("sales_below_total")} == {"A": 4}
        assert samples.value("o2o_source_rejected_rows_total", source="sales", reason="bad_value") >= 2
        for reason in ("duplicate_labels", "duplicate_key", "text"):
            assert samples.value("o2o_source_repaired_total", source="sales", reason=reason) >= 1
        for number in range(10, 14):  # another number in a string each time
            endpoint.body = b'{"s1":{"shop":"A","amount":"%d","change":1}}' % number
            wait_until(lambda number=number: exporter.samples().value("sales_amount", shop="A", city="") == number, 10,
                       f"amount {number}", [exporter.child])
        told = [event["note"] for event in events(exporter.child, "note on the source's rows", source="sales")]
        assert len(told) == 2, told
        assert "`city` not in the answer" in told[0] and "came as text" in told[1]


def test_request_as_configured(scratch, endpoint):
    secret = scratch.file("token")
    with open(secret, "w", encoding="utf-8") as file:
        file.write("bearer-secret\n")
    source = flags_source(endpoint, method="POST", body={"filter": ["a"]}, headers={"X-Tenant": "s-1"}, bearer_token_file=secret)
    with exporter_of(scratch, source) as exporter:
        exporter.wait_ready()
        asked = endpoint.asked[0]
        assert (asked.method, asked.path, json.loads(asked.body)) == ("POST", "/api/v1/flags/", {"filter": ["a"]})
        assert asked.headers["X-Tenant"] == "s-1" and asked.headers["Authorization"] == "Bearer bearer-secret"
        assert asked.headers["Content-Type"] == asked.headers["Accept"] == "application/json"
        endpoint.status = 401
        wait_until(lambda: events(exporter.child, "source failing", source="flags"), 10, "it failed", [exporter.child])
        texts = [exporter.child.log()] + [request(exporter.url + page)[2].decode() for page in ("/", "/metrics", "/api/v1/sources")]
        assert not any("bearer-secret" in text for text in texts)


def test_renewed_token_is_sent_without_a_reload(scratch, endpoint):
    """As kubelet and Vault's agent renew them: another file instead of the old one, and now and then none for a moment."""
    token = pathlib.Path(scratch.file("token"))

    def renew(text):
        fresh = token.with_suffix(".new")
        fresh.write_text(text + "\n", encoding="utf-8")
        fresh.rename(token)

    def sent_last():
        return endpoint.asked[-1].headers["Authorization"]

    renew("token-of-monday")
    with exporter_of(scratch, flags_source(endpoint, bearer_token_file=str(token))) as exporter:
        exporter.wait_ready()
        assert sent_last() == "Bearer token-of-monday"
        renew("token-of-tuesday")
        wait_until(lambda: sent_last() == "Bearer token-of-tuesday", 20, "the new token is sent")
        for content in (None, ""):
            if content is None:
                token.unlink()
            else:
                token.write_text(content, encoding="utf-8")
            before = len(endpoint.asked)
            wait_until(lambda count=before: len(endpoint.asked) >= count + 2, 20, "it keeps asking")
            assert sent_last() == "Bearer token-of-tuesday"
        renew("token-of-wednesday")
        wait_until(lambda: sent_last() == "Bearer token-of-wednesday", 20, "the new token is sent")
        assert exporter.samples().value("o2o_source_up", source="flags") == 1
        log = exporter.child.log()
    assert "token-of" not in log
    assert log.count("a secret's file cannot be used") == 2 and "a secret's file can be used again" in log


def test_secret_that_is_said_back_is_masked(scratch, endpoint):
    """In rows, labels and errors, as it is and as it travels."""
    key = "k3y/of+the shop"
    with exporter_of(scratch, flags_source(endpoint, basic_auth={"username": "shop", "password": key})) as exporter:
        basic = base64.b64encode(f"shop:{key}".encode()).decode()
        echoes = [key, urllib.parse.quote(key, safe=""), urllib.parse.quote_plus(key), json.dumps(key), basic]
        endpoint.answers["/api/v1/flags/"] = {f"{number} {echo}": number for number, echo in enumerate(echoes)}
        exporter.wait_ready()
        wait_until(lambda: len(exporter.samples().series("feature_flag")) == len(echoes), 20, "the rows are published")
        shown = "".join(request(exporter.url + path)[2].decode() for path in ("/metrics", "/api/flags", "/"))
        endpoint.body = ("<html>" + key).encode()
        wait_until(lambda: exporter.samples().value("o2o_source_up", source="flags") == 0, 20, "the page is refused")
        shown += "".join(request(exporter.url + path)[2].decode() for path in ("/api/v1/sources", "/")) + exporter.child.log()
    for echo in echoes[:3] + [basic[8:-4]]:
        assert echo not in shown
    assert "&lt;secret&gt;" in shown or "<secret>" in shown


def test_failures_keep_the_rows_and_end_with_the_first_good_answer(scratch, endpoint):
    whole = json.dumps(FLAGS).encode()
    faults = [("unauthorized", 401, b"{}"), ("redirect", 302, b""), ("not_found", 404, b"no"), ("http_status", 500, b"<html>"),
              ("not_json", 200, b"<html>"), ("not_json", 200, b""), ("bad_json", 200, whole[:-9]), ("bad_shape", 200, b"[1]")]
    with exporter_of(scratch, flags_source(endpoint)) as exporter:
        exporter.wait_ready()
        good = exporter.samples().series("feature_flag")
        for number, (reason, status, body) in enumerate(faults, 1):
            endpoint.status, endpoint.body = status, body
            wait_until(lambda number=number: len(events(exporter.child, "source failing")) == number, 10, reason, [exporter.child])
            assert exporter.samples().series("feature_flag") == good
            endpoint.status, endpoint.body = 200, None
            wait_until(lambda number=number: len(events(exporter.child, "source recovered")) == number, 10, "recovery", [exporter.child])
        assert [line["reason"] for line in events(exporter.child, "source failing")] == [reason for reason, _, _ in faults]
        assert not any("elsewhere" in asked.path for asked in endpoint.asked), "a redirect was followed"
        assert "do-not-show-this" not in exporter.child.log()


def test_prometheus_reads_a_histogram(scratch, endpoint):
    """What histogram_quantile makes of it, by its own rule: even within each bucket."""
    buckets = {"tea": {60: 10, 120: 20, 300: 10, "Infinity": 0}, "rice": {60: 0, 120: 0, 300: 8, "Infinity": 0}}
    endpoint.answers["/cooking"] = [
        {"kitchen": kitchen, "up_to": bound, "orders": orders, "seconds": 100 * orders}
        for kitchen, counts in buckets.items() for bound, orders in counts.items()]
    source = {"name": "cooking", "json": {"url": f"{endpoint.url}/cooking"}, "metrics": [{
        "name": "kitchen_cooking_seconds", "type": "histogram", "help": "How long orders took.", "labels": {"kitchen": "kitchen"},
        "le": "up_to", "buckets": "each", "value": "orders", "sum": "seconds"}]}
    with exporter_of(scratch, source) as exporter:
        exporter.wait_ready()
        with Prometheus(scratch, {"o2o-exporter": exporter.address}, factor=10) as prometheus:
            wait_until(lambda: prometheus.number("sum(kitchen_cooking_seconds_count)") == 48, 60, "the histogram was scraped")
            assert prometheus.number('histogram_quantile(0.5, kitchen_cooking_seconds_bucket{kitchen="tea"})') == pytest.approx(90)
            assert prometheus.number('histogram_quantile(0.5, kitchen_cooking_seconds_bucket{kitchen="rice"})') == pytest.approx(210)
            assert prometheus.number("histogram_quantile(0.75, sum by (le) (kitchen_cooking_seconds_bucket))") == pytest.approx(180)
            assert prometheus.number('kitchen_cooking_seconds_sum{kitchen="tea"}') == 4000
