# SPDX-License-Identifier: Apache-2.0
"""docs/examples/business.yml as shipped makes the metrics that rules/o2o-business.yml and the dashboards go by."""

from harness.business_shop import EXAMPLE, BusinessShop
from harness.exporter import Exporter


def test_every_metric_of_the_example_is_published_with_its_labels(scratch):
    with BusinessShop() as shop, Exporter(scratch, config=EXAMPLE, env=shop.env()) as exporter:
        exporter.wait_ready(30)
        samples = exporter.samples()
    assert samples.value("shop_visits_total") >= 180_000
    assert samples.value("shop_item_orders_today", item="Phở bò") == 412
    assert samples.value("shop_item_amount_today", item="Gyoza") == 5_120_000
    assert samples.value("flash_sale_active", sale="tet") == 1
    assert samples.value("flash_sale_queue_length", sale="tet") > 0
    results = {labels["result"] for labels, _ in samples.series("flash_sale_orders_total")}
    assert results == {"accepted", "sold_out", "error"}
    assert {labels["product"] for labels, _ in samples.series("flash_sale_stock")} == {"Gyoza", "Iced coffee", "Mango rice"}
    buckets = {labels["le"] for labels, _ in samples.series("flash_sale_checkout_seconds_bucket")}
    assert buckets == {"0.5", "1.0", "2.0", "+Inf"}
    assert samples.total("flash_sale_checkout_seconds_sum") > 0


def test_a_team_with_one_of_them_needs_no_variables_of_the_others(scratch):
    with BusinessShop() as shop, Exporter(scratch, config=EXAMPLE, env={"SHOP_URL": shop.url}) as exporter:
        exporter.wait_ready(30)
        samples = exporter.samples()
    assert samples.value("shop_visits_total") >= 180_000
    assert not samples.series("flash_sale_active")
