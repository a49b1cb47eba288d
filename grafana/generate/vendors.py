# SPDX-License-Identifier: Apache-2.0
"""Vendors: who is offline, who is sold out, the worst first."""

from generate.counts import ALL_ONLINE, MANY_OFFLINE, OFFLINE, age_tile
from generate.panels import (BAD, CODE_AND_NAME, GOOD, NEUTRAL, ONE, WATCH, Page, bar_list, choice, column, keep, limit, lines, merge,
                             now, of_query, over_time, runbook_links, stat, steps, table, table_of, text, tile, timeline, variable, words)

CHOSEN = 'vendor_code=~"$vendor"'
ONLINE = f"{ONE} (vendor_online{{{CHOSEN}}})"
STOCK = f"{ONE} (vendor_discount_stock{{{CHOSEN}}})"
PRODUCTS = f"{ONE} (vendor_products{{{CHOSEN}}})"
LEFT = f"sum by (vendor_name, vendor_code, product) ({STOCK})"
LOW = limit("stock_low", '{vendor_code="", product=""}')
# Vendors in a band of discount stock that makes an alert: cherry and red-high.
ALERTING = 'max by (vendor_code) (job_vendor:vendor_board:band{subject="discount_stock"}) <= 1'
# The bands of the rules (job_vendor:vendor_board:band), the worst first. The number, the name and the colour say the same.
BANDS = (("cherry", "#a8003b"), ("red-high", "dark-red"), ("red", "red"), ("yellow", "yellow"), ("green", "green"),
         ("light-green", "light-green"), ("dark-green", "dark-green"))
BAND = words(**{f"_{number}": band for number, band in enumerate(BANDS)})
BAND_STEPS = steps(*((number or None, color) for number, (_, color) in enumerate(BANDS)))
BOARD = 'job_vendor:vendor_board:band{vendor_code=~"$vendor", subject="$subject"}'
STATE = words(_0=("offline", BAD), _1=("online", GOOD))


