# SPDX-License-Identifier: Apache-2.0
"""A reload is cheap, alone and local: no matter who asks for it, how often, and what hangs meanwhile."""
import json
import signal
import socket
import threading

import pytest

from harness.configured import Configured, source
from harness.scripted_server import Answer, ScriptedServer
from harness.silent_postgres import SilentPostgres
from harness.stand import events
from harness.web import answers_ok, request


class Endpoint(ScriptedServer):
    """Answers one row; `held`: while it is clear, no answer comes. `asked`: paths of the requests."""

    def __init__(self):
        super().__init__(self._answer)
        self.asked = []
        self.held = threading.Event()
        self.held.set()

    def _answer(self, asked):
        self.asked.append(asked.path)
        self.held.wait(120)
        return Answer(b'[{"k":"a","v":1}]', headers={"Content-Type": "application/json"})

    def count(self, path):
        return self.asked.count(path)


def orders_in(dsn, url):
    return {"store": {"dsn": dsn, "statement_timeout": "20s"},
            "sources": [{"name": "orders", "interval": "2s", "timeout": "1s", "oms": {"url": url, "api_key": "key"}}]}


@pytest.fixture(name="endpoint")
def running_endpoint():
    with Endpoint() as endpoint:
        yield endpoint
        endpoint.held.set()


def test_same_text_changes_nothing(scratch, endpoint):
    with Configured(scratch, source("slow", endpoint.url, "1h", timeout="60s")) as exporter:
        endpoint.held.clear()
        exporter.until(lambda: endpoint.count("/slow") == 1, "the first poll began")
        for _ in range(20):
            assert exporter.reload() == (200, "configuration reloaded\n")
        endpoint.held.set()
        exporter.until(lambda: exporter.up("slow"), "the poll that the reloads met came to its end")
        assert endpoint.count("/slow") == 1 and exporter.polls("slow") == 1


def test_only_what_changed_starts_anew(scratch, endpoint):
    with Configured(scratch, source("one", endpoint.url, "1h"), source("two", endpoint.url, "1h")) as exporter:
        exporter.until(lambda: exporter.up("one") and exporter.up("two"), "both were polled")
        exporter.write(source("two", endpoint.url, "2h"), source("three", endpoint.url, "1h"), source("one", endpoint.url, "1h"))
        assert exporter.reload()[0] == 200
        exporter.until(lambda: exporter.polls("two") == 2 and exporter.up("three"), "what changed was polled")
        assert endpoint.count("/one") == 1
        assert [each["source"] for each in exporter.sources()["sources"]] == ["two", "three", "one"]
        exporter.write(source("one", endpoint.url, "1h"))
        assert exporter.reload()[0] == 200
        samples = exporter.samples()
        assert samples.value("rows_of_one", k="a") == 1 and endpoint.count("/one") == 1
        assert not samples.series("rows_of_two") and samples.value("o2o_source_up", source="two") is None


def test_a_file_that_a_source_reads_belongs_to_its_configuration(scratch, endpoint):
    token = scratch.file("token")
    with open(token, "w", encoding="utf-8") as file:
        file.write("first")
    with Configured(scratch, source("one", endpoint.url, "1h", bearer_token_file=str(token))) as exporter:
        exporter.until(lambda: exporter.up("one"), "it was polled")
        with open(token, "w", encoding="utf-8") as file:
            file.write("second")
        assert exporter.reload()[0] == 200
        exporter.until(lambda: exporter.polls("one") == 2, "it was polled with the new token")


def test_a_source_that_hangs_delays_no_other(scratch, endpoint):
    """Its poll ends long after the reload; what it brings by then is published by nobody."""
    with Endpoint() as hanging, Configured(scratch, source("well", endpoint.url),
                                           source("ill", hanging.url, "1h", timeout="60s")) as exporter:
        hanging.held.clear()
        exporter.until(lambda: hanging.count("/ill") == 1 and exporter.up("well"), "one hangs, the other is well")
        exporter.write(source("well", endpoint.url, "600ms"))
        assert exporter.reload()[0] == 200
        before = endpoint.count("/well")
        exporter.until(lambda: endpoint.count("/well") >= before + 3, "the other was polled on")
        assert exporter.samples().value("o2o_source_up", source="ill") is None
        hanging.held.set()
        before = endpoint.count("/well")
        exporter.until(lambda: endpoint.count("/well") >= before + 3, "polls continued")
        samples = exporter.samples()
        assert not samples.series("rows_of_ill") and samples.value("o2o_source_up", source="ill") is None


