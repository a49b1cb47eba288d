# SPDX-License-Identifier: Apache-2.0
"""The vocabulary in which the dashboards are written: data sources, queries, panels, variables, and the page around them.

Every function returns a piece of Grafana's classic dashboard model (schemaVersion 39: read by Grafana 11.6 to 13)."""

PROMETHEUS = {"type": "prometheus", "uid": "o2o-prometheus"}
POSTGRES = {"type": "grafana-postgresql-datasource", "uid": "o2o-postgres"}

# Colours by meaning. Each is also said in words, by a mapping or a title: colour never carries meaning alone.
GOOD, WATCH, BAD, NEUTRAL = "green", "orange", "red", "blue"
UNKNOWN = "#6e6e6e"

# Where the runbooks are read, as in the rules (scripts/adapt_rules.py).
RUNBOOKS = "https://github.com/o2o-exporter/o2o-exporter/blob/main/rules/runbooks/"

# In a query that counts over replicas: several exporters on one database publish the same counters.
ONE = "max without (instance, pod)"


# --- queries ---

def _query(expr, legend, ref, more):
    query = {"refId": ref, "datasource": PROMETHEUS, "expr": " ".join(expr.split())}
    if legend is not None:
        query["legendFormat"] = legend
    return {**query, **more}


def over_time(expr, legend=None, ref="A", **more):
    """A series over the dashboard's time range."""
    return _query(expr, legend, ref, {"range": True, **more})


def now(expr, legend=None, ref="A", **more):
    """The value at the end of the dashboard's time range."""
    return _query(expr, legend, ref, {"instant": True, "range": False, **more})


def table_of(expr, ref="A"):
    """The series at the end of the time range as rows, their labels as columns."""
    return now(expr, None, ref, format="table")


def sql(text, ref="A", fmt="table"):
    return {"refId": ref, "datasource": POSTGRES, "format": fmt, "rawQuery": True, "editorMode": "code",
            "rawSql": "\n".join(line.strip() for line in text.strip().splitlines())}


def limit(name, labels=""):
    """A limit of rules/o2o-limits.yml as a number: the general one, not one that is set apart for a vendor or the like."""
    return f"scalar(max(o2o:limit:{name}{labels}))"


FINE, BEYOND, NONE = "fine", "beyond", "none"


def judged(expr, bound, *, least=False, by=None, none=None):
    """The value under a name that says how it compares with a limit: one of the queries has a result. The rules' limit decides,
    so that word and colour follow an edit of it. `least`: the limit is the least that is fine, else the most. `by`: what is held
    against the limit where that is not the value itself. `none`: the name of a value of 0."""
    good, bad = (">=", "<") if least else ("<=", ">")

    def where(comparison, also=""):
        return f"({expr}){also} and on () (({by}) {comparison} {bound})" if by else f"({expr}){also} {comparison} {bound}"

    found = [now(where(good, " > 0" if none else ""), "within the limit", FINE),
             now(where(bad), "BELOW THE LIMIT" if least else "OVER THE LIMIT", BEYOND)]
    return [*found, now(f"({expr}) == 0", none, NONE)] if none else found


# --- field configuration ---

def steps(*pairs):
    """Thresholds: (from this value on, colour), the first value None."""
    return {"mode": "absolute", "steps": [{"value": value, "color": color} for value, color in pairs]}


def words(**by_value):
    """Numbers as words: words(_0=("offline", BAD), _1=("online", GOOD))."""
    options = {}
    for index, (value, (text, color)) in enumerate(by_value.items()):
        options[value.lstrip("_")] = {"text": text, "color": color, "index": index}
    return [{"type": "value", "options": options}]


def column(name, **properties):
    """An override for one column or series; `custom__width=100` sets custom.width."""
    return {"matcher": {"id": "byName", "options": name},
            "properties": [{"id": key.replace("__", "."), "value": value} for key, value in properties.items()]}


