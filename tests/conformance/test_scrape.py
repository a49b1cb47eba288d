# SPDX-License-Identifier: Apache-2.0
"""Today's Prometheus scrapes the exporter: by whatever protocol it asks, it keeps the same samples."""

import pytest

from harness.processes import wait_until
from harness.prometheus import Prometheus
from harness.scripted_server import Answer, ScriptedServer
from harness.stand import Stand
from harness.web import request

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
# What is answered to each protocol that Prometheus 3.16 can be told to ask for, and to what it asks for by itself. Offered are text 0.0.4
# and OpenMetrics 1.0.0; a client that asks for neither gets the text format, which every Prometheus reads.
ANSWERS = {None: OPENMETRICS, "OpenMetricsText1.0.0": OPENMETRICS, "OpenMetricsText0.0.1": TEXT, "PrometheusText1.0.0": TEXT,
           "PrometheusText0.0.4": TEXT, "PrometheusProto": TEXT}
OURS = '{__name__=~"o2o_orders.*|o2o_order_duration.*|o2o_store_write.*_bucket|vendor_.*"'
SETTLED = ("o2o_orders", "o2o_order_duration", "vendor_")


class Relay:
    """Between one job and the exporter: remembers what was asked for and answered."""

    def __init__(self, exporter):
        self._exporter = exporter
        self.asked = self.answered = None

    def answer(self, asked):
        status, headers, body = request(self._exporter + asked.path, headers=asked.headers)
        self.asked = asked.headers
        self.answered = dict(headers)
        passed = {name: headers[name] for name in ("Content-Type", "Content-Encoding", "Vary") if name in headers}
        return Answer(body, status, passed)


@pytest.fixture(name="scraped", scope="module")
def scrape_by_every_protocol(tool, scratch, postgres):
    """(exporter, Prometheus, protocol -> its relay), once the shop stands still and every job has scraped what is left."""
    program = tool("prometheus")
    with Stand(scratch, postgres, shop=("--rate", "600", "--speed", "60", "--failure-ratio", "0.1")) as stand:
        stand.until(lambda: all(stand.exporter.samples().series(f"o2o_orders_{kind}_total") for kind in ("completed", "failed")),
                    "orders completed and failed", 60)
        stand.agree()
        relays = {protocol: Relay(stand.exporter.url) for protocol in ANSWERS}
        servers = {protocol: ScriptedServer(relay.answer) for protocol, relay in relays.items()}
        jobs = [{"job_name": str(protocol), "scrape_interval": "1s", "scrape_timeout": "1s", **({"scrape_protocols": [protocol]} if protocol else {}),
                 "static_configs": [{"targets": [f"127.0.0.1:{server.port}"]}]} for protocol, server in servers.items()]
        for server in servers.values():
            server.start()
        try:
            with Prometheus(scratch, {}, doubles=jobs, program=program) as prometheus:
                wait_until(lambda: len(prometheus.query('up == 1 and on (job) scrape_samples_scraped{job!="prometheus"} > 0')) >= len(ANSWERS), 60,
                           "every job was scraped", [prometheus.child])
                yield stand.exporter, prometheus, relays
        finally:
            for server in servers.values():
                server.stop()


def samples(prometheus, protocol):
    """(name, labels) -> value, of one job."""
    found = {}
    for each in prometheus.query(f'{OURS},job="{protocol}"}}'):
        labels = {name: value for name, value in each["metric"].items() if name not in ("__name__", "job", "instance")}
        found[each["metric"]["__name__"], key(labels)] = float(each["value"][1])
    return found


def key(labels):
    """Prometheus 3 writes le="1" as le="1.0"."""
    return tuple(sorted((name, float(value) if name == "le" else value) for name, value in labels.items()))


@pytest.mark.parametrize("protocol", ANSWERS, ids=str)
def test_prometheus_asks_and_gets_what_is_offered(scraped, protocol):
    _, _, relays = scraped
    if protocol:
        name, version = ("openmetrics-text", protocol[-5:]) if "OpenMetrics" in protocol else \
            ("text/plain", protocol[-5:]) if "Text" in protocol else ("protobuf", "")
        assert name in relays[protocol].asked["Accept"] and version in relays[protocol].asked["Accept"]
    assert relays[protocol].answered["Content-Type"] == ANSWERS[protocol]
    assert relays[protocol].answered["Content-Encoding"] == "gzip"


@pytest.mark.parametrize("protocol", ANSWERS, ids=str)
def test_prometheus_keeps_what_the_exporter_says(scraped, protocol):
    exporter, prometheus, _ = scraped
    page = exporter.samples()
    names = {line.split("{")[0].split(" ")[0] for line in page.text.splitlines() if line.startswith(SETTLED)}
    said = {(name, key(labels)): value for name in names for labels, value in page.series(name)}
    assert {"o2o_orders_ingested_total", "o2o_orders_open", "o2o_order_duration_seconds_bucket"} <= names
    kept = samples(prometheus, protocol)
    assert {series: value for series, value in kept.items() if series[0].startswith(SETTLED)} == said


def test_types_and_help_are_kept_by_every_protocol(scraped):
    """Metadata of a counter, a gauge and a histogram."""
    _, prometheus, _ = scraped
    for name, kind in (("o2o_orders_ingested_total", "counter"), ("o2o_orders_open", "gauge"), ("o2o_order_duration_seconds", "histogram")):
        known = [each for each in prometheus.metadata(name) if each["target"]["job"] != "prometheus"]
        openmetrics = prometheus.metadata(name.removesuffix("_total"))
        jobs = {each["target"]["job"]: (each["type"], each["help"]) for each in openmetrics + known}
        assert jobs.keys() == {str(protocol) for protocol in ANSWERS}
        assert {kind for kind, _ in jobs.values()} == {kind}
        assert len({words for _, words in jobs.values()}) == 1


def test_prometheus_refused_no_sample(scraped):
    _, prometheus, _ = scraped
    _, _, page = request(f"{prometheus.url}/metrics")
    for name in ("out_of_order", "out_of_bounds", "duplicate_timestamp"):
        assert f"\nprometheus_target_scrapes_sample_{name}_total 0\n" in page.decode()
