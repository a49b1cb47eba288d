# SPDX-License-Identifier: Apache-2.0
"""Home: leads to the dashboard by the question one has."""

from generate.counts import ALIVE, in_ten_minutes, part
from generate.panels import BAD, GOOD, NEUTRAL, ONE, WATCH, Page, limit, now, stat, steps, text, tile


def page():
    made = Page("o2o-home", "Home", "The state in five numbers, and which dashboard answers which question.")
    made.row(
        6,
        (5, stat("Orders in 10 minutes", "New orders of the last 10 minutes; \"blind\" where nobody knows.",
                 [now(f"{in_ten_minutes('o2o_orders_ingested_total')} or {ALIVE}", "")], decimals=0,
                 no_value="blind", thresholds=steps((None, BAD), (1, NEUTRAL)))),
        (5, tile("Of those that ended: failed", "Of the orders that ended in the last 10 minutes, the part that failed.",
                 part("o2o_orders_failed_total", "o2o_orders_completed_total"), limit("failure_ratio", '{order_type=""}'), unit="percentunit",
                 decimals=1, no_value="no order ended", runbook="O2OOrderFailureRatioHigh")),
        (5, stat("Vendors offline", "Customers see these vendors and cannot order.", [now(f"count({ONE} (vendor_online) == 0) or 0 * count(vendor_online)", "")], decimals=0,
                 no_value="no vendors known", thresholds=steps((None, GOOD), (1, WATCH)))),
        (5, stat("Sources that fail", "Sources whose last poll failed: what they feed gets old.", [now("count(max by (source) (o2o_source_up) == 0) or 0 * count(o2o_source_up)", "")], decimals=0,
                 no_value="exporter down", thresholds=steps((None, GOOD), (1, BAD)))),
        (4, stat("Alerts that page", "Alerts of severity critical that fire.", [now('count(ALERTS{alertstate="firing", severity="critical", alertname=~"O2O.+"}) or vector(0)', "")],
                 decimals=0, thresholds=steps((None, GOOD), (1, BAD)))),
    )
    made.row(
        15,
        (24, text("| I want to know | Look at |\n|---|---|\n"
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
    )
    return made
