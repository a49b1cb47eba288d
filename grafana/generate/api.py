# SPDX-License-Identifier: Apache-2.0
"""API performance: is the API behind the shop quick, and does it answer?"""

from generate.counts import in_ten_minutes
from generate.panels import (Page, column, keep, limit, limit_line, lines, merge, now, over_time, runbook_links, stat, table,
                             table_of, text, tile, variable)

JOB = 'job=~"$job"'
RATE = f"sum(job:http_requests:rate5m{{{JOB}}})"
NONE = "no API known"


def quantile(part, by="job"):
    return f"histogram_quantile({part}, sum by (le, {by}) (rate(http_request_duration_seconds_bucket{{{JOB}}}[5m])))"


def answered(first, legend, ref="A"):
    """Requests whose status begins with this digit, under either of the label's two names."""
    return over_time(f'sum(rate(http_requests_total{{{JOB}, status=~"{first}.."}}[5m]) or rate(http_requests_total{{{JOB}, code=~"{first}.."}}[5m]))', legend, ref)


def page():
    made = Page("o2o-api", "API performance", "Requests, errors and latency of the API behind the shop, by the names that most client libraries use.",
                since="now-3h", variables=(variable("job", "API", "label_values(http_requests_total, job)"),))
    made.heading("Does it answer?")
    made.row(
        6,
        (6, stat("Requests a second", "In the last 5 minutes. 0 means that nobody asks; \"no API known\" that no API is scraped by Prometheus.",
                 [now(RATE, "")], decimals=1, no_value=NONE)),
        (6, tile("Failed requests", "Of the requests of the last 5 minutes, the part that ended in an error of the server; of the worst API.",
                 f"max(job:http_requests_failed_per_all:ratio5m{{{JOB}}})", limit("http_error_ratio"), unit="percentunit", decimals=1,
                 no_value="nobody asks", runbooks=["O2OHttpErrorRatioHigh"])),
        (6, tile("95 of 100 requests take at most", "In the last 5 minutes; of the slowest API.",
                 f"max(job:http_request_duration_seconds:p95_5m{{{JOB}}})", limit("http_p95_seconds"), unit="s",
                 no_value="nobody asks", runbooks=["O2OHttpSlow"])),
        (6, stat("Orders a minute", "New orders of the last 10 minutes: what a slow API costs.",
                 [now(f"{in_ten_minutes('o2o_orders_ingested_total')} / 10", "")], decimals=1, no_value="blind")),
    )
    made.heading("How did it go until now?")
    made.row(
        9,
        (12, lines("Latency beside orders", "Left: what 95 of 100 requests take at most; dashed, beyond it a ticket is made. Right: orders a minute. "
                   "Orders that fall while the latency rises are customers who gave up.",
                   [over_time(f"max(job:http_request_duration_seconds:p95_5m{{{JOB}}})", "95 of 100 requests"),
                    over_time(limit("http_p95_seconds"), "limit", "B"),
                    over_time(f"{in_ten_minutes('o2o_orders_ingested_total')} / 10", "orders a minute", "C")],
                   unit="s", overrides=[limit_line(), column("orders a minute", unit="short", decimals=0, custom__axisPlacement="right", custom__fillOpacity=0)],
                   no_value=NONE, **runbook_links("O2OHttpSlow"))),
        (12, lines("Failed requests, by API", "The part of the requests that ended in an error of the server. Dashed: beyond it somebody is woken.",
                   [over_time(f"max by (job) (job:http_requests_failed_per_all:ratio5m{{{JOB}}})", "{{job}}"),
                    over_time(limit("http_error_ratio"), "limit", "B")],
                   unit="percentunit", decimals=1, overrides=[limit_line()], no_value="nobody asks",
                   **runbook_links("O2OHttpErrorRatioHigh"))),
    )
    made.row(
        9,
        (12, lines("Requests a second, by answer", "What asks for more, or is told to ask elsewhere, is left out.",
                   [answered("2", "2xx: done"), answered("4", "4xx: the client's mistake", "B"), answered("5", "5xx: the server's", "C")],
                   stacked=True, decimals=1, no_value=NONE)),
        (12, lines("Time of a request, by API", "Half of the requests took less than the lower line, 95 of 100 less than the upper one.",
                   [over_time(quantile(0.5), "{{job}}: half"), over_time(quantile(0.95), "{{job}}: 95 of 100", "B")], unit="s", no_value="nobody asks")),
    )
    made.heading("Where is it slow?")
    made.row(
        9,
        (16, table("By handler", "The slowest first, of the last 5 minutes. One empty row: the API does not say which handler answers.",
                   [table_of(f"topk(20, {quantile(0.95, 'job, handler')})"),
                    table_of(f"sum by (job, handler) (rate(http_requests_total{{{JOB}}}[5m]))", "B")],
                   transformations=[merge(), keep(rename={"job": "API", "handler": "Handler", "Value #A": "95 of 100 take at most", "Value #B": "Requests a second"},
                                                  order=["job", "handler", "Value #A", "Value #B"], drop=["Time"])],
                   overrides=[column("95 of 100 take at most", unit="s"), column("Requests a second", decimals=1)],
                   sort="95 of 100 take at most", no_value="nobody asks")),
        (8, text("- The machines and databases behind it: [Infrastructure](/d/o2o-infrastructure).\n"
                 "- Do orders suffer? [Orders now](/d/o2o-orders), and in a sale [Flash sale](/d/o2o-flash-sale).\n"
                 "- Who was told: [Alerts](/d/o2o-alerts); each tile links its runbook.\n"
                 "- *No API known*: Prometheus scrapes no `http_requests_total`.", title="What now?")),
    )
    return made
