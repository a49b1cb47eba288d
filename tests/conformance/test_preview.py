# SPDX-License-Identifier: Apache-2.0
"""The dashboards drawn by Grafana's own libraries: every panel shows something or says why not, in normal operation and in an outage, and
names nothing that Grafana would pass over in silence."""

import json
import os
import shutil
import subprocess
import urllib.parse

import pytest

from bundle.dashboards import DASHBOARDS, GRAFANA, load
from bundle.shipped import ROOT
from harness.scripted_server import Answer, ScriptedServer

pytestmark = pytest.mark.xdist_group("preview")

SERIES = {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {"job": "api"}, "value": [0, "3"]}]}}


@pytest.fixture(scope="module", autouse=True)
def packages():
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("drawing the dashboards needs Node 20 or later with npm")
    done = subprocess.run([ROOT / "scripts" / "preview-packages.sh"], capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_panel_is_drawn_in_normal_operation_and_in_an_outage(tmp_path):
    environment = {**os.environ, "MINUTES": "1", "LOOKS": "dark", "OUT": str(tmp_path)}
    environment.pop("SERVE", None)
    done = subprocess.run([ROOT / "scripts" / "preview.sh"], env=environment, capture_output=True, text=True, timeout=1500, check=False)
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr
    healthy, outage = (reports(tmp_path / state / "dark") for state in ("healthy", "outage"))
    assert healthy.keys() == outage.keys() == {load(path)["uid"] for path in DASHBOARDS}
    assert "within the limit" in shown(healthy["o2o-orders"], "Succeeded")
    assert "BELOW THE LIMIT" in shown(outage["o2o-orders"], "Succeeded")
    assert (tmp_path / "messages.png").stat().st_size > 10_000


def reports(folder):
    return {report["uid"]: report for report in json.loads((folder / "report.json").read_text())}


def shown(report, title):
    return " ".join(next(panel["shows"] for panel in report["panels"] if panel["title"] == title))


@pytest.mark.parametrize("misspelt, found", [(None, "every panel drew data"), ("override", 'override byName "requets" matches no field'),
                                             ("column", "organize.renameByName names fields that are not there: jbo")])
def test_a_name_that_can_never_come_is_found(tmp_path, misspelt, found):
    model = load(next(path for path in DASHBOARDS if path.stem == "api"))
    stat = next(panel for panel in model["panels"] if panel["type"] == "stat")
    table = next(panel for panel in model["panels"] if panel["type"] == "table")
    stat["targets"] = [{**stat["targets"][0], "expr": "up", "legendFormat": "requests"}]
    stat["fieldConfig"]["overrides"] = [{"matcher": {"id": "byName", "options": "requets" if misspelt == "override" else "requests"}, "properties": []}]
    table["targets"] = [{**table["targets"][0], "expr": "up"}]
    table["fieldConfig"]["overrides"] = []
    # "sale" is not in the answer, but a label that Prometheus knows.
    table["transformations"] = [{"id": "organize", "options": {
        "renameByName": {"jbo" if misspelt == "column" else "job": "API", "sale": "Sale"}, "indexByName": {}, "excludeByName": {}}}]
    table["options"].pop("sortBy", None)
    model.update(panels=[stat, table], templating={"list": []}, annotations={"list": []})
    path = tmp_path / "dashboard.json"
    path.write_text(json.dumps(model))
    with ScriptedServer(prometheus) as server:
        done = subprocess.run(["node", GRAFANA / "preview" / "preview.mjs", "--strict", "--out", tmp_path / "out", "--prometheus", server.url, path],
                              capture_output=True, text=True, timeout=600, check=False)
    assert found in done.stdout, done.stdout + done.stderr
    assert done.returncode == (1 if misspelt else 0), done.stdout + done.stderr


def prometheus(asked):
    path = urllib.parse.urlsplit(asked.path).path
    return Answer(body=json.dumps({"status": "success", "data": ["job", "sale"]} if path.endswith("/labels") else SERIES).encode())
