# SPDX-License-Identifier: Apache-2.0
"""No secret is in any output, whichever upstream says it back, wherever and however encoded."""
import base64
import html
import json
import re
import subprocess
import urllib.parse

import pytest

from harness.exporter import Exporter, program
from harness.processes import clean_environment, wait_until
from harness.scripted_server import Answer, ScriptedServer
from harness.web import request

OMS_KEY = "k3y/of+the \"OMS\"\\&<1>"
METABASE_KEY = "mb_kEy'of?the=Metabase/2+~"
BEARER = "bearer.token-of_the~flags+/="
PASSWORD = "p4ss w:ord/of@basic\\"
PIN = "4815162342108"
SOURCES = ("orders", "stock", "flags", "shops", "pins")
PAGES = ("/", "/metrics", "/ready", "/-/ready", "/health", "/nope", "/api/v1/sources", "/api/vendor-codes", "/api/nope",
         *(f"/api/{source}" for source in SOURCES))


def inside_base64(secret):
    """What base64 makes of it whatever precedes and follows it, as in user:password."""
    for before in range(3):
        digits = base64.b64encode(b"\0" * before + secret.encode()).decode()
        yield digits[(8 * before + 5) // 6:8 * (before + len(secret.encode())) // 6]


def forms(secret):
    """As it travels."""
    in_base64 = base64.b64encode(b"user:" + secret.encode()).decode()
    return [secret, urllib.parse.quote(secret, safe=""), urllib.parse.quote_plus(secret), re.sub("%..", lambda code: code[0].lower(), urllib.parse.quote(secret, safe="")),
            json.dumps(secret)[1:-1], json.dumps(json.dumps(secret))[3:-3], "".join(f"\\u{ord(c):04x}" for c in secret),
            "".join(f"%{ord(c):02X}" for c in secret), html.escape(secret), in_base64,
            base64.urlsafe_b64encode(b"user:" + secret.encode()).decode(), base64.b64encode(secret.encode()).decode()]


def traces(secret):
    """What must not be found in an output, nor in what its strings say."""
    digits = list(inside_base64(secret))
    return {*forms(secret)[:9], *digits, *(text.replace("+", "-").replace("/", "_") for text in digits)}


def rows(said):
    """A row for each, in values, column names and nested; with longer texts, so that it lies where texts are cut."""
    return [{"Vendor Code": f"{number} {text}", "note": [text, {"deep": text}], f"column {text}": 1, "left": number,
             "padded": "-" * (number % 64) + text, "bad": f"{'-' * 50}{text}"} for number, text in enumerate(said)]


class Echo(ScriptedServer):
    """Every upstream at once. `said`: the texts; `how`: what it does with them."""

    def __init__(self, secrets):
        super().__init__(self._answer)
        self.said = [form for secret in secrets for form in forms(secret)]
        self.how = "rows"

    def _answer(self, asked):
        text = " ".join(self.said)
        headers = {"Content-Type": "application/json"}
        if asked.path.startswith("/api/session/properties"):
            return Answer(json.dumps({"version": {"tag": self.said[0]}, "requested-timezone": text}).encode(), headers=headers)
        if self.how == "html":
            return Answer(f"<html>{text}".encode(), headers={"Content-Type": "text/html; charset=" + self.said[1]})
        if self.how == "redirect":
            return Answer(b"", 302, {"Location": f"https://{self.said[1]}.example/" + urllib.parse.quote(text)})
        if self.how == "error":
            return Answer(json.dumps({"error": text, "message": text, "errors": {"key": text}, text: text}).encode(), 400, headers)
        if self.how == "unauthorized":
            return Answer(json.dumps({"error": text}).encode(), 401, {**headers, "WWW-Authenticate": f'Basic realm="{self.said[1]}"'})
        if self.how == "failed":
            return Answer(json.dumps({"status": "failed", "error": text, "error_type": self.said[2]}).encode(), 202, headers)
        if asked.path.startswith("/api/v1/monitor"):
            return Answer(json.dumps(self._orders()).encode(), headers=headers)
        if asked.path.startswith("/pins"):
            return Answer(json.dumps([{"name": "a", "left": 1, "pin": int(PIN), PIN: [int(PIN)]}]).encode(), headers=headers)
        return Answer(json.dumps(rows(self.said)).encode(), headers=headers)

    def _orders(self):
        orders = [{"order_id": f"{text}"[:60], "status": text, "order_type": f"t {text}", "total_amount": amount,
                   "updated_at": "2026-01-01T00:00:00Z"}
                  for text in self.said for amount in ("1.00", f"{'-' * 60}{text}")]
        return {"total": len(orders), "statusCounts": {f"{'-' * 70}{text}": 1 for text in self.said}, "data": orders}


def config_of(scratch, echo, dsn, oms_key):
    gauge = {"name": "left", "help": "Left.", "labels": {"code": "Vendor Code"}, "value": "left"}
    rejected = {**gauge, "name": "bad", "value": "bad"}
    rhythm = {"interval": "500ms", "timeout": "450ms", "stale_after": "60s"}

    def json_source(name, path, **keys):
        return {"name": name, **rhythm, "json": {"url": echo.url + path, **keys},
                "metrics": [{**gauge, "name": f"left_{name}"}, {**rejected, "name": f"bad_{name}"}]}

    path = scratch.file("echo.yml")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"store": {"dsn": dsn}, "sources": [
            {"name": "orders", **rhythm, "oms": {"url": echo.url, "api_key": oms_key}},
            {"name": "stock", **rhythm, "metabase": {"url": echo.url, "api_key": METABASE_KEY, "question": 1},
             "metrics": [gauge, rejected]},
            json_source("flags", "/flags", bearer_token=BEARER),
            json_source("shops", "/shops", basic_auth={"username": "user", "password": PASSWORD}),
            {**json_source("pins", "/pins", bearer_token=PIN),
             "metrics": [{**gauge, "name": "pins", "labels": {"name": "name"}}]}]}, file)
    return path


