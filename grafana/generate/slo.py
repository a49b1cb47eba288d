# SPDX-License-Identifier: Apache-2.0
"""SLO: two promises, and how fast they are being broken."""

from generate.panels import (BAD, GOOD, Page, column, columns_like, keep, limit, limit_line, lines, merge, now, over_time,
                             runbook_links, stat, table, table_of, text, tile, words)

ORDERS, FRESH = "job_window:o2o_slo_orders:burn_rate", "job_window:o2o_slo_freshness:burn_rate"
LEARNING = "too little known"


def pace(title, what, metric, window, kind, alert):
    return tile(title, f"How many times as fast as planned the last {window} used up what may go wrong in 30 days: {what}. 1 is the plan. "
                "Where less than the window is known, or too few orders ended, nothing is said.",
                f'max({metric}{{window="{window}"}})', limit(kind, f'{{window="{window}"}}'), decimals=1, no_value=LEARNING, runbooks=[alert])


def burn(title, description, metric, alert):
    """The windows that page and those that make a ticket, with the limit of the shortest page and of the longest ticket."""
    return lines(title, description,
                 [over_time(f'max by (window) ({metric}{{window=~"1h|6h|1d|3d"}})', "{{window}}"),
                  over_time(limit("slo_burn_page", '{window="1h"}'), "limit of 1h (page)", "B"),
                  over_time(limit("slo_burn_ticket", '{window="3d"}'), "limit of 3d (ticket)", "C")],
                 decimals=1, overrides=[limit_line("limit of 1h (page)"), limit_line("limit of 3d (ticket)")], no_value=LEARNING, **runbook_links(alert))


def page():
    made = Page("o2o-slo", "SLO", "Two promises: of the orders that end, most succeed; the order numbers are fresh. How fast are they being broken?", since="now-2d")
    made.heading("Of the orders that end, most succeed")
    made.row(
        6,
        (4, stat("The promise", "Of the orders that end, the part that is promised to succeed.", [now(f"1 - {limit('slo_orders_budget')}", "")],
                 unit="percentunit", decimals=1, no_value="no limits loaded")),
        (5, stat("Succeeded in the last hour", "Of the orders that ended in the last hour. One bad hour breaks no promise of 30 days: the paces judge. "
                 "Nothing is said where less than the hour is known, or none ended.",
                 [now('sum(job_window:o2o_orders_finished:increase{window="1h"} - job_window:o2o_orders_failed:increase{window="1h"}) / '
                      '(sum(job_window:o2o_orders_finished:increase{window="1h"}) > 0)', "")],
                 unit="percentunit", decimals=1, no_value=LEARNING, **runbook_links("O2OSloOrdersBurning"))),
        (5, pace("Pace of 1 hour", "failed orders", ORDERS, "1h", "slo_burn_page", "O2OSloOrdersBurning")),
        (5, pace("Pace of 6 hours", "failed orders", ORDERS, "6h", "slo_burn_page", "O2OSloOrdersBurning")),
        (5, pace("Pace of 3 days", "failed orders", ORDERS, "3d", "slo_burn_ticket", "O2OSloOrdersBurning")),
    )
    made.heading("The order numbers are fresh")
    made.row(
        6,
        (4, stat("The promise", "Of the time, the part in which the order numbers are promised to be fresh.", [now(f"1 - {limit('slo_freshness_budget')}", "")],
                 unit="percentunit", decimals=1, no_value="no limits loaded")),
        (5, stat("Fresh now", "Whether the order system was asked successfully within the limit.", [now("min(job:o2o_orders_fresh:bool)", "")],
                 mappings=words(_0=("OUT OF DATE", BAD), _1=("FRESH", GOOD)), no_value="blind", silent=BAD, **runbook_links("O2OSloFreshnessBurning"))),
        (5, pace("Pace of 1 hour", "numbers out of date", FRESH, "1h", "slo_burn_page", "O2OSloFreshnessBurning")),
        (5, pace("Pace of 6 hours", "numbers out of date", FRESH, "6h", "slo_burn_page", "O2OSloFreshnessBurning")),
        (5, pace("Pace of 3 days", "numbers out of date", FRESH, "3d", "slo_burn_ticket", "O2OSloFreshnessBurning")),
    )
    made.heading("How fast, until now?")
    made.row(
        9,
        (12, burn("Failed orders: pace", "1 uses up what may go wrong in 30 days in exactly 30 days. Dashed: the limits of the shortest and the longest window.",
                  ORDERS, "O2OSloOrdersBurning")),
        (12, burn("Numbers out of date: pace", "1 uses up what may go wrong in 30 days in exactly 30 days. Dashed: the limits of the shortest and the longest window.",
                  FRESH, "O2OSloFreshnessBurning")),
    )
    made.row(
        8,
        (12, table("Orders that ended, by window", "What the pace is made of.",
                   [table_of("sum by (window) (job_window:o2o_orders_finished:increase)"), table_of("sum by (window) (job_window:o2o_orders_failed:increase)", "B"),
                    table_of(f"max by (window) ({ORDERS})", "C")],
                   transformations=[merge(), keep(rename={"window": "Window", "Value #A": "Ended", "Value #B": "Failed", "Value #C": "Pace"},
                                                  order=["window", "Value #A", "Value #B", "Value #C"], drop=["Time"])],
                   overrides=[columns_like("Ended|Failed", decimals=0), column("Pace", decimals=1, noValue=LEARNING)],
                   sort="Ended", descending=False, no_value=LEARNING)),
        (12, text("- A pace over its limit in a long and a short window at once makes an alert; the runbooks are linked in the corner of the tiles.\n"
                  "- Which orders fail: [Orders now](/d/o2o-orders), [Order explorer](/d/o2o-order-explorer).\n"
                  "- Why numbers are out of date: [Exporter health](/d/o2o-exporter). Who was told: [Alerts](/d/o2o-alerts).\n"
                  "- Budgets, limits and `slo_alerts` (0: recorded, nobody is woken) are lines of `rules/o2o-limits.yml`.", title="What now?")),
    )
    return made
