# SPDX-License-Identifier: Apache-2.0
"""Orders now: how are the last 10 minutes? The first row answers it for somebody who knows no PromQL."""

from generate.counts import ALIVE, age_tile, in_ten_minutes, new_orders, part, stopped_is_bad
from generate.panels import (BAD, NEUTRAL, ONE, Page, column, columns_like, judged, keep, last_week, limit,
                             limit_line, lines, now, over_time, runbook_links, stat, steps, table, table_of, text, variable, verdict)

ORDERS = 'order_type=~"$order_type"'
COUNTED = f"o2o_orders_ingested_total{{{ORDERS}}}"
COMPLETED = f"o2o_orders_completed_total{{{ORDERS}}}"
FAILED = f"o2o_orders_failed_total{{{ORDERS}}}"
OPEN = f'o2o_orders_open{{{ORDERS}, status=~"$status"}}'
DELAYED = f'o2o_orders_delayed{{{ORDERS}, status=~"$status"}}'

def ten_minutes(counter):
    return [now(f"{in_ten_minutes(counter)} or {ALIVE}", "now"),
            now(in_ten_minutes(counter, "1w"), "same time last week", "B")]


LEAST_SUCCESS = "(1 - " + limit("failure_ratio", '{order_type=""}') + ")"
QUIET = column("same time last week", color={"mode": "fixed", "fixedColor": "#6e6e6e"}, noValue="no history")