def assert_clean(where, text, secrets):
    for secret in secrets:
        for trace in traces(secret):
            assert trace not in text, f"{where} shows {trace!r}: {text[max(0, text.find(trace) - 200):text.find(trace) + 100]}"


def strings_in(value):
    """Of JSON, keys too."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from strings_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings_in(inner)
    else:
        yield str(value)


def assert_pages_clean(exporter, secrets):
    for path in PAGES:
        _, headers, body = request(exporter.url + path)
        assert_clean(path, body.decode(), secrets)
        if headers["Content-Type"] == "application/json":
            assert_clean(path, "\n".join(strings_in(json.loads(body))), secrets)
        if headers["Content-Type"].startswith("text/html"):
            assert_clean(path, html.unescape(body.decode()), secrets)


def probe(config, source):
    ended = subprocess.run([program(), "probe", source, "--config.file", config, "--log.level=debug"], env=clean_environment(),
                           stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False)
    return ended.stdout + ended.stderr


HOW = ("rows", "html", "redirect", "error", "unauthorized", "failed")


@pytest.mark.parametrize("log_format", ["logfmt", "json"])
def test_no_output_holds_a_secret_that_an_upstream_says_back(scratch, postgres, log_format):
    database = f"echo_{log_format}"
    dsn = postgres.make_database(database)
    secrets = (OMS_KEY, METABASE_KEY, BEARER, PASSWORD, PIN, postgres.passwords[database])
    with Echo(secrets) as echo:
        config = config_of(scratch, echo, dsn, OMS_KEY)
        with Exporter(scratch, config=config, flags=("--log.level=debug", f"--log.format={log_format}")) as exporter:
            for how in HOW:
                echo.how = how
                polls = {source["source"]: source["polls"] for source in exporter.sources()["sources"]}
                wait_until(lambda polls=polls: all(source["polls"] >= polls[source["source"]] + 2
                                                   for source in exporter.sources()["sources"]), 60, f"{how}: all polled")
                assert_pages_clean(exporter, secrets)
                for source in SOURCES:
                    assert_clean(f"{how}: probe {source}", probe(config, source), secrets)
                if how == "rows":
                    page = request(exporter.url + "/api/flags")[2].decode()
                    assert page.count("<secret>") > 100, "the rows do not say it back"
                    assert request(exporter.url + "/api/pins")[2].count(b'"pin":"<secret>","<secret>":["<secret>"]') == 1
            assert exporter.stop() == 0
            log = exporter.child.log()
            assert_clean("the log", log, secrets)
            assert "<secret>" in log
    postgres.drop_database(database)


def test_check_of_a_configuration_masks_what_it_names(scratch):
    """A key that is written where something else belongs, and is known from elsewhere in the file."""
    path = scratch.file("slip.yml")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"sources": [{"name": "flags", "json": {"url": "http://127.0.0.1:9", "bearer_token": BEARER, "method": BEARER},
                                "metrics": [{"name": "a", "help": BEARER, "value": "v", "type": BEARER}]}]}, file)
    ended = subprocess.run([program(), "--config.check", "--config.file", path], env=clean_environment(), capture_output=True,
                           text=True, timeout=30, check=False)
    assert ended.returncode == 1 and "method" in ended.stderr
    assert_clean("--config.check", ended.stdout + ended.stderr, [BEARER])