def columns_like(pattern, **properties):
    return {"matcher": {"id": "byRegexp", "options": pattern},
            "properties": [{"id": key.replace("__", "."), "value": value} for key, value in properties.items()]}


def of_query(ref, **properties):
    return {"matcher": {"id": "byFrameRefID", "options": ref},
            "properties": [{"id": key.replace("__", "."), "value": value} for key, value in properties.items()]}


def limit_line(name="limit"):
    """A series that is a limit (rules/o2o-limits.yml) or an expectation of the alerts: a red dashed line."""
    return column(name, color={"mode": "fixed", "fixedColor": BAD},
                  custom__lineStyle={"fill": "dash", "dash": [8, 6]}, custom__fillOpacity=0,
                  custom__stacking={"mode": "none", "group": "limit"})


def verdict(none=None):
    """Overrides for judged()."""
    good = [column(none, color={"mode": "fixed", "fixedColor": GOOD})] if none else []
    return [*good, column("within the limit", color={"mode": "fixed", "fixedColor": WATCH if none else GOOD}),
            columns_like(".* THE LIMIT", color={"mode": "fixed", "fixedColor": BAD})]


def last_week(name="same time last week"):
    return column(name, color={"mode": "fixed", "fixedColor": "#8e8e8e"},
                  custom__lineStyle={"fill": "dot", "dash": [2, 6]}, custom__fillOpacity=0,
                  custom__stacking={"mode": "none", "group": "then"})


# --- panels ---

def _panel(kind, title, description, targets, defaults, options, overrides=(), **more):
    panel = {"type": kind, "title": title, "description": description,
             "fieldConfig": {"defaults": defaults, "overrides": list(overrides)}, "options": options, **more}
    if targets:
        panel["datasource"] = targets[0]["datasource"]
        panel["targets"] = targets
    return panel


