# SPDX-License-Identifier: Apache-2.0
"""/metrics of a shop in which every second is like the one before."""

# Name and labels of counters -> growth a second.
COUNTERS = {
    'o2o_orders_ingested_total{order_type="DELIVERY"}': 4,
    'o2o_orders_ingested_total{order_type="PICKUP"}': 1,
    'o2o_orders_completed_total{order_type="DELIVERY"}': 3,
    'o2o_orders_completed_total{order_type="PICKUP"}': 1,
    'o2o_orders_completed_amount_total{order_type="DELIVERY"}': 90,
    'o2o_orders_failed_total{order_type="DELIVERY",status="FAILED"}': 1,
    'o2o_orders_failed_total{order_type="PICKUP",status="FAILED"}': 0,
    'o2o_ingest_gaps_total{source="orders"}': 0,
    'o2o_source_rejected_rows_total{source="orders",reason="bad_time"}': 1,
    "shop_visits_total": 50,
    'http_requests_total{route="/orders",code="200"}': 30,
    'http_requests_total{route="/orders",code="500"}': 4,
}
GAUGES = {
    'o2o_orders_open{order_type="DELIVERY",status="PREPARING"}': 50,
    'o2o_orders_delayed{order_type="DELIVERY",status="PREPARING"}': 7,
    'vendor_online{vendor_code="V001",vendor_name="Phở Nhà Lương"}': 0,
    'vendor_online{vendor_code="V002",vendor_name="Bánh Mì \\"Sài Gòn\\""}': 1,
    'vendor_online{vendor_code="V004",vendor_name="Ramen 17"}': 1,
    'vendor_discount_stock{vendor_code="V004",vendor_name="Ramen 17",product="Gyoza"}': 0,
    "o2o_store_up": 1,
    'o2o_source_up{source="orders"}': 1,
    'o2o_source_up{source="vendor-product-status"}': 0,
    'o2o_source_interval_seconds{source="orders"}': 1,
    'o2o_source_interval_seconds{source="vendor-product-status"}': 3,
    'o2o_source_stale{source="orders"}': 0,
    'o2o_source_stale{source="vendor-product-status"}': 1,
    'flash_sale_active{sale="tet"}': 1,
    'flash_sale_queue_length{sale="tet"}': 12,
    'flash_sale_stock{sale="tet",product="Gyoza"}': 4,
}


def page(seconds):
    """As it is that long after it opened; every count was 1000 then."""
    samples = {**{series: 1000 + growth * seconds for series, growth in COUNTERS.items()}, **GAUGES}
    text = ""
    told = set()
    for series, value in samples.items():
        name = series.split("{")[0]
        if name not in told:
            text += f"# TYPE {name} {'counter' if series in COUNTERS else 'gauge'}\n"
            told.add(name)
        text += f"{series} {value}\n"
    return text
