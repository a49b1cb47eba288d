# SPDX-License-Identifier: Apache-2.0
"""Order explorer: single orders, their way through the statuses, and rows that could not be taken in. Reads views that show no
customers (role o2o_dashboard)."""

from generate.panels import (BAD, NEUTRAL, POSTGRES, Page, column, sql, stat, steps, table, text,
                             textbox)


def sql_variable(name, label, query):
    return {"name": name, "label": label, "type": "query", "datasource": POSTGRES, "query": query, "definition": query,
            "refresh": 2, "sort": 1, "multi": True, "includeAll": True, "hide": 0, "regex": "",
            "current": {"text": "All", "value": "$__all"}, "options": []}


CHOSEN = "status IN ($status) AND order_type IN ($order_type) AND $__timeFilter(updated_at)"


def page():
    made = Page("o2o-order-explorer", "Order explorer", "Single orders without their customers: filter, then follow one through its statuses.",
                since="now-1h", variables=(
                    sql_variable("status", "Status", "SELECT status FROM o2o.dashboard_statuses ORDER BY 1"),
                    sql_variable("order_type", "Order type", "SELECT order_type FROM o2o.dashboard_order_types ORDER BY 1"),
                    textbox("order_id", "Order", "The id of one order, for the lower half of the page."),
                ))
    made.heading("Orders that changed in the time shown")
    made.row(
        5,
        (6, stat("Orders", "Orders whose last change is in the time shown.",
                 [sql(f"SELECT count(*) AS orders FROM o2o.dashboard_orders WHERE {CHOSEN}")], decimals=0)),
        (6, stat("Still open", "Of these, in a status that is not final.",
                 [sql(f"SELECT count(*) AS open FROM o2o.dashboard_orders WHERE open AND {CHOSEN}")], decimals=0)),
        (6, stat("Amount", "Sum of the amounts, in the order system's currency.",
                 [sql(f"SELECT coalesce(sum(total_amount), 0)::float8 AS amount FROM o2o.dashboard_orders WHERE {CHOSEN}")], decimals=2)),
        (6, stat("Rows not taken in", "Distinct rows of the order system that could not be stored, in the time shown.",
                 [sql("SELECT count(*) AS rows FROM o2o.dashboard_rejected_orders WHERE $__timeFilter(first_seen_at)")], decimals=0,
                 thresholds=steps((None, NEUTRAL), (1, BAD)))),
    )
    made.row(
        12,
        (24, table("Orders", "The newest 200. Click an order to follow it below.",
                   [sql(f"""SELECT order_id AS "Order", status AS "Status", order_type AS "Type", total_amount::float8 AS "Amount",
                        updated_at AS "Changed", first_updated_at AS "First seen",
                        CASE WHEN open THEN extract(epoch FROM now() - status_since) END AS "Waits for"
                        FROM o2o.dashboard_orders WHERE {CHOSEN} ORDER BY updated_at DESC LIMIT 200""")],
                   overrides=[column("Order", links=[{"title": "Follow this order",
                                                      "url": "/d/o2o-order-explorer?${__url_time_range}&var-order_id=${__value.raw:percentencode}"}]),
                              column("Amount", decimals=2, custom__width=120), column("Waits for", unit="s", decimals=0, custom__width=120)],
                   no_value="no order changed in the time shown")),
    )
    made.heading("One order")
    made.row(
        8,
        (16, table("The way of order $order_id", "Every status that a poll saw, oldest first.",
                   [sql("""SELECT changed_at AS "At", coalesce(from_status, '(first seen)') AS "From", to_status AS "To",
                        extract(epoch FROM changed_at - lag(changed_at) OVER (ORDER BY changed_at, seen_at)) AS "After"
                        FROM o2o.order_status_history WHERE order_id = ${order_id:sqlstring} ORDER BY changed_at, seen_at""")],
                   overrides=[column("After", unit="s", decimals=0)], no_value="type an order's id above")),
        (8, text("Customers' names and payloads are not shown here, and the role that these dashboards use cannot read them. "
                 "People who may see them use `psql` as `o2o_reader`.", title="Where are the customers?")),
    )
    made.heading("Rows that could not be taken in")
    made.row(
        8,
        (24, table("Newest 100", "The payload is in `o2o.rejected_orders`, for those who may read it.",
                   [sql("""SELECT first_seen_at AS "First seen", source AS "Source", reason AS "Reason", payload_bytes AS "Bytes"
                        FROM o2o.dashboard_rejected_orders WHERE $__timeFilter(first_seen_at) ORDER BY first_seen_at DESC LIMIT 100""")],
                   overrides=[column("Bytes", unit="bytes", custom__width=120)], no_value="none")),
    )
    return made
