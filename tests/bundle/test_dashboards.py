# SPDX-License-Identifier: Apache-2.0
"""The dashboards as files: valid for Grafana 11.6 and 13, made by their generator, and asking only for what exists. Whether
every query answers is tests/integration/test_dashboards.py; what they look like is `make preview`."""

import json
import re
import subprocess
import sys

import pytest
import yaml

from bundle.dashboards import DASHBOARDS, GRAFANA, load, panels, queries
from bundle.shipped import RUNBOOK_BASE, RUNBOOKS, groups, recorded, run
from bundle.test_metric_names import problems, read_catalogue  # pylint: disable=unused-import

sys.path.insert(0, str(GRAFANA))
from generate.__main__ import rendered  # pylint: disable=wrong-import-position

IDS = [path.stem for path in DASHBOARDS]
MODELS = {path.name: load(path) for path in DASHBOARDS}
UIDS = {model["uid"] for model in MODELS.values()}
SECONDS = {"changed_at"}  # extract(epoch FROM a - b) is not a table
each_dashboard = pytest.mark.parametrize("path", DASHBOARDS, ids=IDS)


def test_the_committed_files_are_what_the_generator_writes():
    assert {path.name: path.read_text() for path in DASHBOARDS} == rendered(), "run `make dashboards` and commit the result"


@pytest.mark.parametrize("version", ["11", "13"])
@each_dashboard
def test_valid_for_grafana(path, version):
    checked = subprocess.run([sys.executable, GRAFANA / "schema" / "check.py", GRAFANA / "schema" / f"schema{version}.json", path],
                             capture_output=True, text=True, timeout=60, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_schema_would_find_a_mistake(tmp_path):
    model = load(DASHBOARDS[0])
    next(panel for panel in panels(model) if panel["type"] == "stat")["fieldConfig"]["defaults"]["unit"] = "furlongs"
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps(model))
    checked = subprocess.run([sys.executable, GRAFANA / "schema" / "check.py", GRAFANA / "schema" / "schema13.json", broken],
                             capture_output=True, text=True, timeout=60, check=False)
    assert checked.returncode == 1 and "furlongs" in checked.stdout


def test_the_table_of_files_and_uids_is_right():
    table = dict(re.findall(r"^\| `([\w-]+\.json)` \| `([\w-]+)` \|", (GRAFANA / "README.md").read_text(), re.M))
    assert table == {name: model["uid"] for name, model in MODELS.items()}


def test_every_data_source_is_provisioned():
    sources = yaml.safe_load((GRAFANA / "provisioning" / "datasources" / "o2o.yml").read_text())["datasources"]
    provisioned = {source["uid"]: source["type"] for source in sources}
    used = re.findall(r'"type": "([\w-]+)",\s*"uid": "([\w-]+)"', "".join(path.read_text() for path in DASHBOARDS))
    assert used
    assert {(uid, kind) for kind, uid in used} <= set(provisioned.items())


def test_the_provider_reads_a_folder():
    providers = yaml.safe_load((GRAFANA / "provisioning" / "dashboards" / "o2o.yml").read_text())["providers"]
    assert [provider["type"] for provider in providers] == ["file"]


@each_dashboard
def test_every_panel_says_what_it_shows_and_what_nothing_means(path):
    for panel in panels(load(path)):
        if panel["type"] in ("row", "text"):
            continue
        assert panel["title"], f"{path.name}: panel {panel['id']} has no title"
        assert panel["description"].endswith("."), f"{path.name}: {panel['title']}: a sentence that says what it shows"
        assert panel["fieldConfig"]["defaults"].get("noValue"), f"{path.name}: {panel['title']}: what does \"no data\" mean?"


@each_dashboard
def test_an_empty_cell_does_not_say_that_the_table_is_empty(path):
    """Grafana puts noValue into each cell without a value: "nothing fires" in the row of an alert that has no vendor."""
    for panel in panels(load(path)):
        if panel["type"] == "table":
            first = panel["fieldConfig"]["overrides"][0]
            assert first == {"matcher": {"id": "byRegexp", "options": ".*"}, "properties": [{"id": "noValue", "value": "–"}]}, panel["title"]


@each_dashboard
def test_panels_do_not_overlap(path):
    taken = {}
    for panel in panels(load(path)):
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in taken, f"{path.name}: panels {taken[x, y]} and {panel['id']} overlap"
                taken[x, y] = panel["id"]


@each_dashboard
def test_every_link_leads_somewhere(path):
    for uid in re.findall(r"/d/([\w-]+)", path.read_text()):
        assert uid in UIDS, f"{path.name} links to /d/{uid}, which is not shipped"


@each_dashboard
def test_every_runbook_link_leads_somewhere(path):
    for url in re.findall(r'"(https?://[^"]*runbooks[^"]*)"', path.read_text()):
        page = url.removeprefix(RUNBOOK_BASE)
        assert url.startswith(RUNBOOK_BASE) and (page == "${__value.raw}.md" or (RUNBOOKS / page).is_file()), f"{path.name}: {url}"


# About one thing each: the thing explains itself, or has no alert.
WITHOUT_RUNBOOKS = {"home.json", "order-explorer.json"}


@each_dashboard
def test_a_page_of_an_alerts_dashboard_links_runbooks(path):
    """Who comes here from an alert finds what to do; the first row leads there."""
    linked = {link["url"] for panel in panels(load(path)) for link in panel.get("links", [])}
    assert path.name in WITHOUT_RUNBOOKS or "alerts" in path.name or any(url.startswith(RUNBOOK_BASE) for url in linked)