def page():
    made = Page("o2o-orders", "Orders now",
                "How are the last 10 minutes? Orders that came in, that succeed, fail and wait, beside the same time last week.",
                variables=(
                    variable("order_type", "Order type", "label_values(o2o_orders_ingested_total, order_type)"),
                    variable("status", "Status", "label_values(o2o_orders_open, status)",
                             description="Narrows what is said of open orders."),
                ))
    made.heading("How are the last 10 minutes?")
    made.row(
        6,
        (4, stat("New orders", "Orders that came in during the last 10 minutes. 0 means that none came; "
                 "\"blind\" means that nobody knows, because the exporter does not see its database.",
                 [*new_orders(COUNTED), now(in_ten_minutes(COUNTED, "1w"), "same time last week", "B")],
                 decimals=0, names=True, no_value="blind", silent=BAD, thresholds=steps((None, BAD), (1, NEUTRAL)), overrides=[stopped_is_bad(), QUIET],
                 **runbook_links("O2ONoNewOrders", "O2OFewerOrdersThanExpected"))),
        (4, stat("Succeeded", "Of the orders that ended in the last 10 minutes, the part that was completed.",
                 [*judged(part(COMPLETED, FAILED), LEAST_SUCCESS, least=True), now(part(COMPLETED, FAILED, "1w"), "same time last week", "B")],
                 unit="percentunit", decimals=1, names=True, no_value="no order ended", overrides=[*verdict(), QUIET],
                 **runbook_links("O2OOrderFailureRatioHigh"))),
        (4, stat("Failed", "Orders that reached a failed status in the last 10 minutes. Whether they are too many, the tile to the left says.",
                 ten_minutes(FAILED), decimals=0, names=True, no_value="blind", silent=BAD, overrides=[QUIET],
                 **runbook_links("O2OOrderFailureRatioHigh"))),
        (4, stat("Waiting too long", "Open orders that have been in their status for longer than it allows, now. The limit is that of one status.",
                 [*judged(f"sum({ONE} ({DELAYED}))", limit("delayed_in_status"), by=f"max(sum by (status) ({ONE} ({DELAYED})))"),
                  now(f"sum({ONE} (o2o_orders_delayed{{{ORDERS}}} offset 1w))", "same time last week", "B")],
                 decimals=0, names=True, no_value="blind", overrides=[*verdict(), QUIET], **runbook_links("O2OOrdersDelayed"))),
        (4, stat("Oldest open order", "How long ago the order that has waited longest entered its status.",
                 [now('time() - min(o2o_oldest_open_order_timestamp_seconds{status=~"$status"})', "waits since")],
                 unit="s", decimals=0, no_value="none is open")),
        (4, age_tile("orders")),
    )
    made.heading("How did it go until now?")
    made.row(
        9,
        (12, lines("Orders a minute, by type", "Orders first seen, per minute, of the 2 minutes before each point. Dotted: the same time last week. Dashed: what the alerts expect at this hour.",
                   [over_time(f"sum by (order_type) ({ONE} (rate({COUNTED}[2m]))) * 60", "{{order_type}}"),
                    over_time(f"sum({ONE} (rate({COUNTED}[2m] offset 1w))) * 60", "same time last week", "B"),
                    over_time('sum(job_window:o2o_orders_expected:increase{window="10m"}) / 10', "expected", "C")],
                   unit="short", stacked=True, decimals=1, overrides=[last_week(), limit_line("expected")])),
        (12, lines("Of the orders that ended: completed", "Counted as in the tile above, for the 10 minutes before each point. A gap means that no order ended. "
                   "Below the dashed line somebody is woken.",
                   [over_time(part(COMPLETED, FAILED), "completed"), over_time(part(COMPLETED, FAILED, "1w"), "same time last week", "B"),
                    over_time(LEAST_SUCCESS, "limit", "C")],
                   unit="percentunit", no_value="no order ended", overrides=[last_week(), limit_line(), columns_like(".*", max=1)])),
    )
    made.row(
        9,
        (12, lines("Open orders, by status", "Orders in a status that is not final.",
                   [over_time(f"sum by (status) ({ONE} ({OPEN}))", "{{status}}")], stacked=True, decimals=0)),
        (12, lines("Waiting too long, by status", "Open orders that have been in their status for longer than it allows. A line beyond the dashed one is a ticket.",
                   [over_time(f"sum by (status) ({ONE} ({DELAYED}))", "{{status}}"), over_time(limit("delayed_in_status"), "limit", "B")],
                   decimals=0, overrides=[limit_line()], **runbook_links("O2OOrdersDelayed"))),
    )
    made.row(
        9,
        (12, lines("Time from first sight to completion", "Half of the completed orders took less than the lower line, 95 of 100 less "
                   "than the upper one. Only orders that the exporter first saw in an open status.",
                   [over_time("histogram_quantile(0.5, sum by (le) (" + ONE + ' (rate(o2o_order_duration_seconds_bucket{outcome="completed", '
                              + ORDERS + "}[10m]))))", "half"),
                    over_time("histogram_quantile(0.95, sum by (le) (" + ONE + ' (rate(o2o_order_duration_seconds_bucket{outcome="completed", '
                              + ORDERS + "}[10m]))))", "95 of 100", "B")], unit="s")),
        (6, table("Failed in the last hour, by status", "Why orders failed. An estimate: Prometheus extrapolates to the whole hour.",
                  [table_of(f"sum by (status) ({ONE} (increase({FAILED}[1h]))) > 0")],
                  transformations=[keep(rename={"status": "Status", "Value": "Orders"}, order=["status", "Value"], drop=["Time"])],
                  overrides=[column("Orders", decimals=0)], sort="Orders", no_value="none failed")),
        (6, text("**Reading this page**\n\n"
                 "- *Blind* is not zero: the exporter cannot see the order system or its database. "
                 "[Exporter health](/d/o2o-exporter) says why.\n"
                 "- Few orders, many failures or long waits: "
                 "[Alerts](/d/o2o-alerts) says who was told, each with its runbook.\n"
                 "- A single order: [Order explorer](/d/o2o-order-explorer).\n"
                 "- Vendors that are offline or sold out: [Vendors](/d/o2o-vendors).", title="What now?")),
    )
    made.row(
        8,
        (24, table("Status changes in the last hour", "Which way the orders went. Only changes between two polls that saw the order. An estimate: Prometheus extrapolates to the whole hour.",
                   [table_of(f"sum by (from, to) ({ONE} (increase(o2o_order_transitions_total[1h]))) > 0")],
                   transformations=[keep(rename={"from": "From", "to": "To", "Value": "Orders"}, order=["from", "to", "Value"], drop=["Time"])],
                   overrides=[column("Orders", decimals=0, custom__cellOptions={"type": "gauge", "mode": "basic"}, min=0,
                                     color={"mode": "fixed", "fixedColor": NEUTRAL})],
                   sort="Orders", no_value="no order moved")),
    )
    return made
