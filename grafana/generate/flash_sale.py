# SPDX-License-Identifier: Apache-2.0
"""Flash sale: a sale of minutes. Does it go, who waits, what is left?"""

from generate.panels import (BAD, GOOD, NEUTRAL, Page, column, gauge, keep, limit, limit_line, lines, merge, now, over_time, pie,
                             runbook_links, stat, steps, table, table_of, text, tile, variable, words)

SALE = 'sale=~"$sale"'
ATTEMPTS = f"sum by (result) (job_sale_result:flash_sale_orders:increase2m{{{SALE}}})"
BUCKETS = f"sum by (le) (max without (instance, pod) (rate(flash_sale_checkout_seconds_bucket{{{SALE}}}[2m])))"
NONE = "no sale known"
LEFT = f"job_sale_product:flash_sale_stock:last2m{{{SALE}}}"
MINUTES = f"job_sale_product:flash_sale_stock:minutes_left{{{SALE}}}"

GROUPED = f"min by (sale, product) ({LEFT})"
RESULTS = [column(name, color={"mode": "fixed", "fixedColor": color}) for name, color in (("accepted", GOOD), ("sold_out", NEUTRAL), ("error", BAD))]
FOR_EVER = 10**9  # minutes: sorts behind all that sells


def page():
    made = Page("o2o-flash-sale", "Flash sale", "Throughput, queue, errors, and how long the stock lasts.", since="now-15m", refresh="5s",
                variables=(variable("sale", "Sale", "label_values(flash_sale_active, sale)"),))
    made.heading("Does it go?")
    made.row(
        6,
        (3, stat("Sale", "Whether a chosen sale is on.", [now(f"max(job_sale:flash_sale_active:max2m{{{SALE}}})", "")],
                 mappings=words(_0=("OVER", NEUTRAL), _1=("ON", GOOD)), no_value=NONE)),
        (5, tile("Orders a minute", "Orders that get through, in the last 2 minutes. 0 means that none does; \"no sale known\" that the source "
                 "flash-sale is not there or fails.",
                 f"sum(job_sale:flash_sale_orders_accepted:per_minute2m{{{SALE}}})", limit("flash_sale_orders_per_minute"), least=True, decimals=0,
                 no_value=NONE, runbooks=["O2OFlashSaleStalled"])),
        (5, tile("Failed attempts", "Of the attempts to order in the last 2 minutes, the part that ended in an error. Sold out is not an error.",
                 f"max(job_sale:flash_sale_orders_failed_per_all:ratio2m{{{SALE}}})", limit("flash_sale_error_ratio"), unit="percentunit", decimals=1,
                 no_value="nobody tries", runbooks=["O2OFlashSaleErrorRatioHigh"])),
        (5, tile("First sold out in", "The product that lasts shortest, if it keeps selling as in the last 5 minutes.",
                 f"min({MINUTES} > 0)", limit("flash_sale_sold_out_minutes"), least=True, unit="m", decimals=0, no_value="nothing sells",
                 runbooks=["O2OFlashSaleSoldOutSoon"])),
        (6, gauge("Queue, of what may wait", "Customers who wait for their turn, as a part of the limit. Full is the limit.",
                  [now(f"max(job_sale:flash_sale_queue_length:avg2m{{{SALE}}}) / {limit('flash_sale_queue')}", "")], unit="percentunit", decimals=0,
                  maximum=1, thresholds=steps((None, GOOD), (1, BAD)), no_value=NONE, **runbook_links("O2OFlashSaleQueueLong"))),
    )
    made.heading("How did it go until now?")
    made.row(
        9,
        (8, pie("What became of the attempts", "All attempts of the last 2 minutes.", [now(ATTEMPTS, "{{result}}")], overrides=RESULTS, no_value="nobody tries")),
        (8, lines("Attempts a minute, by result", "accepted: an order; sold_out: nothing was left; error: something failed.",
                  [over_time(f"{ATTEMPTS} / 2", "{{result}}")], stacked=True, decimals=0, overrides=RESULTS, no_value="nobody tries")),
        (8, lines("Customers in the queue", "Dashed: beyond it a ticket is made.",
                  [over_time(f"sum by (sale) (job_sale:flash_sale_queue_length:avg2m{{{SALE}}})", "{{sale}}"),
                   over_time(limit("flash_sale_queue"), "limit", "B")],
                  decimals=0, overrides=[limit_line()], no_value=NONE, **runbook_links("O2OFlashSaleQueueLong"))),
    )
    made.row(
        9,
        (8, lines("Time of a checkout", "From the click to the answer: the average, and what 95 of 100 take at most.",
                  [over_time(f"sum(rate(flash_sale_checkout_seconds_sum{{{SALE}}}[2m])) / (sum(rate(flash_sale_checkout_seconds_count{{{SALE}}}[2m])) > 0)",
                             "average"),
                   over_time(f"histogram_quantile(0.95, {BUCKETS})", "95 of 100", "B")], unit="s", no_value="nobody tries")),
        (8, lines("Failed attempts", "The part of the attempts that ended in an error. Dashed: beyond it somebody is woken.",
                  [over_time(f"max by (sale) (job_sale:flash_sale_orders_failed_per_all:ratio2m{{{SALE}}})", "{{sale}}"),
                   over_time(limit("flash_sale_error_ratio"), "limit", "B")],
                  unit="percentunit", decimals=1, overrides=[limit_line()], no_value="nobody tries", **runbook_links("O2OFlashSaleErrorRatioHigh"))),
        (8, lines("Pieces left, by product", "A line that falls straight to 0 sells out; one that stays flat does not sell.",
                  [over_time(f"sum by (product) ({LEFT})", "{{product}}")], decimals=0, no_value=NONE)),
    )
    made.row(
        8,
        (16, table("What is left, and for how long", "The shortest first, if it keeps selling as in the last 5 minutes.",
                   [table_of(f"min by (sale, product) ({MINUTES} > 0) or 0 * ({GROUPED} == 0) or 0 * {GROUPED} + {FOR_EVER}"), table_of(f"min by (sale, product) ({LEFT})", "B")],
                   transformations=[merge(), keep(rename={"sale": "Sale", "product": "Product", "Value #A": "Lasts for", "Value #B": "Left"},
                                                  order=["product", "Value #A", "Value #B", "sale"], drop=["Time"])],
                   overrides=[column("Left", decimals=0, custom__width=120), column("Lasts for", unit="m", decimals=0, custom__width=160,
                                     mappings=words(_0=("sold out", BAD), **{f"_{FOR_EVER}": ("does not sell", NEUTRAL)}))],
                   sort="Lasts for", descending=False, no_value=NONE, **runbook_links("O2OFlashSaleSoldOutSoon"))),
        (8, text("- Nothing gets through, or it fails: the runbooks are linked in the corner of the tiles.\n"
                 "- The servers behind it: [API performance](/d/o2o-api), [Infrastructure](/d/o2o-infrastructure).\n"
                 "- *No sale known*: the source `flash-sale` fails or is not configured; [Exporter health](/d/o2o-exporter) says which.\n"
                 "- What it brings: [Business](/d/o2o-business).", title="What now?")),
    )
    return made
