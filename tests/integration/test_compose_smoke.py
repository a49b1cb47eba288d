# SPDX-License-Identifier: Apache-2.0
"""smoke.py, pointed at the real exporter, Prometheus, Alertmanager and nginx; Grafana and Mimir are doubles that answer as their HTTP
APIs do. It passes where everything works, and names what does not."""
import base64
import json
import re
import shutil
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.alertmanager import Alertmanager
from harness.exporter import Exporter
from harness.mimir_gateway import mimir_gateway
from harness.processes import clean_environment, free_port, wait_until
from harness.prometheus import Prometheus
from harness.scratch import Scratch
from harness.scripted_server import Answer, ScriptedServer
from harness.simulator import Simulator

ROOT = Path(__file__).resolve().parents[2]
SMOKE = ROOT / "compose" / "smoke.py"
FACTOR = 20  # of the clock of rules and scrapes
PASSWORD = "of-the-tests"


class Grafana:
    """Holds what it was given: uid -> dashboard."""

    def __init__(self):
        models = [json.loads(path.read_text()) for path in (ROOT / "grafana" / "dashboards").glob("*.json")]
        self.models = {model["uid"]: model for model in models}
        self.broken_source = None

    def answer(self, asked):
        if asked.headers.get("Authorization") != "Basic " + base64.b64encode(f"admin:{PASSWORD}".encode()).decode():
            return Answer(b'{"message":"Invalid username or password"}', 401)
        _, _, kind, _, uid, *more = asked.path.split("/")
        if kind == "dashboards":
            if uid not in self.models:
                return Answer(b'{"message":"Dashboard not found"}', 404)
            return Answer(json.dumps({"meta": {"provisioned": True}, "dashboard": self.models[uid]}).encode())
        assert (kind, more) == ("datasources", ["health"])
        if uid == "o2o-alertmanager":
            return Answer(b'{"message":"Plugin not found","messageId":"plugin.notFound","statusCode":404,"traceID":""}', 404)
        if uid == self.broken_source:
            return Answer(b'{"message":"pq: password authentication failed","status":"ERROR"}', 400)
        return Answer(b'{"message":"Database Connection OK","status":"OK"}')


class Mimir:
    age = 5

    def answer(self, asked):
        assert asked.headers["X-Scope-OrgID"] == "o2o" and asked.path.startswith("/prometheus/api/v1/query?")
        samples = [] if self.age is None else [{"metric": {}, "value": [time.time(), str(time.time() - self.age)]}]
        return Answer(json.dumps({"status": "success", "data": {"resultType": "vector", "result": samples}}).encode())


