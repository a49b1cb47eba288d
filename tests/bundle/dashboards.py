# SPDX-License-Identifier: Apache-2.0
"""The shipped dashboards, and every query in them with variables filled in, as Grafana would send it."""

import json
import re

from bundle.shipped import ROOT

GRAFANA = ROOT / "grafana"
DASHBOARDS = sorted((GRAFANA / "dashboards").glob("*.json"))
assert DASHBOARDS, "there are no dashboards in grafana/dashboards"

# What Grafana substitutes for its own variables, for a page that shows an hour.
BUILT_IN = {"__rate_interval": "1m", "__interval": "15s", "__range": "1h", "__range_s": "3600"}


def load(path):
    return json.loads(path.read_text())


def panels(model):
    for panel in model["panels"]:
        yield panel
        yield from panel.get("panels", [])


def queries(model, kind):
    """(where, text) of every query that goes to a data source of that type, variables filled in with "all"."""
    variables = {variable["name"]: variable for variable in model["templating"]["list"]}

    def filled(text):
        if kind != "prometheus":
            text = re.sub(r"\$__timeFilter\((\w+)\)", r"\1 BETWEEN now() - interval '1 hour' AND now()", text)
            text = re.sub(r"\$\{(\w+):sqlstring\}", "''", text)
        for name, value in BUILT_IN.items():
            text = re.sub(rf"\${name}\b|\$\{{{name}\}}", value, text)
        for name, variable in variables.items():
            everything = variable.get("allValue") or variable["current"].get("value") or "''"
            if kind != "prometheus" and variable["type"] == "query":
                everything = _unfiltered(variable)
            text = re.sub(rf"\${name}\b|\$\{{{name}(?::\w+)?\}}", lambda _, value=everything: value, text)
        return text

    for panel in panels(model):
        for target in panel.get("targets", []):
            if target["datasource"]["type"] == kind:
                yield f"{panel['title']} {target['refId']}", filled(target.get("expr") or target.get("rawSql"))
    for variable in variables.values():
        if variable["type"] == "query" and variable["datasource"]["type"] == kind:
            yield f"variable {variable['name']}", _variable_query(variable, kind)
    for annotation in model["annotations"]["list"]:
        if annotation["datasource"]["type"] == kind:
            yield f"annotation {annotation['name']}", filled(annotation["expr"])


def _unfiltered(variable):
    return variable["query"]  # IN (SELECT ...): every value that there is


def _variable_query(variable, kind):
    if kind != "prometheus":
        return variable["query"]
    query = variable["query"]["query"]
    by_label = re.fullmatch(r"label_values\((.+), (\w+)\)", query)
    if by_label:
        return f"group by ({by_label[2]}) ({by_label[1]})"
    return re.fullmatch(r"query_result\((.+)\)", query)[1]
