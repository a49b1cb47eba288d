# SPDX-License-Identifier: Apache-2.0
"""How upstreams are reached, and with what: proxies, headers, waits that are asked for, tokens, and what is shown of them."""
import base64
import json
import subprocess
import time
from email.utils import formatdate

import pytest

from harness.exporter import Exporter, program
from harness.processes import clean_environment, wait_until
from harness.scripted_server import Answer, ScriptedServer
from harness.stand import events
from harness.web import request

METRIC = {"name": "shop_x", "help": "X.", "value": "v"}


def config_of(scratch, **config):
    path = scratch.file("upstreams.yml")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(config, file)
    return path


def mapped(kind, block, **more):
    return {"name": "shop", "interval": "500ms", "timeout": "450ms", "stale_after": "60s", kind: block, "metrics": [METRIC], **more}


def probe(config, name="shop"):
    ended = subprocess.run([program(), "probe", name, f"--config.file={config}"], env=clean_environment(), capture_output=True, text=True,
                           timeout=60, check=False)
    return ended.returncode, ended.stdout + ended.stderr


def rows(_asked=None):
    return Answer(b'[{"v": 1}]', headers={"Content-Type": "application/json"})


def up(exporter):
    return exporter.samples().value("o2o_source_up", source="shop") == 1


def wait_for_failure(exporter):
    """Not by o2o_source_up, which is 0 before the first poll too."""
    wait_until(lambda: events(exporter.child, "source failing"), 30, "a poll failed", [exporter.child])


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("kind", ["json", "metabase"])
@pytest.mark.parametrize("as_date", [False, True])
def test_wait_that_is_asked_for_is_kept(scratch, kind, status, as_date):
    """And then the normal rhythm: the back-off alone would come after a second, and again after two."""
    asked = []

    def answer(_):
        asked.append(time.monotonic())
        if len(asked) > 1:
            return rows()
        now = time.time()
        return Answer(b"slow down", status, {"Date": formatdate(now, usegmt=True),
                                             "Retry-After": formatdate(now + 7, usegmt=True) if as_date else "7"})

    with ScriptedServer(answer) as shop:
        block = {"url": shop.url} if kind == "json" else {"url": shop.url, "api_key": "mb_key", "question": 1}
        with Exporter(scratch, config=config_of(scratch, sources=[mapped(kind, block)])) as exporter:
            wait_for_failure(exporter)
            failing = exporter.child.log()
            wait_until(lambda: up(exporter), 60, "it is asked again, and answers", [exporter.child])
    assert "it asks us to wait 7s" in failing
    assert ("too many requests (429)" in failing) == (status == 429)
    assert asked[1] - asked[0] >= 6.9


def test_wait_that_makes_no_sense_does_not_switch_a_source_off(scratch):
    with ScriptedServer(lambda _: Answer(b"", 429, {"Retry-After": "99999999999"})) as shop:
        with Exporter(scratch, config=config_of(scratch, sources=[mapped("json", {"url": shop.url})])) as exporter:
            wait_for_failure(exporter)
            source = json.loads(request(exporter.url + "/api/v1/sources")[2])["sources"][0]
    assert "it asks us to wait 1d" in source["last_error"]


def test_oms_through_a_proxy_that_asks_who_we_are(scratch):
    seen = []

    def proxied(asked):
        seen.append(asked)
        return Answer(b'{"total": 0, "statusCounts": {}, "data": []}', headers={"Content-Type": "application/json"})

    with ScriptedServer(proxied) as proxy:
        password = scratch.file("proxy-password")
        with open(password, "w", encoding="utf-8") as file:
            file.write("open sesame\n")
        block = {"url": "http://oms.invalid:8080", "api_key": "k-123", "proxy": proxy.url, "headers": {"CF-Access-Client-Id": "id-1"},
                 "proxy_auth": {"username": "Aladdin", "password_file": password}}
        source = {"name": "orders", "oms": block}
        status, said = probe(config_of(scratch, store={"dsn": "host=/nowhere dbname=x"}, sources=[source]), "orders")
    assert status == 0, said
    assert seen[0].path.startswith("http://oms.invalid:8080/api/v1/monitor/recent")
    assert seen[0].headers["Proxy-Authorization"] == "Basic " + base64.b64encode(b"Aladdin:open sesame").decode()
    assert seen[0].headers["CF-Access-Client-Id"] == "id-1" and seen[0].headers["x-api-key"] == "k-123"


