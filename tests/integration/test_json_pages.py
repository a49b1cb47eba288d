# SPDX-License-Identifier: Apache-2.0
"""A JSON endpoint that gives its rows page by page."""
import json
import subprocess
import urllib.parse

import pytest

from harness.exporter import Exporter, program
from harness.processes import clean_environment, wait_until
from harness.scripted_server import Answer, ScriptedServer
from harness.stand import events
from harness.web import request

TOKEN = "token-of-the-shop"


class Shop(ScriptedServer):
    """Pages of orders by number. `how`: what names the next one. `fault`: page -> the Answer to send instead."""

    def __init__(self, how):
        super().__init__(self._answer)
        self.how = how
        self.pages = [[("hn", 1), ("sg", 2)], [("hn", 4)], [("sg", 8), ("hn", 16)]]
        self.fault = {}
        self.asked = []

    def numbers(self):
        """Of the pages that were asked for."""
        return [self._number(asked) for asked in self.asked]

    def _number(self, asked):
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(asked.path).query))
        return int(query.get("page") or query.get("cursor", "c-1").removeprefix("c-"))

    def _answer(self, asked):
        self.asked.append(asked)
        number = self._number(asked)
        if number in self.fault:
            return self.fault[number]
        rows = [{"branch": branch, "amount": amount} for branch, amount in self.pages[number - 1]]
        there_is_more = number < len(self.pages)
        if self.how == "link":
            links = f'</v1/orders?page=1>; rel="first", <?page={number + 1}>; rel="next"' if there_is_more else '<?page=1>; rel="first"'
            return Answer("".join(json.dumps(row) + "\n" for row in rows).encode(), headers={"Link": links})
        named = {"cursor": f"c-{number + 1}", "number": number + 1, "url": f"{self.url}/v1/orders?page={number + 1}"}[self.how]
        meta = {"meta": {"next": named if there_is_more else None, "region": "north"}}
        # Before the rows on one page, behind them on the next.
        body = {**meta, "rows": rows} if number % 2 else {"rows": rows, **meta}
        return Answer(json.dumps(body).encode())


PAGES = {"url": {"next": "/meta/next"}, "cursor": {"next": "/meta/next", "parameter": "cursor"},
         "number": {"next": "/meta/next", "parameter": "page"}, "link": {"next": "link"}}


def source(shop, interval="1h", **pages):
    lines = shop.how == "link"
    labels = {"branch": "branch"} if lines else {"branch": "branch", "area": "$/meta/region"}
    return {"name": "orders", "interval": interval, "timeout": "5s" if interval == "1h" else "450ms", "stale_after": "2h",
            "json": {"url": f"{shop.url}/v1/orders", "bearer_token": TOKEN, "format": "ndjson" if lines else "json",
                     "pages": {**PAGES[shop.how], **pages}},
            "rows": {} if lines else {"pointer": "/rows"},
            "metrics": [{"name": "orders_amount", "help": "Sum.", "labels": labels, "value": "amount", "aggregate": "sum"},
                        {"name": "orders_rows", "help": "Rows.", "aggregate": "count"}]}


def config_of(scratch, *sources):
    path = scratch.file("pages.yml")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"sources": list(sources)}, file)
    return path


def amounts(samples):
    return {labels["branch"]: value for labels, value in samples.series("orders_amount")}


def failed(exporter, reason):
    """The message of the first failure, whose reason was counted."""
    wait_until(lambda: events(exporter.child, "source failing", source="orders"), 10, "it failed", [exporter.child])
    assert exporter.samples().value("o2o_source_failures_total", source="orders", reason=reason) >= 1
    return events(exporter.child, "source failing", source="orders")[0]["error"]


@pytest.mark.parametrize("how", PAGES)
def test_pages_are_one_answer(scratch, how):
    with Shop(how) as shop, Exporter(scratch, config=config_of(scratch, source(shop))) as exporter:
        exporter.wait_ready()
        samples = exporter.samples()
        assert amounts(samples) == {"hn": 21, "sg": 10}
        assert samples.value("orders_rows") == 5
        assert samples.value("o2o_source_rows", source="orders") == 5
        assert json.loads(request(exporter.url + "/api/orders")[2])["total"] == 5
        assert shop.numbers() == [1, 2, 3]
        assert {asked.headers["Authorization"] for asked in shop.asked} == {f"Bearer {TOKEN}"}
        assert {urllib.parse.urlsplit(asked.path).path for asked in shop.asked} == {"/v1/orders"}