def stat(title, description, targets, *, unit="short", thresholds=None, no_value="no data", silent=UNKNOWN, decimals=None,
         background=True, names=False, mappings=(), overrides=(), **more):
    """A big number, none below 0, or several with their names. `silent`: the colour of `no_value`."""
    first, *others = (thresholds or steps((None, NEUTRAL)))["steps"]
    defaults = {"unit": unit, "noValue": no_value, "color": {"mode": "thresholds"}, "mappings": list(mappings),
                "thresholds": {"mode": "absolute", "steps": [{"value": None, "color": silent}, {**first, "value": 0}, *others]}}
    if decimals is not None:
        defaults["decimals"] = decimals
    options = {"colorMode": "background" if background else "value", "graphMode": "none", "justifyMode": "center",
               "orientation": "auto", "textMode": "value_and_name" if names else "value", "wideLayout": True,
               "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
    return _panel("stat", title, description, targets, defaults, options, overrides, **more)


def tile(title, description, expr, bound, *, least=False, by=None, none=None, runbooks=(), **more):
    """A big number and, in words and colour, how it compares with a limit of the rules."""
    return stat(title, description, judged(expr, bound, least=least, by=by, none=none), names=True, overrides=verdict(none),
                thresholds=steps((None, UNKNOWN)), **runbook_links(*runbooks), **more)


def runbook_links(*alerts):
    return {"links": [link(f"Runbook: {alert}", f"{RUNBOOKS}{alert}.md", new_tab=True) for alert in alerts]} if any(alerts) else {}


def pie(title, description, targets, *, no_value="no data", unit="short", overrides=(), **more):
    """A pie whose legend says name, value and part: colour alone says nothing."""
    defaults = {"unit": unit, "noValue": no_value, "decimals": 0, "color": {"mode": "palette-classic"}}
    options = {"pieType": "donut", "displayLabels": ["percent"],
               "legend": {"showLegend": True, "displayMode": "table", "placement": "bottom", "calcs": [], "values": ["value", "percent"]},
               "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}, "tooltip": {"mode": "single", "sort": "none"}}
    return _panel("piechart", title, description, targets, defaults, options, overrides, **more)


def gauge(title, description, targets, *, unit="short", thresholds, maximum, no_value="no data", decimals=None, **more):
    defaults = {"unit": unit, "noValue": no_value, "min": 0, "max": maximum, "color": {"mode": "thresholds"}, "thresholds": thresholds}
    if decimals is not None:
        defaults["decimals"] = decimals
    options = {"showThresholdLabels": False, "showThresholdMarkers": True,
               "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
    return _panel("gauge", title, description, targets, defaults, options, **more)


def lines(title, description, targets, *, unit="short", stacked=False, bars=False, overrides=(), no_value="no data",
          table_legend=False, minimum=0, decimals=None, calcs=(), **more):
    custom = {"drawStyle": "bars" if bars else "line", "lineWidth": 0 if bars else 2,
              "fillOpacity": 70 if bars else 25 if stacked else 8, "showPoints": "never", "spanNulls": False,
              "stacking": {"mode": "normal" if stacked else "none", "group": "A"}}
    defaults = {"unit": unit, "noValue": no_value, "color": {"mode": "palette-classic"}, "custom": custom}
    if minimum is not None:
        defaults["min"] = minimum
    if decimals is not None:
        defaults["decimals"] = decimals
    options = {"legend": {"showLegend": True, "displayMode": "table" if table_legend else "list",
                          "placement": "right" if table_legend else "bottom", "calcs": list(calcs)},
               "tooltip": {"mode": "multi", "sort": "desc"}}
    return _panel("timeseries", title, description, targets, defaults, options, overrides, **more)


def bar_list(title, description, targets, *, unit="short", thresholds=None, no_value="none", decimals=None, overrides=(),
             mappings=(), **more):
    """One horizontal bar per series."""
    defaults = {"unit": unit, "noValue": no_value, "min": 0, "color": {"mode": "thresholds"},
                "thresholds": thresholds or steps((None, NEUTRAL)), "mappings": list(mappings)}
    if decimals is not None:
        defaults["decimals"] = decimals
    options = {"displayMode": "basic", "orientation": "horizontal", "showUnfilled": True, "valueMode": "color",
               "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
    return _panel("bargauge", title, description, targets, defaults, options, overrides, **more)


def table(title, description, targets, *, overrides=(), transformations=(), sort=None, descending=True, no_value="none",
          unit=None, **more):
    defaults = {"noValue": no_value, "custom": {"align": "auto", "minWidth": 80}}  # three columns on a phone
    if unit:
        defaults["unit"] = unit
    options = {"showHeader": True, "cellHeight": "sm"}
    if sort:
        options["sortBy"] = [{"displayName": sort, "desc": descending}]
    # What a row does not have is a dash: no_value is about the whole table.
    overrides = [columns_like(".*", noValue="–"), *overrides]
    return _panel("table", title, description, targets, defaults, options, overrides,
                  transformations=list(transformations), **more)


def timeline(title, description, targets, mappings, thresholds, *, no_value="no data", **more):
    """One row per series, coloured and named by its state over time."""
    defaults = {"noValue": no_value, "color": {"mode": "thresholds"}, "thresholds": thresholds, "mappings": mappings,
                "custom": {"fillOpacity": 75, "lineWidth": 0}}
    options = {"mergeValues": True, "showValue": "auto", "rowHeight": 0.85, "alignValue": "left",
               "legend": {"showLegend": False, "displayMode": "list", "placement": "bottom", "calcs": []},
               "tooltip": {"mode": "single", "sort": "none"}}
    return _panel("state-timeline", title, description, targets, defaults, options, **more)


def text(markdown, title="", description=""):
    return _panel("text", title, description, None, {}, {"mode": "markdown", "content": markdown})


def keep(*names, rename=None, order=None, drop=()):
    """The transformation that shows of a table only what is meant: columns renamed, in order."""
    return {"id": "organize", "options": {
        "excludeByName": {name: True for name in drop}, "renameByName": rename or {},
        "indexByName": {name: index for index, name in enumerate(order or names)}}}


def merge():
    return {"id": "merge", "options": {}}


# --- variables ---

def variable(name, label, query, *, multi=True, regex="", description=""):
    current = {"text": "All", "value": "$__all"} if multi else {}
    made = {"name": name, "label": label, "type": "query", "datasource": PROMETHEUS, "description": description,
            "query": {"query": query, "refId": name}, "definition": query, "refresh": 2, "sort": 1, "multi": multi,
            "includeAll": multi, "hide": 0, "current": current, "options": [], "regex": regex}
    if multi:
        made["allValue"] = ".*"
    return made


def choice(name, label, values, first):
    """A variable with fixed values."""
    return {"name": name, "label": label, "type": "custom", "query": ",".join(values), "multi": False, "includeAll": False,
            "hide": 0, "current": {"text": first, "value": first},
            "options": [{"text": value, "value": value, "selected": value == first} for value in values]}


def textbox(name, label, description=""):
    return {"name": name, "label": label, "type": "textbox", "query": "", "description": description, "hide": 0,
            "current": {"text": "", "value": ""}, "options": [{"text": "", "value": "", "selected": True}]}


# Vendors' names may hold quotes, which Grafana does not escape in queries; codes do not. So: the code is the value,
# the name is what people read.
CODE_AND_NAME = '/vendor_code="(?<value>[^"]*)".*vendor_name="(?<text>.*)"}/'


# --- the page ---

class Page:
    """A dashboard under construction: rows of panels from the top, 24 columns wide."""

    def __init__(self, uid, title, description, *, since="now-1h", refresh="30s", variables=(), tags=()):
        self._panels = []
        self._y = 0
        self._model = {
            "uid": uid, "title": title, "description": description, "tags": ["o2o", *tags], "timezone": "browser",
            "schemaVersion": 39, "version": 1, "editable": False, "graphTooltip": 1, "refresh": refresh,
            "time": {"from": since, "to": "now"}, "timepicker": {}, "templating": {"list": list(variables)},
            "annotations": {"list": [ALERTS]}, "links": [HOME_LINK, NEIGHBOURS], "panels": self._panels}

    def heading(self, title):
        self._add({"type": "row", "title": title, "collapsed": False, "panels": []}, 0, 24, 1)
        self._y += 1

    def row(self, height, *panels):
        """(width, panel) from left to right; widths add up to at most 24."""
        x = 0
        for width, panel in panels:
            self._add(panel, x, width, height)
            x += width
        if x > 24:
            raise ValueError(f"{self._model['uid']}: a row is {x} columns wide; 24 is the page")
        self._y += height

    def _add(self, panel, x, width, height):
        number = len(self._panels) + 1
        self._panels.append({"id": number, **panel, "gridPos": {"x": x, "y": self._y, "w": width, "h": height}})

    def model(self):
        return self._model


def link(title, url, tooltip="", new_tab=False):
    return {"title": title, "type": "link", "url": url, "icon": "external link" if new_tab else "dashboard", "asDropdown": False,
            "includeVars": False, "keepTime": not new_tab, "tags": [], "targetBlank": new_tab, "tooltip": tooltip}


HOME_LINK = link("Home", "/d/o2o-home")
NEIGHBOURS = {"title": "Dashboards", "type": "dashboards", "url": "", "icon": "apps", "asDropdown": True,
              "includeVars": False, "keepTime": True, "tags": ["o2o"], "targetBlank": False, "tooltip": ""}
ALERTS = {"name": "Alerts that page", "datasource": PROMETHEUS, "enable": True, "hide": False, "iconColor": "red",
          "expr": 'ALERTS{alertstate="firing", severity="critical", alertname=~"O2O.+"}', "step": "60s",
          "titleFormat": "{{alertname}}", "tagKeys": "severity"}
