# SPDX-License-Identifier: Apache-2.0
"""Alerts: what fires, since when, what fired before."""

from generate.panels import (BAD, GOOD, NEUTRAL, RUNBOOKS, WATCH, Page, column, keep, lines, now, over_time, stat, steps,
                             table, table_of, text, timeline, variable, words)

OURS = 'alertname=~"O2O.+", alertname!~"O2OWatchdog|Watchdog"'
# Of a table of alerts.
FIRING = [column("For", unit="s", decimals=0, custom__width=100),
          column("Alert", custom__minWidth=200, links=[{"title": "Runbook", "url": f"{RUNBOOKS}${{__value.raw}}.md", "targetBlank": True}]),
          column("Severity", custom__width=90, custom__cellOptions={"type": "color-text"}, mappings=words(_1=("page", BAD), _2=("ticket", WATCH), _3=("note", NEUTRAL)))]
SEVERITIES = ("critical", "warning", "info")


def since(more):
    """For how long each alert fires. Its severity is a number, by which a table is sorted, the worst first."""
    found = f'(time() - ALERTS_FOR_STATE{{{OURS}}}) * ignoring (alertstate) group_right () ALERTS{{alertstate="firing", {OURS}, {more}}}'
    for number, severity in enumerate(SEVERITIES, 1):
        found = f'label_replace({found}, "severity", "{number}", "severity", "{severity}")'
    return found


def page():
    made = Page("o2o-alerts", "Alerts", "What fires now, since when, and what fired before.", since="now-6h",
                variables=(variable("team", "Team", "label_values(ALERTS, team)"),))
    made.heading("Now")
    made.row(
        5,
        (6, stat("Somebody was woken for", "Alerts of severity critical that fire.",
                 [now(f'count(ALERTS{{alertstate="firing", severity="critical", {OURS}, team=~"$team"}}) or vector(0)', "")], decimals=0,
                 thresholds=steps((None, GOOD), (1, BAD)))),
        (6, stat("Tickets", "Alerts of severity warning that fire.",
                 [now(f'count(ALERTS{{alertstate="firing", severity="warning", {OURS}, team=~"$team"}}) or vector(0)', "")], decimals=0,
                 thresholds=steps((None, GOOD), (1, WATCH)))),
        (6, stat("About to fire", "The condition holds, but not for long enough yet.",
                 [now(f'count(ALERTS{{alertstate="pending", {OURS}, team=~"$team"}}) or vector(0)', "")], decimals=0,
                 thresholds=steps((None, GOOD), (1, NEUTRAL)))),
        (6, stat("Watchdog", "Fires always. Where it is missing, no alert reaches anybody.",
                 [now('max(ALERTS{alertname=~"O2OWatchdog|Watchdog", alertstate="firing"})', "")],
                 mappings=words(_1=("alive", GOOD)), no_value="SILENT", silent=BAD)),
    )
    made.row(
        9,
        (24, table("Firing now", "Click an alert for its runbook.",
                   [table_of(since('team=~"$team"'))],
                   transformations=[keep(rename={"alertname": "Alert", "severity": "Severity", "team": "Team", "source": "Source",
                                                 "vendor_name": "Vendor", "vendor_code": "Code", "product": "Product", "status": "Status", "order_type": "Order type", "band": "Band",
                                                         "reason": "Reason",
                                                         "subject": "Board", "sale": "Sale", "Value": "For"},
                                         order=["severity", "alertname", "Value", "team", "source", "vendor_name", "vendor_code", "product", "subject", "band", "status", "order_type", "sale",
                                                "reason"],
                                         drop=["Time", "__name__", "alertstate", "job", "instance"])],
                   overrides=FIRING,
                   sort="Severity", descending=False, no_value="nothing fires")),
    )
    made.heading("Before")
    made.row(
        10,
        (24, timeline("What fired when", "One line per alert: somebody was woken, a ticket was made, or a note was sent.",
                      [over_time(f'{number} * max by (alertname) (ALERTS{{alertstate="firing", severity="{severity}", {OURS}, team=~"$team"}})',
                                 "{{alertname}}" + f" ({severity})", ref) for severity, number, ref in zip(SEVERITIES, (2, 1, 0), "ABC", strict=True)],
                      words(_0=("note", NEUTRAL), _1=("ticket", WATCH), _2=("page", BAD)), steps((None, NEUTRAL), (1, WATCH), (2, BAD)),
                      no_value="nothing fired")),
    )
    made.row(
        9,
        (12, table("Time fired in the time shown, by alert", "Summed over what an alert fired for: two vendors for a minute are two minutes.",
                   [table_of(f'60 * sum by (alertname) (count_over_time(ALERTS{{alertstate="firing", {OURS}, team=~"$team"}}[$__range:1m]))')],
                   transformations=[keep(rename={"alertname": "Alert", "Value": "Fired for"}, order=["alertname", "Value"], drop=["Time"])],
                   overrides=[column("Fired for", unit="s", decimals=0)], sort="Fired for", no_value="nothing fired")),
        (12, lines("Notifications a minute, by receiver's kind", "As Alertmanager counts them; failed ones apart.",
                   [over_time("sum by (integration) (rate(alertmanager_notifications_total[$__rate_interval])) * 60 > 0", "{{integration}}"),
                    over_time("sum by (integration) (rate(alertmanager_notifications_failed_total[$__rate_interval])) * 60 > 0", "{{integration}} failed", "B")],
                   no_value="nothing was sent")),
    )
    made.row(4, (24, text("Silence, inhibition and routes: see Alertmanager. How to change a limit or mute a night: the README of `rules/`. "
                          "What the alert is about: [Orders now](/d/o2o-orders), [Vendors](/d/o2o-vendors), [Business](/d/o2o-business), "
                          "[Infrastructure](/d/o2o-infrastructure), [Exporter health](/d/o2o-exporter). How much of it the promises allow: [SLO](/d/o2o-slo).",
                          title="What now?")))
    return made