def test_last_good_values_stay_when_a_page_fails(scratch):
    with Shop("url") as shop, Exporter(scratch, config=config_of(scratch, source(shop, interval="500ms"))) as exporter:
        exporter.wait_ready()
        shop.fault = {2: Answer(b"busy", 503, {"Retry-After": "1"})}
        assert "page 2: the endpoint answered 503" in failed(exporter, "http_status")
        shop.pages = [[("hn", 100)], [("hn", 200)], [("sg", 300)]]
        asked = len(shop.asked)
        wait_until(lambda: len(shop.asked) > asked + 3, 20, "two more walks", [exporter.child])
        assert amounts(exporter.samples()) == {"hn": 21, "sg": 10}
        shop.fault = {}
        wait_until(lambda: amounts(exporter.samples()) == {"hn": 300, "sg": 300}, 20, "all pages of now", [exporter.child])


def test_another_host_is_never_asked(scratch):
    with Shop("url") as other, Shop("url") as shop:
        leads_away = json.dumps({"rows": [], "meta": {"next": f"{other.url}/v1/k3y?page=2", "region": "x"}}).encode()
        shop.fault = {2: Answer(leads_away)}
        with Exporter(scratch, config=config_of(scratch, source(shop))) as exporter:
            told = failed(exporter, "redirect")
            assert f"page 2 names as its next page, in `/meta/next`, one at {other.url}/, which is not where" in told
            assert "k3y" not in exporter.child.log() and TOKEN not in exporter.child.log()
            assert not exporter.samples().series("orders_amount")
        assert shop.numbers() == [1, 2] and not other.asked


@pytest.mark.parametrize("how, named", [("url", "?page=1"), ("cursor", "c-2"), ("url", "?page=2")])
def test_a_loop_ends(scratch, how, named):
    with Shop(how) as shop:
        shop.fault = {2: Answer(json.dumps({"rows": [], "meta": {"next": named}}).encode())}
        if (how, named) == ("url", "?page=1"):  # which is another URL than the first, which has no query
            shop.fault[3] = shop.fault[2]
        with Exporter(scratch, config=config_of(scratch, source(shop))) as exporter:
            assert "names as its next page one that was read before" in failed(exporter, "bad_shape")
            assert not exporter.samples().series("orders_amount")
        assert len(shop.asked) <= 4


def test_ceilings(scratch):
    """Of pages, and of the bytes of all of them."""
    with Shop("cursor") as shop:
        with Exporter(scratch, config=config_of(scratch, source(shop, max_pages=2)), name="pages") as exporter:
            assert "more than 2 pages" in failed(exporter, "too_large")
            assert not exporter.samples().series("orders_amount") and shop.numbers() == [1, 2]
        large = source(shop)
        large["json"]["max_body"] = "1KiB"
        shop.pages = [[("hn" * 200, 1)], [("hn" * 200, 2)], [("hn" * 200, 4)]]
        with Exporter(scratch, config=config_of(scratch, large), name="bytes") as exporter:
            told = failed(exporter, "too_large")
            assert "page 3: " in told and "all pages together may have 1024 (max_body)" in told


def test_probe_says_how_many_pages_there_are(scratch):
    def probe(config):
        ended = subprocess.run([program(), "probe", "orders", "--config.file", str(config)], env=clean_environment(),
                               stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False)
        return ended.returncode, ended.stdout, ended.stderr

    with Shop("number") as shop:
        status, said, wrong = probe(config_of(scratch, source(shop)))
        assert (status, wrong) == (0, "")
        assert said.startswith("Answer: status 200, 3 pages, ") and ", 5 rows\n" in said
        assert 'orders_amount{branch="hn",area="north"} 21\n' in said
        assert "Time: reading and mapping all pages " in said
        status, said, wrong = probe(config_of(scratch, source(shop, max_pages=2)))
        assert status == 1 and "too_large: more than 2 pages" in wrong
        assert said.startswith("Answer: status 200, 2 pages, ") and "Would be published" not in said
        shop.pages = shop.pages[:1]
        status, said, wrong = probe(config_of(scratch, source(shop)))
        assert status == 0 and said.startswith("Answer: status 200, 1 page, ")
        source_of_a_slip = source(shop, next="/meta/naxt")
        assert "Note: `/meta/naxt` not in the answer, so that its first page counts as the only one" in \
            probe(config_of(scratch, source_of_a_slip))[1]