def test_thirty_questions_name_their_metabase_once(scratch):
    seen = []

    def metabase(asked):
        seen.append(asked)
        return Answer(b'{"id": "session-of-all"}') if asked.path == "/api/session" else rows()

    with ScriptedServer(metabase) as server:
        sources = [{**mapped("metabase", {"server": "main", "question": number}), "name": f"q{number}",
                    "metrics": [{**METRIC, "name": f"shop_x{number}"}]} for number in range(1, 31)]
        config = config_of(scratch, sources=sources, metabases={"main": {
            "url": server.url, "username": "u@example.com", "password": "a-password", "headers": {"X-Team": "shop"}}})
        with Exporter(scratch, config=config) as exporter:
            wait_until(lambda: {asked.path for asked in seen} >= {f"/api/card/{number}/query/json" for number in range(1, 31)}, 60,
                       "all were asked", [exporter.child])
    assert sum(asked.path == "/api/session" for asked in seen) == 1
    assert all(asked.headers["X-Team"] == "shop" for asked in seen)


@pytest.mark.parametrize("first, cookie", [('{"id": "abc\\r\\nX-Evil: 1"}', None), ('{"id": "old"}', "metabase.DEVICE=a\x01b; Path=/")])
def test_session_that_cannot_be_sent_is_not_kept(scratch, first, cookie):
    """Such a header is refused before it is sent, so no 401 would come and no login follow, for ever."""
    logins = []

    def metabase(asked):
        if asked.path == "/api/session":
            logins.append(asked)
            if len(logins) == 1:
                return Answer(first.encode(), headers={"Set-Cookie": cookie} if cookie else {})
            return Answer(b'{"id": "good"}')
        return rows() if asked.headers.get("X-Metabase-Session") == "good" else Answer(b"Unauthenticated", 401)

    with ScriptedServer(metabase) as server:
        block = {"url": server.url, "username": "u@example.com", "password": "a-password", "question": 7}
        with Exporter(scratch, config=config_of(scratch, sources=[mapped("metabase", block)])) as exporter:
            wait_until(lambda: up(exporter), 60, "the next login brings a good session", [exporter.child])
    assert len(logins) == 2


@pytest.mark.parametrize("answer", [
    lambda _: Answer(b"", 308, {"Location": "/hook/k3y-in-the-path/flags/"}), lambda _: Answer(b"no", 500),
    lambda _: Answer(b"<html>k3y-in-the-path", 200), lambda _: time.sleep(2) or rows()], ids=["redirect", "error", "page", "slow"])
def test_path_of_a_json_source_is_not_shown(scratch, answer):
    with ScriptedServer(answer) as shop:
        block = {"url": f"{shop.url}/hook/k3y-in-the-path/flags?token=k3y-in-the-path"}
        with Exporter(scratch, config=config_of(scratch, sources=[mapped("json", block)])) as exporter:
            wait_for_failure(exporter)
            shown = "".join(request(exporter.url + page)[2].decode() for page in ("/", "/api/v1/sources", "/metrics"))
            shown += exporter.child.log()
    assert "k3y-in-the-path" not in shown


def test_token_by_client_credentials(scratch):
    """Had once, kept, and had anew where the endpoint refuses it."""
    given, good = [], ["t-1"]

    def answer(asked):
        if asked.path == "/token":
            given.append(asked)
            return Answer(json.dumps({"access_token": good[0], "token_type": "Bearer", "expires_in": 3600}).encode())
        return rows() if asked.headers.get("Authorization") == f"Bearer {good[0]}" else Answer(b"", 401)

    with ScriptedServer(answer) as shop:
        oauth2 = {"token_url": f"{shop.url}/token", "client_id": "o2o", "client_secret": "s3cret-of-o2o", "scopes": ["flags.read"]}
        block = {"url": f"{shop.url}/flags", "oauth2": oauth2}
        with Exporter(scratch, config=config_of(scratch, sources=[mapped("json", block)])) as exporter:
            wait_until(lambda: up(exporter), 30, "it has a token", [exporter.child])
            wait_until(lambda: exporter.samples().value("o2o_source_polls_total", source="shop") >= 4, 30, "some polls", [exporter.child])
            assert len(given) == 1 and given[0].body == b"grant_type=client_credentials&scope=flags.read"
            assert "s3cret-of-o2o" not in exporter.child.log()


@pytest.mark.parametrize("slip", [
    "sources:\n  - name: o\n    oms:\n      url: http://127.0.0.1:1\n      api_key:{secret}\n",
    "sources:\n  - name: s\n    json:\n      url: http://127.0.0.1:1/\n      bearer_token_file: {secret}\n",
    "sources:\n  - name: s\n    json:\n      url: http://127.0.0.1:1/\n      basic_auth: {{username: 'u:{secret}', password: x}}\n",
    "store:\n  host=h password={secret}:\nsources: []\n", "store:\n  ? 'host=h password={secret}'\n  : x\nsources: []\n"])
def test_slip_with_a_secret_is_named_without_being_quoted(scratch, slip):
    path = scratch.file("slip.yml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(slip.format(secret="hunter2secret"))
    ended = subprocess.run([program(), f"--config.file={path}", "--config.check"], env=clean_environment(), capture_output=True, text=True,
                           timeout=60, check=False)
    assert ended.returncode == 1 and f"{path}:" in ended.stderr
    assert "hunter2" not in ended.stdout + ended.stderr
