# SPDX-License-Identifier: Apache-2.0
"""Takes a page of orders in as the proof of concept does: one upsert per row. `poc_upsert.py page|row` commits once per
page, or after each row. Reads OMS_URL, OMS_API_KEY and PG_DSN."""

import json
import os
import sys
import urllib.request

import psycopg2

TABLE_SQL = """
    CREATE TABLE fact_orders_monitoring (
        order_id text PRIMARY KEY, customer_id text, customer_name text, status text, order_type text,
        total_amount numeric, updated_at timestamp, item_name text, item_detail text,
        ingested_at timestamp DEFAULT now())"""

UPSERT_SQL = """
    INSERT INTO fact_orders_monitoring
        (order_id, customer_id, customer_name, status, order_type, total_amount, updated_at, item_name, item_detail)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (order_id) DO UPDATE SET
        customer_id = EXCLUDED.customer_id, customer_name = EXCLUDED.customer_name, status = EXCLUDED.status,
        order_type = EXCLUDED.order_type, total_amount = EXCLUDED.total_amount, updated_at = EXCLUDED.updated_at,
        item_name = EXCLUDED.item_name, item_detail = EXCLUDED.item_detail"""


def fetch_orders():
    request = urllib.request.Request(f"{os.environ['OMS_URL']}/api/v1/monitor/recent?minutes=1440&limit=1000000",
                                     headers={"x-api-key": os.environ["OMS_API_KEY"]})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())["data"]


def main():
    commit_each_row = sys.argv[1] == "row"
    orders = fetch_orders()
    connection = psycopg2.connect(os.environ["PG_DSN"])
    with connection.cursor() as cursor:
        for order in orders:
            cursor.execute(UPSERT_SQL, (
                order["order_id"], order["customer_id"], order["customer_name"], order["status"], order["order_type"],
                order["total_amount"], order["updated_at"], order["item_name"], order["item_detail"]))
            if commit_each_row:
                connection.commit()
    connection.commit()
    connection.close()


if __name__ == "__main__":
    main()
