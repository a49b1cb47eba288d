# SPDX-License-Identifier: Apache-2.0
"""Business: what the last hour brought, beside the same hour of last week and the limits of the rules."""

from generate.counts import grown, in_ten_minutes
from generate.panels import (NEUTRAL, ONE, Page, column, keep, last_week, limit, limit_line, lines, merge, now, over_time,
                             runbook_links, stat, table, table_of, text, tile)

COMPLETED = grown("o2o_orders_completed_total", "1h")
AMOUNT = grown("o2o_orders_completed_amount_total", "1h")
# Exact, as the rules count; estimated while less than the window is known, so that a missing number means that nobody knows.
REVENUE = f"(sum(job:o2o_orders_completed_amount:increase1h) or {AMOUNT})"
PER_MINUTE = f"(sum(job:o2o_orders_ingested:per_minute30m) or {grown('o2o_orders_ingested_total', '30m')} / 30)"
CONVERSION = (f"(sum(job:o2o_orders_ingested_per_shop_visit:ratio1h) or "
              f"{grown('o2o_orders_ingested_total', '1h')} / ({grown('shop_visits_total', '1h')} > 0))")
EXPECTED = "sum(job:o2o_orders_completed_amount_expected:increase1h)"
LOW = limit("stock_low", '{vendor_code="", product=""}')
STOCK = "(job_vendor_product:vendor_discount_stock:max5m > 0)"
QUIET = column("same hour last week", color={"mode": "fixed", "fixedColor": "#6e6e6e"}, noValue="no history")
VISITS = "no source of visits"


def page():
    made = Page("o2o-business", "Business", "Revenue, orders a minute, average order, conversion, what sells and what runs out.", since="now-24h")
    made.heading("What did the last hour bring?")
    made.row(
        6,
        (5, stat("Revenue", "Amounts of the orders that completed in the last hour, in the order system's currency. "
                 "\"Blind\": the exporter has no amounts; 0 means that none completed.",
                 [now(REVENUE, "now"), now("sum(job:o2o_orders_completed_amount:increase1h offset 1w)", "same hour last week", "B")],
                 names=True, no_value="blind", overrides=[QUIET], **runbook_links("O2ORevenueLow"))),
        (5, tile("Revenue, of what is usual", "The last hour beside the median of the same hour in three past weeks. Below the limit a ticket is made.",
                 f"{REVENUE} / (" + EXPECTED + " > 0)", limit("revenue_expected_ratio"), least=True,
                 unit="percentunit", decimals=0, no_value="learning: 3 weeks", runbooks=["O2ORevenueLow"])),
        (5, tile("Orders a minute", "New orders a minute in the last half hour, beside the number that was agreed.",
                 PER_MINUTE, limit("orders_per_minute"), least=True, decimals=1, no_value="blind",
                 runbooks=["O2OOrdersPerMinuteLow"])),
        (4, stat("Average order", "Amount of the orders that completed in the last hour, for each.",
                 [now(f"{AMOUNT} / ({COMPLETED} > 0)", "")], no_value="none completed")),
        (5, tile("Conversion", "Of the visits of the last hour, the part that became an order. Needs a source of visits: docs/business.md.",
                 CONVERSION, limit("conversion_ratio"), least=True, unit="percentunit", decimals=1, no_value=VISITS, runbooks=["O2OConversionLow"])),
    )
    made.heading("How did it go until now?")
    made.row(
        9,
        (12, lines("Revenue an hour", "Of the hour before each point. Dotted: the same time last week. Dashed: below it a ticket is made.",
                   [over_time(REVENUE, "revenue"), over_time("sum(job:o2o_orders_completed_amount:increase1h offset 1w)", "same time last week", "B"),
                    over_time(f"{EXPECTED} * {limit('revenue_expected_ratio')}", "limit", "C")],
                   overrides=[last_week(), limit_line()], no_value="blind", **runbook_links("O2ORevenueLow"))),
        (12, lines("Orders a minute", "In windows of 10 minutes. Dotted: the same time last week. Dashed: the number that was agreed.",
                   [over_time(f"{in_ten_minutes('o2o_orders_ingested_total')} / 10", "orders a minute"),
                    over_time("sum(job:o2o_orders_ingested:increase10m offset 1w) / 10", "same time last week", "B"),
                    over_time(limit("orders_per_minute"), "limit", "C")],
                   decimals=1, overrides=[last_week(), limit_line()], no_value="blind", **runbook_links("O2OOrdersPerMinuteLow"))),
    )
    made.row(
        9,
        (12, lines("Average order, by type", "Amount of the orders that completed in the hour before each point, for each order.",
                   [over_time(f"sum by (order_type) ({ONE} (increase(o2o_orders_completed_amount_total[1h]))) / "
                              f"(sum by (order_type) ({ONE} (increase(o2o_orders_completed_total[1h]))) > 0)", "{{order_type}}")],
                   no_value="none completed")),
        (12, lines("Conversion", "Orders for each visit, in the hour before each point. Dashed: below it a ticket is made.",
                   [over_time(CONVERSION, "conversion"),
                    over_time(limit("conversion_ratio"), "limit", "B")],
                   unit="percentunit", decimals=1, overrides=[limit_line()], no_value=VISITS, **runbook_links("O2OConversionLow"))),
    )
    made.heading("What sells, what runs out?")
    made.row(
        8,
        (12, table("Top items today", "Since midnight, by the source top-items (docs/business.md).",
                   [table_of("topk(15, max by (item) (shop_item_amount_today))"), table_of("max by (item) (shop_item_orders_today)", "B")],
                   transformations=[merge(), keep(rename={"item": "Item", "Value #A": "Amount", "Value #B": "Orders"},
                                                  order=["item", "Value #A", "Value #B"], drop=["Time"])],
                   overrides=[column("Amount", min=0, unit="short", decimals=1, color={"mode": "fixed", "fixedColor": NEUTRAL}, custom__cellOptions={"type": "gauge", "mode": "basic"}),
                              column("Orders", decimals=0, custom__width=110)],
                   sort="Amount", no_value="no source of items")),
        (12, table("Running out", "Products at a discount with fewer pieces left than the limit, the fewest first. What is gone is on the dashboard Vendors.",
                   [table_of(f"max by (vendor_name, vendor_code, product) ({STOCK} < {LOW})")],
                   transformations=[keep(rename={"vendor_name": "Vendor", "vendor_code": "Code", "product": "Product", "Value": "Left"},
                                         order=["product", "Value", "vendor_name", "vendor_code"], drop=["Time"])],
                   overrides=[column("Left", decimals=0, custom__width=90), column("Code", custom__width=90)],
                   sort="Left", descending=False, no_value="nothing runs out", **runbook_links("O2ODiscountStockLow"))),
    )
    made.row(4, (24, text("Fewer orders than usual: [Orders now](/d/o2o-orders). Who is sold out: [Vendors](/d/o2o-vendors). A sale of minutes: "
                          "[Flash sale](/d/o2o-flash-sale). Who was told: [Alerts](/d/o2o-alerts). *Blind* is not zero: "
                          "[Exporter health](/d/o2o-exporter) says why nobody knows.", title="What now?")))
    return made
