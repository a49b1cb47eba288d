# SPDX-License-Identifier: Apache-2.0
"""Every query of every dashboard, variable and annotation, put to a real Prometheus beside the exporter, a shop and others' exporters (in
recorded shapes), and to PostgreSQL as the role that the dashboards use."""

import re

import psycopg2
import pytest

from bundle.dashboards import DASHBOARDS, load, queries
from harness.alertmanager import Alertmanager
from harness.business_shop import BusinessShop
from harness.exporter import Exporter, write_config
from harness.processes import wait_until
from harness.prometheus import Prometheus
from harness.recorded_exporters import RecordedExporters
from harness.scratch import Scratch
from harness.simulator import Simulator

pytestmark = pytest.mark.xdist_group("wall")  # one for all; it takes two minutes until it shows what a day needs

FACTOR = 30  # an hour is 2 minutes
PASSWORD = "only for this test"

# Queries that find nothing in normal operation, and when there is less than a week of history.
MAY_BE_EMPTY = {
    "alerts.json": {"Firing now A", "What fired when A", "What fired when B", "What fired when C", "Time fired in the time shown, by alert A",
                    "Notifications a minute, by receiver's kind A", "Notifications a minute, by receiver's kind B", "variable team"},
    "exporter.json": {"Failed polls a minute, by reason A", "Rows rejected a minute, by reason A"},
    "orders.json": {"Failed in the last hour, by status A"},
    "vendors.json": {"Offline now A", "Offline now B", "Pieces left, by vendor A"},
    "home.json": {"What fires now? A", "What fires now? B"},
    # Nothing has sold in this hour; some sell-outs are hours away.
    "business.json": {"Running out A"},
    # Windows of hours and days, of which not enough is known.
    "slo.json": {"Failed orders: pace A", "Numbers out of date: pace A", "Orders that ended, by window A", "Orders that ended, by window B",
                 "Orders that ended, by window C", *(f"Pace of {window} fine" for window in ("1 hour", "6 hours", "3 days")),
                 "Succeeded in the last hour A"},
}
LONG_AGO = re.compile(r" offset 1w|:o2o_orders_expected:|amount_expected:")


SLOWEST = ("job_sale_product:flash_sale_stock:minutes_left", "job:o2o_orders_completed_amount:increase1h",
           "job:o2o_orders_ingested_per_shop_visit:ratio1h", "job:http_requests_failed_per_all:ratio5m")


class Wall:
    def __init__(self, exporter, prometheus, dsn):
        self.exporter = exporter
        self.prometheus = prometheus
        self.dsn = dsn


@pytest.fixture(scope="module", name="wall")
def running_wall(postgres):
    database = "dashboards"
    with Scratch() as scratch, Simulator(scratch, ["--rate", "240", "--speed", "60"], metabase=True) as simulator:
        simulator.seed(30)
        dsn = postgres.make_database(database)
        config = write_config(scratch.file("exporter.yml"), FACTOR)
        with BusinessShop(FACTOR) as business, RecordedExporters() as others, \
                Exporter(scratch, simulator.url, simulator.api_key, dsn, business.add_to(config, FACTOR), env=simulator.metabase_env) as exporter:
            exporter.wait_ready(60)
            postgres.grant_roles(database, {"o2o_dashboard": PASSWORD})
            with Alertmanager(scratch, simulator.sink_url, FACTOR) as alertmanager, \
                    Prometheus(scratch, {"o2o-exporter": exporter.address, "alertmanager": alertmanager.address},
                               alertmanager.address, FACTOR, doubles=others.scrape_configs()) as prometheus:
                wait_until(lambda: prometheus.number("sum(increase(o2o_orders_completed_total[10m])) > 0"), 90,
                           "completed orders were scraped", interval=0.5)
                wait_until(lambda: all(prometheus.target_health().values()), 60, "everybody was scraped", interval=0.5)
                # 10 minutes of a sale and an hour of revenue, on the fast clock.
                wait_until(lambda: all(prometheus.query(name) for name in SLOWEST), 480, "the slowest rules had a result", interval=1)
                yield Wall(exporter, prometheus, postgres.dsn(database, "o2o_dashboard", PASSWORD))
        postgres.drop_database(database)


def all_queries(kind):
    return [pytest.param(path.name, where, text, id=f"{path.stem}-{where}")
            for path in DASHBOARDS for where, text in queries(load(path), kind)]


JUDGED = {(path.name, where): expr for path in DASHBOARDS for where, expr in queries(load(path), "prometheus")}


@pytest.mark.parametrize("name, where, expr", all_queries("prometheus"))
def test_prometheus_answers(wall, name, where, expr):
    wall.prometheus.query(expr)  # is understood
    if where.endswith((" beyond", " none")) or LONG_AGO.search(expr) or where in MAY_BE_EMPTY.get(name, ()) or where.startswith("annotation"):
        return  # and may find nothing: of those that judge another has the result
    others = [where.replace(" fine", other) for other in (" beyond", " none")] if where.endswith(" fine") else []
    either = [expr, *(JUDGED[name, other] for other in others if (name, other) in JUDGED)]
    # A machine that is busy with other things polls late, and on the fast clock that makes series stale for a moment.
    wait_until(lambda: any(wall.prometheus.query(each) for each in either), 30, f"{name}: {where} found something: {expr}", interval=0.5)


@pytest.mark.parametrize("name, where, text", all_queries("grafana-postgresql-datasource"))
def test_postgresql_answers(wall, name, where, text):
    with psycopg2.connect(wall.dsn, connect_timeout=10) as connection, connection.cursor() as cursor:
        cursor.execute(text)
        rows = cursor.fetchall()
    if "rejected" in text or where.startswith("The way of order"):
        return  # none was rejected, and no order is chosen
    assert rows, f"{name}: {where} found nothing: {text}"


def test_the_dashboards_role_reads_no_customers(wall):
    with psycopg2.connect(wall.dsn, connect_timeout=10) as connection, connection.cursor() as cursor:
        cursor.execute("""SELECT relname, attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
                          WHERE relnamespace = 'o2o'::regnamespace AND attnum > 0 AND has_column_privilege(c.oid, attnum, 'SELECT')""")
        readable = cursor.fetchall()
    assert ("dashboard_orders", "status") in readable
    assert [column for column in readable if column[1] in
            ("customer_id", "customer_name", "payload", "detail", "item_name", "item_detail")] == []


def test_a_statement_of_the_dashboards_role_ends(wall):
    with psycopg2.connect(wall.dsn, connect_timeout=10) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone()[0] not in ("0", "")
        with pytest.raises(psycopg2.Error):
            cursor.execute("SELECT * FROM o2o.fact_orders_monitoring")
