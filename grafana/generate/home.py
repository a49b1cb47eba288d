# SPDX-License-Identifier: Apache-2.0
"""Home: leads to the dashboard by the question one has."""

from generate.alerts import FIRING, since
from generate.counts import ALL_ONLINE, MANY_OFFLINE, OFFLINE, new_orders, part, stopped_is_bad
from generate.panels import BAD, GOOD, NEUTRAL, Page, column, keep, limit, merge, now, stat, steps, table, table_of, text, tile

EVERY = since('severity!="none"')


def page():
    made = Page("o2o-home", "Home", "The state in five numbers, and which dashboard answers which question.")
    made.row(
        6,
        (5, stat("Orders in 10 minutes", "New orders of the last 10 minutes; \"blind\" where nobody knows.", new_orders("o2o_orders_ingested_total"), decimals=0,
                 names=True, no_value="blind", silent=BAD, thresholds=steps((None, BAD), (1, NEUTRAL)), overrides=[stopped_is_bad()])),
        (5, tile("Of those that ended: failed", "Of the orders that ended in the last 10 minutes, the part that failed.",
                 part("o2o_orders_failed_total", "o2o_orders_completed_total"), limit("failure_ratio", '{order_type=""}'), unit="percentunit",
                 decimals=1, no_value="no order ended", runbooks=["O2OOrderFailureRatioHigh"])),
        (5, tile("Vendors offline", "Customers see these vendors and cannot order. Over the limit somebody is woken.", OFFLINE, MANY_OFFLINE, none=ALL_ONLINE,
                 decimals=0, no_value="no vendors known", runbooks=["O2OManyVendorsOffline"])),
        (5, stat("Sources that fail", "Sources whose last poll failed: what they feed gets old.", [now("count(max by (source) (o2o_source_up) == 0) or 0 * count(o2o_source_up)", "")], decimals=0,
                 no_value="exporter down", thresholds=steps((None, GOOD), (1, BAD)))),
        (4, stat("Alerts that page", "Alerts of severity critical that fire.", [now('count(ALERTS{alertstate="firing", severity="critical", alertname=~"O2O.+"}) or vector(0)', "")],
                 decimals=0, thresholds=steps((None, GOOD), (1, BAD)))),
    )
    made.row(
        12,
        (10, text("| I want to know | Look at |\n|---|---|\n"
                  "| Do orders come in? Do they succeed? | **[Orders now](/d/o2o-orders)** |\n"
                  "| What happened to this one order? | **[Order explorer](/d/o2o-order-explorer)** |\n"
                  "| Which vendor is offline or sold out? | **[Vendors](/d/o2o-vendors)** |\n"
                  "| What sells, what does it bring? | **[Business](/d/o2o-business)** |\n"
                  "| Does the flash sale go? | **[Flash sale](/d/o2o-flash-sale)** |\n"
                  "| Is the API slow? | **[API performance](/d/o2o-api)** |\n"
                  "| Is anything down, or full? | **[Infrastructure](/d/o2o-infrastructure)** |\n"
                  "| Are the promises kept? | **[SLO](/d/o2o-slo)** |\n"
                  "| Can I believe these numbers? | **[Exporter health](/d/o2o-exporter)** |\n"
                  "| What fires, since when, who was told? | **[Alerts](/d/o2o-alerts)** |\n", title="Which dashboard?")),
        (14, table("What fires now?", "Each alert once, whatever it fires for. Click an alert for its runbook.",
                   [table_of(f"max by (severity, alertname) ({EVERY})"), table_of(f"count by (severity, alertname) ({EVERY})", "B")],
                   transformations=[merge(), keep(rename={"severity": "Severity", "alertname": "Alert", "Value #A": "For", "Value #B": "Of them"},
                                                  order=["severity", "alertname", "Value #B", "Value #A"], drop=["Time"])],
                   overrides=[*FIRING, column("Of them", decimals=0, custom__width=90)], sort="Severity", descending=False, no_value="nothing fires")),
    )
    return made