class Estate:
    """All that smoke.py asks."""

    def __init__(self, scratch, stack):
        start = stack.enter_context
        self.grafana, self.mimir = Grafana(), Mimir()
        self.simulator = start(Simulator(scratch, metabase=True))
        self.exporter = start(Exporter(scratch, env=self.simulator.metabase_env))
        self.alertmanager = start(Alertmanager(scratch, self.simulator.sink_url, FACTOR))
        self.prometheus = start(Prometheus(scratch, {"o2o-exporter": self.exporter.address, "alertmanager": self.alertmanager.address},
                                           self.alertmanager.address, FACTOR))
        grafana, mimir = start(ScriptedServer(self.grafana.answer)), start(ScriptedServer(self.mimir.answer))
        gateway = start(mimir_gateway(scratch, mimir.port, {"grafana": PASSWORD}))
        self.password = Path(scratch.file("password"))
        self.password.write_text(PASSWORD + "\n")
        self._flags = {"exporter": self.exporter.url, "prometheus": self.prometheus.url, "alertmanager": self.alertmanager.url,
                       "grafana": grafana.url, "mimir": gateway.url, "grafana-password-file": self.password,
                       "mimir-password-file": self.password}

    def smoke(self, wait=0, **changes):
        """(exit status, {check: ("ok" or "FAILED", what it said)})"""
        flags = {**self._flags, **{name.replace("_", "-"): value for name, value in changes.items()}, "wait": wait}
        done = subprocess.run([SMOKE, *(f"--{name}={value}" for name, value in flags.items())], env=clean_environment(), cwd="/",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
        said = {}
        for line in done.stdout.splitlines():
            if line.startswith(("ok ", "FAILED ")):
                verdict, rest = line.split(None, 1)
                name, words = rest.split(": ", 1)
                said[name] = [verdict, words]
            else:
                said[name][1] += "\n" + line.strip()
        return done.returncode, {name: tuple(words) for name, words in said.items()}


@pytest.fixture(name="estate", scope="module")
def running_estate():
    with Scratch() as scratch, ExitStack() as stack:
        estate = Estate(scratch, stack)
        status, said = estate.smoke(wait=120)
        assert status == 0, said
        yield estate


def failed(said):
    return {name: words for name, (verdict, words) in said.items() if verdict == "FAILED"}


def test_a_healthy_estate_passes(estate):
    status, said = estate.smoke()
    assert (status, failed(said)) == (0, {})
    assert said.keys() == {"exporter", "targets", "rules", "alerts", "messages", "long-term store", "dashboards", "data sources"}
    assert any(alert["labels"]["alertname"] == "O2OWatchdog" for sent in estate.simulator.notifications() for alert in sent["alerts"]), \
        "what it calls delivered was delivered"


def test_a_part_without_an_address_is_left_out(estate):
    status, said = estate.smoke(grafana="", mimir="", exporter="")
    assert status == 0 and said.keys() == {"targets", "rules", "alerts", "messages"}


def test_nothing_asked_is_a_failure(estate):
    done = subprocess.run([SMOKE, *(f"--{part}=" for part in ("exporter", "prometheus", "alertmanager", "grafana", "mimir"))],
                          stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert done.returncode == 1 and "nothing was asked" in done.stderr
    assert estate


def test_a_rule_that_is_not_loaded_is_named(estate, scratch):
    folder = Path(scratch.folder("rules"))
    for path in (ROOT / "rules").glob("*.yml"):
        shutil.copy(path, folder)
    (folder / "new.yml").write_text("groups:\n  - name: new\n    rules:\n      - alert: O2ONew\n        expr: vector(1)\n")
    status, said = estate.smoke(rules=folder)
    assert (status, failed(said)) == (1, {"rules": "O2ONew is loaded 0 times, the files have it 1 times"})
    status, said = estate.smoke(rules=scratch.folder("none"))
    assert status == 1 and "there are no rules in" in said["rules"][1]


def test_dashboards_of_the_release_before_are_noticed(estate):
    uid, model = next(iter(estate.grafana.models.items()))
    try:
        estate.grafana.models[uid] = {**model, "title": "As it was"}
        assert "Grafana shows another version of it" in failed(estate.smoke()[1])["dashboards"]
        del estate.grafana.models[uid]
        status, said = estate.smoke()
        assert status == 1 and failed(said)["dashboards"].endswith(f"/api/dashboards/uid/{uid} answered 404")
    finally:
        estate.grafana.models[uid] = model


def test_a_data_source_that_does_not_answer_is_named(estate):
    estate.grafana.broken_source = "o2o-postgres"
    try:
        assert failed(estate.smoke()[1]) == {"data sources": "o2o-postgres: pq: password authentication failed"}
    finally:
        estate.grafana.broken_source = None


@pytest.mark.parametrize("age, words", [
    (None, "Mimir has no sample of o2o-exporter"), (1000, r"Mimir's newest sample of o2o-exporter is 10\d\d s old")])
def test_samples_that_do_not_arrive_are_noticed(estate, age, words):
    estate.mimir.age = age
    try:
        found = failed(estate.smoke()[1])
        assert found.keys() == {"long-term store"} and re.fullmatch(words, found["long-term store"])
    finally:
        estate.mimir.age = 5


def test_a_wrong_password_is_named_and_not_shown(estate, scratch):
    wrong = Path(scratch.file("wrong"))
    wrong.write_text("not-this")
    status, said = estate.smoke(grafana_password_file=wrong, mimir_password_file=scratch.file("nowhere"))
    assert status == 1 and "answered 401" in said["dashboards"][1] and "No such file" in said["long-term store"][1]
    assert "not-this" not in str(said)


def test_messages_that_arrive_nowhere_are_noticed(scratch):
    """An Alertmanager that reached nobody: what it tried is not what arrived."""
    nobody = f"http://127.0.0.1:{free_port()}"
    with Alertmanager(scratch, nobody, FACTOR) as alertmanager, \
         Prometheus(scratch, {"alertmanager": alertmanager.address}, alertmanager.address, FACTOR) as prometheus:
        command = [SMOKE, f"--alertmanager={alertmanager.url}", f"--prometheus={prometheus.url}", *(
            f"--{part}=" for part in ("exporter", "grafana", "mimir")), "--wait=0"]

        def tried():
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=60, check=False)
            assert done.returncode == 1 and "ok      messages" not in done.stdout
            return "nothing that was sent by webhook arrived" in done.stdout and done.stdout

        said = wait_until(tried, 120, "Alertmanager tried to send", [alertmanager.child, prometheus.child], interval=1)
    assert "there is no target of the job o2o-exporter" in said


def test_an_exporter_that_is_gone_is_named(estate):
    """Last: the others need it."""
    estate.exporter.stop()
    wait_until(lambda: not estate.prometheus.target_health()["o2o-exporter"], 60, "Prometheus noticed", [estate.prometheus.child])
    status, said = estate.smoke()
    assert status == 1 and failed(said).keys() >= {"exporter", "targets"}
    assert "Connection refused" in said["exporter"][1]
    assert said["targets"][1].startswith(f"o2o-exporter {estate.exporter.address} is down: ")