@each_dashboard
def test_every_dashboard_leads_to_its_neighbours(path):
    """Dead ends help nobody: home leads to all, each page says where to go next."""
    found = set(re.findall(r"/d/([\w-]+)", "".join(panel["options"]["content"] for panel in panels(load(path)) if panel["type"] == "text")))
    if path.name == "home.json":
        assert found == UIDS - {"o2o-home"}
    elif path.name != "order-explorer.json":
        assert found - {load(path)["uid"]}, path.name


# Limits that say how much has to be known before anything is said, or choose windows; nothing to draw.
NOT_DRAWN = {"o2o:limit:slo_alerts", "o2o:limit:slo_orders_min", "o2o:limit:flash_sale_min_orders", "o2o:limit:conversion_min_visits",
             "o2o:limit:http_min_rate", "o2o:limit:no_orders_expected", "o2o:limit:no_orders_peak_part", "o2o:limit:fewer_orders_spreads",
             "o2o:limit:fewer_orders_least_spread", "o2o:limit:fewer_orders_expected", "o2o:limit:more_orders_factor", "o2o:limit:more_orders_min",
             "o2o:limit:failure_min_orders", "o2o:limit:delayed_ratio", "o2o:limit:delayed_min_orders"}
SUBJECTS = {"orders.json": ("o2o-limits-orders",), "vendors.json": ("o2o-limits-vendors",), "business.json": ("o2o-limits-business",), "flash-sale.json": ("o2o-limits-flash-sale",), "api.json": ("o2o-limits-http",),
            "infrastructure.json": ("o2o-limits-infrastructure",), "slo.json": ("o2o-limits-slo",)}


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_dashboard_draws_every_limit_of_its_subject(name):
    expected = {rule["record"] for group in groups() if group["name"] in SUBJECTS[name] for rule in group["rules"]} - NOT_DRAWN
    text = json.dumps(MODELS[name])
    assert expected and {limit for limit in expected if limit not in text} == set()


@each_dashboard
def test_no_panel_has_a_limit_of_its_own(path):
    """0, 1 and the numbers of states say whether something is; what is too many is defined in rules/o2o-limits.yml."""
    for panel in panels(load(path)):
        configured = panel.get("fieldConfig", {"defaults": {}, "overrides": []})
        for properties in (configured["defaults"], *({each["id"]: each["value"] for each in override["properties"]} for override in configured["overrides"])):
            states = {float(value) for mapping in properties.get("mappings", []) for value in mapping["options"] if value.isdigit()}
            values = {step["value"] for step in properties.get("thresholds", {"steps": []})["steps"]}
            assert values <= {None, 0, 1, *states}, panel["title"]


@each_dashboard
def test_what_nobody_knows_is_not_green(path):
    """Grafana gives the text for "no data" the colour of the first threshold."""
    for panel in panels(load(path)):
        if panel["type"] == "stat":
            assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["color"] not in {"green", "blue"}, panel["title"]


@each_dashboard
def test_every_metric_exists(path, catalogue):
    for where, expr in queries(load(path), "prometheus"):
        assert problems(catalogue, recorded(), expr) == [], f"{path.name}: {where}: {expr}"


def test_the_table_of_alerts_shows_two_that_differ_in_any_label(tmp_path):
    """One vendor on two boards, one sale beside another: Prometheus refuses a join in which a label that tells them apart is left out."""
    subjects = ("online", "products")
    labels = 'alertname="O2OVendorBoardCherry", severity="warning", team="commerce", vendor_code="V001", subject="{}"'
    expr = dict(queries(MODELS["alerts.json"], "prometheus"))["Firing now A"]
    test = {"rule_files": [], "evaluation_interval": "1m", "tests": [{
        "interval": "1m",
        "input_series": [series for subject in subjects for series in (
            {"series": f'ALERTS_FOR_STATE{{{labels.format(subject)}}}', "values": "0+0x10"},
            {"series": f'ALERTS{{{labels.format(subject)}, alertstate="firing"}}', "values": "1+0x10"})],
        "promql_expr_test": [{"expr": expr, "eval_time": "5m", "exp_samples": [
            {"labels": f'{{{labels.format(subject).replace("warning", "2")}, alertstate="firing"}}', "value": 300} for subject in subjects]}]}]}
    path = tmp_path / "test.yml"
    path.write_text(yaml.safe_dump(test))
    run("promtool", "test", "rules", path)


@each_dashboard
def test_vendors_are_chosen_by_code(path):
    # Grafana does not escape quotes in variables, and names hold quotes.
    for where, expr in queries(load(path), "prometheus"):
        assert not re.search(r'vendor_name\s*=~?\s*"\$', expr), f"{path.name}: {where}"


@each_dashboard
def test_sql_reads_only_what_shows_no_customers(path):
    for where, text in queries(load(path), "grafana-postgresql-datasource"):
        tables = set(re.findall(r"\b(?:FROM|JOIN)\s+([\w.]+)(?![\w.(])", text)) - SECONDS
        assert tables <= {"o2o.dashboard_orders", "o2o.dashboard_rejected_orders", "o2o.dashboard_statuses",
                          "o2o.dashboard_order_types", "o2o.order_status_history"}, f"{path.name}: {where}: {tables}"
