# SPDX-License-Identifier: Apache-2.0
"""Eight sources that poll as often as a configuration allows, scrapers that never pause, and reloads all along. Every
answer is whole: nobody sees half a poll. `make tsan` runs this against a program that watches its own threads."""
import gzip
import itertools
import json
import threading

import pytest

from harness.exporter import Exporter, Samples
from harness.scripted_server import Answer, ScriptedServer
from harness.simulator import Simulator
from harness.web import request

SCRAPERS = 32
SCRAPES = 5  # of each, at the least
RELOADS = 10
JSON_SOURCES = 7
ROWS = 300
OPENMETRICS = "application/openmetrics-text;version=1.0.0"


class Rounds(ScriptedServer):
    """Every answer has its own number in all of its rows, so that a mixture of two is seen."""

    def __init__(self):
        super().__init__(self._answer)
        self._numbers = itertools.count(1)

    def _answer(self, _asked):
        number = next(self._numbers)
        return Answer(json.dumps([{"row": str(row), "n": number} for row in range(ROWS)]).encode())


def write_sources(path, simulator, endpoint, interval_ms):
    common = {"interval": f"{interval_ms}ms", "timeout": f"{interval_ms - 10}ms", "stale_after": "60s"}
    sources = [{"name": "orders", **common, "oms": {"url": simulator.url, "api_key": simulator.api_key}}]
    for number in range(JSON_SOURCES):
        # The first two share a family: their rows stand under one header.
        name = "shared" if number < 2 else f"own_{number}"
        sources.append({"name": f"s{number}", **common, "json": {"url": endpoint.url},
                        "metrics": [{"name": name, "help": "Number of the answer.", "value": "n",
                                     "labels": {"row": "row"}, "static_labels": {"from": f"s{number}"}}]})
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"store": {"dsn": "${PG_DSN}"}, "sources": sources}, file)
    return path


def faults_of(headers, body, openmetrics):
    """What is wrong with an answer, in words."""
    if headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)  # raises where the check sum or the length is wrong
    text = body.decode()
    if openmetrics:
        if headers["Content-Type"].partition(";")[0] != "application/openmetrics-text":
            return [f"OpenMetrics was asked for, {headers['Content-Type']} came"]
        if text.count("# EOF") != 1 or not text.endswith("\n# EOF\n"):
            return ["no whole OpenMetrics text"]
    types = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")]
    found = [f"{name}: two headers" for name in sorted(set(types)) if types.count(name) > 1]
    samples = [line for line in text.splitlines() if line.startswith(("own_", "shared{"))]
    polls = {}
    for line in samples:
        name, _, value = line.rpartition(" ")
        polls.setdefault(name.partition('from="')[2].partition('"')[0], []).append(value)
    if len(polls) != JSON_SOURCES:
        found.append(f"rows of {sorted(polls)}, of {JSON_SOURCES} sources")
    for source, values in polls.items():
        if len(values) != ROWS or len(set(values)) != 1:
            found.append(f"{source}: {len(values)} rows of the answers {sorted(set(values))}, want {ROWS} of one")
    return found


class _Scraper(threading.Thread):
    def __init__(self, url, number, stop):
        super().__init__(daemon=True)
        self._url = url
        self._stop_event = stop
        self._openmetrics = number % 4 >= 2
        self._headers = {**({"Accept-Encoding": "gzip"} if number % 2 else {}),
                         **({"Accept": OPENMETRICS} if self._openmetrics else {})}
        self.scrapes = 0
        self.faults = []

    def run(self):
        while not self._stop_event.is_set() and not self.faults:
            try:
                status, headers, body = request(f"{self._url}/metrics", headers=self._headers, seconds=60)
                self.faults += [f"status {status}"] if status != 200 else faults_of(headers, body, self._openmetrics)
                self.scrapes += 1
            except Exception as error:  # any: a thread that ends silently would pass
                self.faults.append(repr(error))


@pytest.fixture(name="endpoint")
def running_endpoint():
    with Rounds() as endpoint:
        yield endpoint


def test_every_scrape_is_whole_while_sources_poll_and_reload(scratch, postgres, endpoint):
    dsn = postgres.make_database("many_scrapers")
    config = scratch.file("many.yml")
    with Simulator(scratch, ["--rate", "3000", "--speed", "60"]) as simulator:
        write_sources(config, simulator, endpoint, 100)
        with Exporter(scratch, dsn=dsn, config=config) as exporter:
            exporter.wait_ready()
            stop = threading.Event()
            scrapers = [_Scraper(exporter.url, number, stop) for number in range(SCRAPERS)]
            for scraper in scrapers:
                scraper.start()
            reloads = 0
            try:
                while reloads < RELOADS or any(scraper.is_alive() and scraper.scrapes < SCRAPES for scraper in scrapers):
                    write_sources(config, simulator, endpoint, 100 + 20 * (reloads % 2))
                    assert request(f"{exporter.url}/-/reload", "POST", seconds=60)[0] == 200
                    for page in ("/api/v1/sources", "/"):
                        assert request(exporter.url + page, seconds=60)[0] == 200
                    assert request(f"{exporter.url}/api/s3", seconds=60)[0] in (200, 503)  # 503: no poll since then
                    reloads += 1
            finally:
                stop.set()
                for scraper in scrapers:
                    scraper.join(65)
            assert [fault for scraper in scrapers for fault in scraper.faults] == []
            polled = Samples(request(f"{exporter.url}/metrics")[2].decode()).series("o2o_source_polls_total")
            assert len(polled) == JSON_SOURCES + 2 and all(value > 1 for _, value in polled), polled
            assert exporter.stop() == 0, exporter.child.log_tail()
