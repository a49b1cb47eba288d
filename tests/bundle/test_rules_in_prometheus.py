# SPDX-License-Identifier: Apache-2.0
"""The shipped rules in a real Prometheus, on a fast clock, against a page of metrics that never changes: every rule evaluates
without an error, and a shop that stands still makes exactly the alerts that it should."""

import re

import pytest

from bundle.shipped import recorded
from harness.processes import wait_until
from harness.prometheus import Prometheus
from harness.scratch import Scratch
from harness.scripted_server import Answer, ScriptedServer

# No order ends, so there is no ratio of failures; nothing is known of past weeks; nor of an API, nor how old orders are.
NOT_THERE = re.compile(r".*(failed_per_finished|expected|_week:|max3w|http_|fresh|slo_).*"
                       # Nobody visits the shop, and in the flash sale, which is over, nobody tries and nothing is sold.
                       r"|.*(per_shop_visit|flash_sale_orders_failed_per_all|minutes_left).*")
FACTOR = 60  # a scrape and an evaluation every 250 ms; 10 minutes are 10 s

# Two order types, one of them never seen to fail; one of four vendors offline, and one that never had any stock; the
# interval is that of a source on the fast clock.
PAGE = """\
# TYPE o2o_orders_ingested_total counter
o2o_orders_ingested_total{order_type="DELIVERY"} 1000
o2o_orders_ingested_total{order_type="PICKUP"} 20
# TYPE o2o_orders_completed_total counter
o2o_orders_completed_total{order_type="DELIVERY"} 900
o2o_orders_completed_total{order_type="PICKUP"} 19
# TYPE o2o_orders_failed_total counter
o2o_orders_failed_total{order_type="DELIVERY",status="FAILED"} 50
o2o_orders_failed_total{order_type="PICKUP",status="FAILED"} 0
# TYPE o2o_orders_completed_amount_total counter
o2o_orders_completed_amount_total{order_type="DELIVERY"} 90000
# TYPE o2o_orders_open gauge
o2o_orders_open{order_type="DELIVERY",status="PREPARING"} 50
# TYPE o2o_orders_delayed gauge
o2o_orders_delayed{order_type="DELIVERY",status="PREPARING"} 7
# TYPE vendor_online gauge
vendor_online{vendor_code="V001",vendor_name="Phở Nhà Lương"} 0
vendor_online{vendor_code="V002",vendor_name="Bánh Mì \\"Sài Gòn\\""} 1
vendor_online{vendor_code="V003",vendor_name="Green Curry House"} 1
vendor_online{vendor_code="V004",vendor_name="Ramen 17"} 1
# TYPE vendor_discount_stock gauge
vendor_discount_stock{vendor_code="V004",vendor_name="Ramen 17",product="Gyoza"} 0
# TYPE o2o_store_up gauge
o2o_store_up 1
# TYPE o2o_ingest_gaps_total counter
o2o_ingest_gaps_total{source="orders"} 0
# TYPE o2o_source_up gauge
o2o_source_up{source="orders"} 1
o2o_source_up{source="order-store"} 1
o2o_source_up{source="vendor-status"} 1
o2o_source_up{source="discount-stock"} 1
o2o_source_up{source="vendor-product-status"} 0
# TYPE o2o_source_last_success_timestamp_seconds gauge
o2o_source_last_success_timestamp_seconds{source="vendor-product-status"} 0
# TYPE o2o_source_interval_seconds gauge
o2o_source_interval_seconds{source="orders"} 0.25
o2o_source_interval_seconds{source="vendor-product-status"} 3
# TYPE o2o_source_stale gauge
o2o_source_stale{source="orders"} 0
o2o_source_stale{source="vendor-status"} 0
o2o_source_stale{source="vendor-product-status"} 1
# TYPE o2o_job_last_success_timestamp_seconds gauge
o2o_job_last_success_timestamp_seconds{batch_job="reconcile"} 0
# TYPE shop_visits_total counter
shop_visits_total 5000
# TYPE flash_sale_active gauge
flash_sale_active{sale="tet"} 0
# TYPE flash_sale_queue_length gauge
flash_sale_queue_length{sale="tet"} 0
# TYPE flash_sale_orders_total counter
flash_sale_orders_total{sale="tet",result="accepted"} 700
flash_sale_orders_total{sale="tet",result="error"} 3
# TYPE flash_sale_stock gauge
flash_sale_stock{sale="tet",product="Gyoza"} 4
# TYPE o2o_source_rejected_rows_total counter
o2o_source_rejected_rows_total{source="orders",reason="bad_time"} 4
"""


@pytest.fixture(name="page_address")
def serve_page():
    answer = Answer(PAGE.encode(), headers={"Content-Type": "text/plain; version=0.0.4"})
    with ScriptedServer(lambda _: answer) as server:
        yield f"127.0.0.1:{server.port}"


def test_shop_that_stands_still(page_address):
    expected = {
        ("O2ONoNewOrders", "critical"), ("O2OOrdersDelayed", "warning"), ("O2OSourceFailing", "warning"),
        ("O2OSourceStale", "warning"), ("O2OVendorOffline", "warning"), ("O2OWatchdog", "none"), ("O2OBatchJobLate", "warning"), ("O2OVendorBoardCherry", "warning"), ("O2OSloIndicatorAbsent", "warning"),
        ("O2OPrometheusNotConnectedToAlertmanagers", "critical"),
    }
    with Scratch() as scratch, \
            Prometheus(scratch, {"o2o-exporter": page_address}, factor=FACTOR) as prometheus:

        def firing():
            return {(labels["alertname"], labels["severity"]) for labels in prometheus.alerts()}

        wait_until(lambda: expected <= firing(), 90, f"{expected} fired", [prometheus.child], interval=0.5)
        assert firing() == expected
        assert prometheus.rules_with_errors() == []

        def missing():
            names = prometheus.query("count by (__name__) ({__name__=~'.+:.+'})")
            return recorded() - {each["metric"]["__name__"] for each in names}

        may_be_missing = {name for name in recorded() if NOT_THERE.fullmatch(name)}
        wait_until(lambda: missing() <= may_be_missing, 60, "every other rule recorded", [prometheus.child], interval=0.5)
        assert prometheus.number("sum(prometheus_rule_evaluation_failures_total)") == 0
