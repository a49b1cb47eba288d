# SPDX-License-Identifier: Apache-2.0
"""The counters of orders are PostgreSQL's: they are published whenever there is a store, no matter who writes the orders."""
import itertools
import json

import pytest

from harness.exporter import Exporter
from harness.processes import wait_until
from harness.web import request

_numbers = itertools.count(1)


@pytest.fixture(name="database")
def own_database(postgres):
    name = f"order_store_{next(_numbers)}"
    dsn = postgres.make_database(name)
    yield name, dsn
    postgres.drop_database(name)


def by_file(scratch, dsn):
    config = scratch.file("store.yml")
    with open(config, "w", encoding="utf-8") as file:
        json.dump({"store": {"dsn": dsn}}, file)
    return Exporter(scratch, config=config)


def by_variable(scratch, dsn):
    return Exporter(scratch, dsn=dsn)


@pytest.mark.parametrize("make", (by_file, by_variable))
def test_orders_that_others_write_are_counted(scratch, postgres, database, make):
    name, dsn = database
    with make(scratch, dsn) as exporter:
        exporter.wait_ready()
        samples = exporter.samples()
        assert samples.value("o2o_store_up") == 1
        assert samples.value("o2o_orders_ingested_total", order_type="delivery") == 0
        assert samples.value("o2o_source_up", source="order-store") == 1
        assert not samples.series("o2o_ingest_gaps_total"), "nobody asks an OMS"
        postgres.query("SET search_path = o2o, public; INSERT INTO fact_orders_monitoring (order_id, order_type, status, total_amount, "
                       "updated_at) VALUES ('A-1', 'delivery', 'COMPLETED', 10, now())", database=name)
        wait_until(lambda: exporter.samples().value("o2o_orders_completed_total", order_type="delivery") == 1, 60,
                   "the order was counted", [exporter.child])
        assert request(f"{exporter.url}/api/order-store")[0] == 404, "no page shows orders"
        assert "Order database" in request(f"{exporter.url}/")[2].decode()
