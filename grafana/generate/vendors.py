# SPDX-License-Identifier: Apache-2.0
"""Vendors: who is offline, who is sold out, the worst first."""

from generate.panels import (BAD, CODE_AND_NAME, GOOD, NEUTRAL, ONE, WATCH, Page, bar_list, choice, column, keep, lines,
                             now, over_time, runbook_links, stat, steps, table, table_of, text, timeline, variable, words)

ONLINE = f'{ONE} (vendor_online{{vendor_code=~"$vendor"}})'
STOCK = f'{ONE} (vendor_discount_stock{{vendor_code=~"$vendor"}})'
PRODUCTS = f'{ONE} (vendor_products{{vendor_code=~"$vendor"}})'
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
        (5, stat("Vendors offline", "Customers see these vendors and cannot order.",
                 [now(f"count({ONLINE} == 0) or 0 * count({ONLINE})", "offline")], decimals=0, no_value="no vendors known",
                 thresholds=steps((None, GOOD), (1, BAD)), **runbook_links("O2OVendorOffline", "O2OManyVendorsOffline"))),
        (5, stat("Products sold out at a discount", "Products whose discount stock is 0.",
                 [now(f"count({STOCK} == 0) or 0 * count({STOCK})", "sold out")], decimals=0, no_value="no discounts",
                 thresholds=steps((None, GOOD), (1, WATCH), (10, BAD)), **runbook_links("O2ODiscountStockOut", "O2ODiscountStockLow"))),
        (5, stat("Pieces left at a discount", "The sum over all products of the chosen vendors.",
                 [now(f"sum({STOCK})", "left")], decimals=0, no_value="no discounts", thresholds=steps((None, BAD), (1, NEUTRAL)))),
        (4, stat("Age of these numbers", "How long ago Metabase last answered, for the oldest of the three questions.",
                 [now('time() - min(o2o_source_last_success_timestamp_seconds{source=~"vendor-status|vendor-product-status|discount-stock"} > 0)', "old")],
                 unit="s", decimals=0, no_value="blind", thresholds=steps((None, GOOD), (400, WATCH), (600, BAD)))),
    )
    made.row(
        10,
        (12, timeline("Online and offline over time", "One line per vendor. A gap means that the exporter could not know.",
                      [over_time(ONLINE, "{{vendor_name}}")], STATE, steps((None, BAD), (1, GOOD)))),
        (12, table("Offline now", "Since when is the first minute of the last 12 hours in which the vendor was seen offline without a break.",
                   [table_of(f"{ONLINE} == 0")],
                   transformations=[keep(rename={"vendor_name": "Vendor", "vendor_code": "Code", "Value": "State"},
                                         order=["vendor_name", "vendor_code", "Value"],
                                         drop=["Time", "job", "__name__"])],
                   overrides=[column("State", mappings=STATE, custom__cellOptions={"type": "color-text"}, custom__width=120),
                              column("Code", custom__width=120)],
                   no_value="every vendor is online")),
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
        (12, bar_list("Pieces left, by vendor", "The emptiest first.",
                      [now(f"sort(sum by (vendor_name) ({STOCK}))", "{{vendor_name}}")], decimals=0, no_value="no discounts",
                      thresholds=steps((None, BAD), (1, WATCH), (10, GOOD)))),
        (12, table("Pieces left, by product", "The emptiest first. 0 is sold out.",
                   [table_of(f"sum by (vendor_name, vendor_code, product) ({STOCK})")],
                   transformations=[keep(rename={"vendor_name": "Vendor", "vendor_code": "Code", "product": "Product", "Value": "Left"},
                                         order=["vendor_name", "vendor_code", "product", "Value"], drop=["Time"])],
                   overrides=[column("Left", decimals=0, custom__width=140, custom__cellOptions={"type": "color-background", "mode": "basic"},
                                     thresholds=steps((None, BAD), (1, WATCH), (10, GOOD)), color={"mode": "thresholds"}),
                              column("Code", custom__width=100)],
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
