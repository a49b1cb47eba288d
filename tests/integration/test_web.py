# SPDX-License-Identifier: Apache-2.0
"""The exporter's HTTP side as strangers, slow ones and hostile ones meet it."""
import gzip
import html
import http.client
import json
import re
import socket
import subprocess
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.exporter import ROOT, Exporter
from harness.processes import wait_until
from harness.scratch import Scratch
from harness.scripted_server import Answer, ScriptedServer
from harness.stand import Stand
from harness.web import request

PAGES = ("/metrics", "/", "/health", "/ready", "/-/healthy", "/-/ready", "/api/v1/sources", "/api/vendor-codes", "/runbooks/")


@pytest.fixture(name="shop", scope="module")
def running_shop(postgres):
    with Scratch() as scratch, Stand(scratch, postgres, shop=("--rate", "300", "--speed", "60")) as shop:
        shop.simulator.seed(50)
        shop.polled(2)
        yield shop


def ask(shop, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", shop.exporter.port, timeout=10)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        answer.content = answer.read()
        return answer
    finally:
        connection.close()


def test_pages_answer(shop):
    for page in PAGES:
        answer = ask(shop, "GET", page)
        assert answer.status == 200, page
        assert answer.content
        assert ask(shop, "HEAD", page).status == 200
    assert json.loads(ask(shop, "GET", "/ready").content)["status"] == "ready"
    sources = json.loads(ask(shop, "GET", "/api/v1/sources").content)
    assert {"orders", "order-store"} <= {source["source"] for source in sources["sources"]}
    assert sources["store"] == {"up": True}
    home = ask(shop, "GET", "/").content.decode()
    assert "orders" in home and "<table" in home
    for link in re.findall(r"href='?(/[^'> ]*)", home):
        assert ask(shop, "GET", link).status == 200, link


@pytest.mark.parametrize("page", sorted((ROOT / "rules" / "runbooks").glob("*.md")), ids=lambda page: page.stem)
def test_every_runbook_is_served_whole(shop, page):
    """What the link of an alert leads to works without the internet (`make rules RUNBOOKS=http://exporter:9847/runbooks/`)."""
    licence, _, text = page.read_text().partition("\n")
    assert "SPDX" in licence
    answer = ask(shop, "GET", f"/runbooks/{page.name}")
    assert answer.status == 200 and answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert html.unescape(re.search(r"<pre[^>]*>(.*)</pre>", answer.content.decode(), re.DOTALL)[1]) == text
    assert f'href="/runbooks/{page.stem}"' in ask(shop, "GET", "/runbooks/").content.decode()


@pytest.mark.parametrize("path", ["/nothing", "/runbooks", "/runbooks/O2ONothing.md", "/metrics/", "/metricsfoo", "/Metrics", "/../../etc/passwd",
                                  "/%2e%2e/%2e%2e/etc/passwd", "/api/v1", "/-/", "/-/reload/"])
def test_unknown_paths(shop, path):
    answer = ask(shop, "GET", path)
    assert answer.status in (400, 404), (path, answer.status)
    assert b"root:" not in answer.content


def test_an_unknown_path_lists_the_pages_that_there_are(shop):
    answer = ask(shop, "GET", "/nothing")
    assert answer.status == 404
    listed = [line.strip() for line in answer.content.decode().splitlines()[1:]]
    pages = {page + "..." if page in ("/api/", "/runbooks/") else page for page in {*PAGES, "/api/"}}
    assert set(listed) == {*(f"GET {page}" for page in pages), "POST /-/reload"}
    assert len(listed) == len(set(listed))


def test_what_was_asked_for_is_not_said_back(shop):
    """Masked, it would confirm a correctly guessed secret."""
    for path in ("/a-guess", "/api/a-guess", "/-/a-guess?a-guess"):
        answer = ask(shop, "GET", path)
        assert answer.status == 404 and b"a-guess" not in answer.content


@pytest.mark.parametrize("method, path, allow", [
    ("POST", "/metrics", "GET, HEAD"), ("DELETE", "/", "GET, HEAD"), ("PUT", "/-/ready", "GET, HEAD"),
    ("GET", "/-/reload", "POST"), ("OPTIONS", "/metrics", "GET, HEAD"), ("PATCH", "/metrics", "GET, HEAD")])
def test_wrong_methods(shop, method, path, allow):
    answer = ask(shop, method, path)
    assert answer.status == 405
    assert answer.getheader("Allow") == allow


def test_orders_are_on_no_page_and_it_says_where_they_are(shop):
    for source in ("orders", "order-store"):
        answer = ask(shop, "GET", f"/api/{source}")
        assert answer.status == 404
        assert "PostgreSQL" in json.loads(answer.content)["error"]


def test_odd_targets(shop):
    assert ask(shop, "GET", "/metrics%00").status == 404
    assert ask(shop, "GET", "http://other.example/health").content == b'{"status":"ok"}\n'
    assert ask(shop, "TRACE", "/metrics").status == 405


def test_query_of_a_scrape_is_no_other_page(shop):
    assert ask(shop, "GET", "/metrics?debug=1").status == 200


def test_metrics_are_clean(shop):
    answer = ask(shop, "GET", "/metrics")
    assert answer.getheader("Content-Type").startswith("text/plain; version=0.0.4")
    checked = subprocess.run(["promtool", "check", "metrics"], input=answer.content, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, timeout=30, check=False)
    assert checked.returncode == 0 and checked.stdout == b"", checked.stdout.decode()


def test_gzip_says_the_same(shop):
    answer = ask(shop, "GET", "/metrics", headers={"Accept-Encoding": "gzip"})
    plain = ask(shop, "GET", "/metrics")
    assert answer.getheader("Content-Encoding") == "gzip" and plain.getheader("Content-Encoding") is None
    names, plain_names = ({line.split()[2] for line in content.decode().splitlines() if line.startswith("# TYPE")}
                          for content in (gzip.decompress(answer.content), plain.content))
    assert names == plain_names and "o2o_orders_ingested_total" in names


def raw(shop, data, seconds=10):
    """What comes back on a connection on which `data` was sent."""
    with socket.create_connection(("127.0.0.1", shop.exporter.port), seconds) as connection:
        pieces = []
        try:
            connection.sendall(data)
            while piece := connection.recv(65536):
                pieces.append(piece)
        except ConnectionError:
            pass
        return b"".join(pieces)


@pytest.mark.parametrize("data", [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 300,       # somebody speaks TLS
    b"GET /metrics\r\n\r\n", b"NONSENSE\r\n\r\n", b"GET /metrics HTTP/9.9\r\nHost: x\r\n\r\n",
    b"GET " + b"/" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /metrics HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
    b"GET /metrics HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
    b"POST /-/ready HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n",
    b"\r\n" * 1000, b"\0" * 1000])
def test_nonsense_is_survived(shop, data):
    raw(shop, data)
    assert ask(shop, "GET", "/-/healthy").status == 200


def test_unwanted_bodies_are_not_waited_for(shop):
    assert b" 405 " in raw(shop, b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")[:20]
    started = time.monotonic()
    raw(shop, b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n" + b"x" * 100_000)
    assert time.monotonic() - started < 8


# More than twice what the exporter has threads.
STUCK = 350
VENDORS = 20_000  # an exposition far larger than what kernels buffer for a client of 4 KiB


@pytest.fixture(name="large_config", scope="module")
def configuration_of_many_series():
    vendors = Answer(json.dumps([{"code": f"V{number:05}", "name": "n" * 500} for number in range(VENDORS)]).encode())
    with ScriptedServer(lambda _: vendors) as upstream, Scratch() as scratch:
        config = scratch.file("large.yml")
        with open(config, "w", encoding="utf-8") as file:
            json.dump({"sources": [{"name": "vendors", "interval": "1h", "timeout": "1m", "json": {
                "url": upstream.url}, "metrics": [{
                    "name": "vendor_known", "help": "Known.", "labels": {"code": "code", "name": "name"},
                    "aggregate": "count"}]}]}, file)
        yield config


@pytest.fixture(name="large", scope="module")
def exporter_with_many_series(large_config):
    with Scratch() as scratch, Exporter(scratch, config=large_config) as exporter:
        exporter.wait_ready()
        yield exporter


def stuck_clients(exporter, sent, count=STUCK):
    clients = []
    for _ in range(count):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # before it connects, or it is too late
        client.connect(("127.0.0.1", exporter.port))
        client.sendall(sent)
        clients.append(client)
    return clients


SCRAPE = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"


def test_a_client_that_does_not_read_is_stuck_and_cut_off(large):
    client, = stuck_clients(large, SCRAPE, 1)
    client.settimeout(60)
    assert client.recv(1, socket.MSG_PEEK) == b"H"
    with pytest.raises(ConnectionError):
        while True:
            client.sendall(b"x")  # ends when the exporter hangs up, before it could send all
            time.sleep(0.05)


@pytest.mark.parametrize("sent", [b"", b"GET /metr", SCRAPE[:-2], SCRAPE,
                                  b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nab"])
def test_scrapes_are_answered_while_all_threads_have_stuck_clients(large, sent):
    clients = stuck_clients(large, sent)
    try:
        for _ in range(5):
            status, _, body = request(f"{large.url}/metrics")
            assert status in (200, 503) and (status == 503 or body.count(b"\nvendor_known{") == VENDORS)
        assert request(f"{large.url}/metrics")[0] == 200
    finally:
        for client in clients:
            client.close()


def test_more_scrapes_than_allowed_are_told_to_come_again(large_config):
    with Scratch() as scratch, Exporter(scratch, config=large_config, flags=["--web.max-requests=1"]) as exporter:
        exporter.wait_ready()
        answers = []

        def both_ways():
            with ThreadPoolExecutor(20) as pool:
                answers.extend(pool.map(lambda _: request(f"{exporter.url}/metrics", seconds=60), range(40)))
            return {status for status, _, _ in answers} >= {200, 503}

        wait_until(both_ways, 120, "one scrape was answered and another one was told to come again", [exporter.child])
        for status, headers, body in answers:
            if status == 200:
                assert body.count(b"\nvendor_known{") == VENDORS
            else:
                assert status == 503 and headers["Retry-After"] == "1" and b"--web.max-requests 1" in body
        assert request(f"{exporter.url}/metrics")[0] == 200


def test_no_secret_anywhere(shop):
    """After good and bad polls: not in a page, a metric, a log line or the words of an error; nor in what others see."""
    shop.simulator.control(fault="status_401", fault_count=2)
    shop.until(lambda: shop.failures().get("unauthorized") == 2, "the key was refused")
    shop.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'o2o-exporter'")
    shop.polled(2)
    password = urllib.parse.urlsplit(shop.dsn).password
    said = shop.exporter.child.log()
    for page in (*PAGES, "/nothing"):
        said += ask(shop, "GET", page).content.decode()
    said += ask(shop, "POST", "/-/reload").content.decode()
    with open(f"/proc/{shop.exporter.child.pid}/cmdline", encoding="utf-8") as arguments:
        said += arguments.read()
    assert "the OMS refused the key" in said, "this test looks at too little"
    for secret in (shop.simulator.api_key, password, shop.dsn):
        assert secret not in said
