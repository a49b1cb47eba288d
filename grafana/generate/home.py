# SPDX-License-Identifier: Apache-2.0
"""Home: leads to the dashboard by the question one has."""

from generate.panels import (BAD, GOOD, NEUTRAL, ONE, WATCH, Page, now, stat, steps, text)


def page():
    made = Page("o2o-home", "Home", "The state in five numbers, and which dashboard answers which question.")
    made.row(
        6,
        (5, stat("Orders in 10 minutes", "New orders of the last 10 minutes; \"blind\" where nobody knows.",
                 [now(f"sum({ONE} (increase(o2o_orders_ingested_total[10m]))) or 0 * max(o2o_store_up == 1)", "")], decimals=0,
                 no_value="blind", thresholds=steps((None, BAD), (1, NEUTRAL)))),
        (5, stat("Of those that ended: failed", "In the last 10 minutes.",
                 [now(f"sum({ONE} (increase(o2o_orders_failed_total[10m]))) / ((sum({ONE} (increase(o2o_orders_failed_total[10m]))) + "
                      f"sum({ONE} (increase(o2o_orders_completed_total[10m])))) > 0)", "")], unit="percentunit", decimals=1,
                 no_value="no order ended", thresholds=steps((None, GOOD), (0.02, WATCH), (0.05, BAD)))),
        (5, stat("Vendors offline", "", [now(f"count({ONE} (vendor_online) == 0) or 0 * count(vendor_online)", "")], decimals=0,
                 no_value="no vendors known", thresholds=steps((None, GOOD), (1, WATCH)))),
        (5, stat("Sources that fail", "", [now("count(max by (source) (o2o_source_up) == 0) or 0 * count(o2o_source_up)", "")], decimals=0,
                 no_value="exporter down", thresholds=steps((None, GOOD), (1, BAD)))),
        (4, stat("Alerts that page", "", [now('count(ALERTS{alertstate="firing", severity="critical", alertname=~"O2O.+"}) or vector(0)', "")],
                 decimals=0, thresholds=steps((None, GOOD), (1, BAD)))),
    )
    made.row(
        15,
        (24, text("| I want to know | Look at |\n|---|---|\n"
                  "| Do orders come in, succeed, wait? Is it worse than last week? | **[Orders now](/d/o2o-orders)** |\n"
                  "| What happened to this one order? | **[Order explorer](/d/o2o-order-explorer)** |\n"
                  "| Which vendor is offline or sold out? | **[Vendors](/d/o2o-vendors)** |\n"
                  "| What does it bring? What sells, what runs out? | **[Business](/d/o2o-business)** |\n"
                  "| Does the flash sale go? How long does the stock last? | **[Flash sale](/d/o2o-flash-sale)** |\n"
                  "| Is the API slow? | **[API performance](/d/o2o-api)** |\n"
                  "| Is a machine, a database, an address down or full? | **[Infrastructure](/d/o2o-infrastructure)** |\n"
                  "| Are the promises kept? | **[SLO](/d/o2o-slo)** |\n"
                  "| Can I believe these numbers? How old are they? | **[Exporter health](/d/o2o-exporter)** |\n"
                  "| What fires, since when, who was told? | **[Alerts](/d/o2o-alerts)** |\n", title="Which dashboard?")),
    )
    return made