@pytest.mark.parametrize("changed", (False, True), ids=("same", "changed"))
def test_a_database_that_hangs_delays_no_reload_no_scrape_and_no_other_source(scratch, endpoint, changed):
    with SilentPostgres() as postgres:
        store = orders_in(postgres.dsn, endpoint.url)
        with Configured(scratch, source("well", endpoint.url), store=store) as exporter:
            exporter.until(lambda: postgres.logins >= 2 and exporter.up("well"), "the database hangs, the source is well")
            if changed:
                store["store"]["statement_timeout"] = "19s"
                exporter.write(source("well", endpoint.url), store=store)
            answers = []
            threads = [threading.Thread(target=lambda: answers.append(exporter.reload()[0]), daemon=True) for _ in range(170)]
            for thread in threads:
                thread.start()
            before = endpoint.count("/well")
            exporter.until(lambda: endpoint.count("/well") >= before + 3, "the source that is well was polled on")
            assert request(f"{exporter.url}/metrics", seconds=10)[0] == 200
            for thread in threads:
                thread.join(30)
            assert len(answers) == 170 and set(answers) <= {200, 202, 409} and 200 in answers, answers


def test_ready_stays_ready(scratch, endpoint):
    with Configured(scratch, source("one", endpoint.url)) as exporter:
        exporter.wait_ready()
        endpoint.held.clear()
        for step in range(5):
            exporter.write(source("one", endpoint.url, f"{700 + step}ms"), source(f"new-{step}", endpoint.url))
            assert exporter.reload()[0] == 200
            assert request(f"{exporter.url}/-/ready")[0] == 200 and request(f"{exporter.url}/ready")[0] == 200


@pytest.mark.parametrize("headers", (
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://evil.example"}, {"Origin": "null"},
    {"Origin": "http://evil.example:9847", "Host": "evil.example:9847", "Sec-Fetch-Site": "same-origin"}))
def test_a_page_of_another_site_cannot_reload(scratch, endpoint, headers):
    with Configured(scratch, source("one", endpoint.url)) as exporter:
        exporter.wait_ready()
        status, words = exporter.reload({"Content-Type": "text/plain", **headers})
        assert status == 403 and str(exporter.config) not in words
        assert not events(exporter.child, "configuration reloaded")
        own = {"Origin": exporter.url, "Sec-Fetch-Site": "same-origin"}
        assert exporter.reload(own)[0] == 200


def test_strangers_are_told_nothing_of_the_configuration(scratch, endpoint):
    with Configured(scratch, source("one", endpoint.url)) as exporter:
        exporter.wait_ready()
        with open(exporter.config, "a", encoding="utf-8") as file:
            file.write("\nsecret-word: hunter2\n")
        assert exporter.reload() == (500, "reload failed, keeping the previous configuration; the exporter's log says why\n")
        failed, = events(exporter.child, "reload failed, keeping the previous configuration")
        assert str(exporter.config) in failed["error"], "the log does say why"


def test_a_flood_of_reloads_is_shared(scratch, endpoint):
    """Requests in a loop, by signal or by POST, cause a bounded number of reloads."""
    with Configured(scratch, source("one", endpoint.url)) as exporter:
        exporter.wait_ready()
        for _ in range(2000):
            exporter.child.send(signal.SIGHUP)
        for _ in range(5):
            assert exporter.reload()[0] == 200
        assert len(events(exporter.child, "configuration reloaded")) < 200
        before = endpoint.count("/one")
        exporter.until(lambda: endpoint.count("/one") >= before + 2, "polls continue")


def test_a_request_that_is_cut_off_leaves_the_next_reload_alone(scratch, endpoint):
    with Configured(scratch, source("one", endpoint.url)) as exporter:
        exporter.wait_ready()
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", exporter.port)) as client:
                client.sendall(b"POST /-/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        exporter.until(lambda: exporter.reload()[0] == 200, "a reload was answered")
        assert answers_ok(f"{exporter.url}/-/healthy")