def page():
    made = Page("o2o-vendors", "Vendors", "Which vendors are offline or sold out, the worst first; their products and discount stock.",
                since="now-3h", refresh="1m",
                variables=(variable("vendor", "Vendor", "query_result(vendor_online)", regex=CODE_AND_NAME),
                           choice("subject", "Board", ["online", "discount_stock", "products"], "online")))
    made.heading("Now")
    made.row(
        5,
        (5, stat("Vendors online", "How many of the vendors are online.",
                 [now(f"sum({ONLINE})", "online"), now(f"count({ONLINE})", "of", "B")], names=True, decimals=0, no_value="no vendors known")),
        (5, tile("Vendors offline", "Customers see these vendors and cannot order. Each is a ticket; over the limit, which is of all vendors, somebody is woken.",
                 f"count({ONLINE} == 0) or 0 * count({ONLINE})", MANY_OFFLINE, by=OFFLINE, none=ALL_ONLINE, decimals=0, no_value="no vendors known",
                 runbooks=["O2OVendorOffline", "O2OManyVendorsOffline"])),
        (5, stat("Products sold out at a discount", "Products whose discount stock is 0.",
                 [now(f"count({STOCK} == 0) or 0 * count({STOCK})", "sold out")], decimals=0, no_value="no discounts",
                 thresholds=steps((None, GOOD), (1, WATCH)), **runbook_links("O2ODiscountStockOut", "O2ODiscountStockLow"))),
        (5, stat("Pieces left at a discount", "The sum over all products of the chosen vendors.",
                 [now(f"sum({STOCK})", "left")], decimals=0, no_value="no discounts", thresholds=steps((None, BAD), (1, NEUTRAL)))),
        (4, age_tile("vendor-status|vendor-product-status|discount-stock")),
    )
    made.row(
        10,
        (12, timeline("Online and offline over time", "One line per vendor. A gap means that the exporter could not know.",
                      [over_time(ONLINE, "{{vendor_name}}")], STATE, steps((None, BAD), (1, GOOD)))),
        (12, table("Offline now", "For how long, as Prometheus saw it; a dash means for more than 12 hours.",
                   [table_of(f"max by (vendor_name, vendor_code) ({ONLINE}) == 0"),
                    table_of(f"(time() - max by (vendor_name, vendor_code) (max_over_time(timestamp(vendor_online{{{CHOSEN}}} == 1)[12h:1m]))) "
                             f"and (max by (vendor_name, vendor_code) ({ONLINE}) == 0)", "B")],
                   transformations=[merge(), keep(rename={"vendor_name": "Vendor", "vendor_code": "Code", "Value #A": "State", "Value #B": "For"},
                                                  order=["vendor_name", "vendor_code", "Value #A", "Value #B"], drop=["Time"])],
                   overrides=[column("State", mappings=STATE, custom__cellOptions={"type": "color-text"}, custom__width=90),
                              column("For", unit="s", decimals=0, custom__width=90), column("Code", custom__width=90)],
                   no_value=ALL_ONLINE)),
    )
    made.heading("The board: $subject")
    made.row(
        11,
        (14, timeline("Bands over time: $subject", "Every vendor is in one of seven bands at a time, from cherry (the worst) to dark-green. "
                      "Cherry and red-high make alerts. The limits between the bands are those of the rules.",
                      [over_time(f"max by (vendor_name) ({BOARD})", "{{vendor_name}}")], BAND, BAND_STEPS,
                      **runbook_links("O2OVendorBoardCherry", "O2OVendorBoardRedHigh"))),
        (10, table("The worst first: $subject", "The band of each vendor now.",
                   [table_of(f"max by (vendor_name, vendor_code) ({BOARD})")],
                   transformations=[keep(rename={"vendor_name": "Vendor", "vendor_code": "Code", "Value": "Band"},
                                         order=["vendor_name", "vendor_code", "Value"], drop=["Time"])],
                   overrides=[column("Band", mappings=BAND, thresholds=BAND_STEPS, custom__width=140, color={"mode": "thresholds"},
                                     custom__cellOptions={"type": "color-background", "mode": "basic"}),
                              column("Code", custom__width=100)],
                   sort="Band", descending=False, no_value="no vendors known")),
    )
    made.heading("Stock at a discount")
    made.row(
        11,
        (12, bar_list("Pieces left, by vendor", "The emptiest first. Red: so few that the vendor's band makes an alert.",
                      [now(f"sort(sum by (vendor_name, vendor_code) ({STOCK}) and on (vendor_code) {ALERTING})", "{{vendor_name}}"),
                       now(f"sort(sum by (vendor_name, vendor_code) ({STOCK}) unless on (vendor_code) {ALERTING})", "{{vendor_name}}", "B")],
                      decimals=0, no_value="no discounts", overrides=[of_query("A", color={"mode": "fixed", "fixedColor": BAD})],
                      **runbook_links("O2OVendorBoardCherry", "O2OVendorBoardRedHigh"))),
        (12, table("Pieces left, by product", "The emptiest first. Running out: fewer than the limit.",
                   [table_of(LEFT), table_of(f"({LEFT} > bool 0) + ({LEFT} >= bool {LOW})", "B")],
                   transformations=[merge(), keep(rename={"vendor_name": "Vendor", "vendor_code": "Code", "product": "Product", "Value #A": "Left", "Value #B": "State"},
                                                  order=["product", "Value #A", "Value #B", "vendor_name", "vendor_code"], drop=["Time"])],
                   overrides=[column("Left", decimals=0, custom__width=80),
                              column("State", custom__width=110, custom__cellOptions={"type": "color-text"},
                                     mappings=words(_0=("sold out", BAD), _1=("running out", WATCH), _2=("enough", GOOD))),
                              column("Code", custom__width=80)],
                   sort="Left", descending=False, no_value="no discounts")),
    )
    made.heading("Products")
    made.row(
        9,
        (12, lines("Products by state", "Over all chosen vendors.", [over_time(f"sum by (state) ({PRODUCTS})", "{{state}}")],
                   stacked=True, decimals=0)),
        (12, table("Products by vendor and state", "How many products each vendor has in each state, now.", [table_of(f"sum by (vendor_name, state) ({PRODUCTS})")],
                   transformations=[{"id": "groupingToMatrix",
                                     "options": {"columnField": "state", "rowField": "vendor_name", "valueField": "Value"}},
                                    {"id": "organize", "options": {"excludeByName": {}, "indexByName": {},
                                                                   "renameByName": {"vendor_name\\state": "Vendor"}}}],
                   sort="Vendor", descending=False, no_value="no products known")),
    )
    made.row(3, (24, text("A vendor is offline by mistake, or its stock is wrong? The numbers come from Metabase questions; "
                          "[Exporter health](/d/o2o-exporter) says whether they are fresh, [Alerts](/d/o2o-alerts) who was told.", title="What now?")))
    return made
