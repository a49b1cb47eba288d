# SPDX-License-Identifier: Apache-2.0
from harness.exporter import Samples, counting_differences, differences, vendor_differences

TEXT = """\
# HELP o2o_orders_ingested_total h
# TYPE o2o_orders_ingested_total counter
o2o_orders_ingested_total{order_type="food"} 3
o2o_orders_ingested_total{order_type="mart"} 2
# TYPE o2o_orders_completed_total counter
o2o_orders_completed_total{order_type="food"} 1
o2o_orders_completed_total{order_type="mart"} 0
# TYPE o2o_orders_failed_total counter
o2o_orders_failed_total{order_type="food",status="FAILED"} 1
# TYPE o2o_orders_completed_amount_total counter
o2o_orders_completed_amount_total{order_type="food"} 12345678901234567.89
# TYPE o2o_orders_open gauge
o2o_orders_open{order_type="food",status="PENDING"} 1
"""
TRUTH = {"orders": 5, "ingested": {"food": 3, "mart": 2}, "completed": {"food": 1, "mart": 0},
         "failed": {"food": {"FAILED": 1, "CANCELLED": 0}},
         "completed_amount": {"food": "12345678901234567.890", "mart": "0"},
         "open": {"food": {"PENDING": 1, "CONFIRMED": 0}}}


def test_samples():
    samples = Samples(TEXT)
    assert samples.value("o2o_orders_ingested_total", order_type="food") == 3
    assert samples.value("o2o_orders_ingested_total", order_type="none") is None
    assert samples.total("o2o_orders_ingested_total") == 5
    assert samples.total("o2o_orders_failed_total", status="FAILED") == 1
    assert samples.series("o2o_nothing") == []


def test_agreement():
    assert differences(Samples(TEXT), TRUTH) == []


def test_each_kind_of_difference_is_named():
    changes = {
        "orders": 6, "ingested": {"food": 4, "mart": 2}, "completed": {"food": 1, "mart": 1},
        "failed": {"food": {"FAILED": 1, "CANCELLED": 2}},
        "completed_amount": {"food": "12345678901234567.88", "mart": "0"}, "open": {"food": {"PENDING": 0, "CONFIRMED": 0}},
    }
    for key, changed in changes.items():
        found = differences(Samples(TEXT), {**TRUTH, key: changed})
        assert len(found) == 1, (key, found)
        assert "truth" in found[0]
    assert "12345678901234567.89, the truth is 12345678901234567.88" in differences(
        Samples(TEXT), {**TRUTH, "completed_amount": changes["completed_amount"]})[0]
    for extra in ('o2o_orders_ingested_total{order_type="ghost"} 1', 'o2o_orders_completed_total{order_type="ghost"} 1',
                  'o2o_orders_failed_total{order_type="food",status="GHOST"} 1',
                  'o2o_orders_open{order_type="ghost",status="PENDING"} 1'):
        found = differences(Samples(f"{TEXT}{extra}\n"), TRUTH)
        assert len(found) == 1 and "the truth is" in found[0], (extra, found)


COUNTED = """\
# TYPE o2o_order_transitions_total counter
o2o_order_transitions_total{from="PENDING",to="CONFIRMED"} 3
o2o_order_transitions_total{from="CONFIRMED",to="COMPLETED"} 2
# TYPE o2o_order_duration_seconds histogram
o2o_order_duration_seconds_bucket{order_type="food",outcome="completed",le="60"} 1
o2o_order_duration_seconds_bucket{order_type="food",outcome="completed",le="+Inf"} 2
o2o_order_duration_seconds_sum{order_type="food",outcome="completed"} 99
o2o_order_duration_seconds_count{order_type="food",outcome="completed"} 2
o2o_order_duration_seconds_count{order_type="food",outcome="failed"} 0
"""
TRANSITIONS = {("PENDING", "CONFIRMED"): 3, ("CONFIRMED", "COMPLETED"): 2}
ENDINGS = {("food", "completed"): 2}


def test_agreement_on_what_happened_between_polls():
    assert counting_differences(Samples(COUNTED), TRANSITIONS, ENDINGS) == []


def test_each_kind_of_difference_between_polls_is_named():
    twice = COUNTED.replace('to="COMPLETED"} 2', 'to="COMPLETED"} 4')
    assert counting_differences(Samples(twice), TRANSITIONS, ENDINGS) == [
        "o2o_order_transitions_total{'from': 'CONFIRMED', 'to': 'COMPLETED'} is 4, the truth is 2"]
    twice = COUNTED.replace('count{order_type="food",outcome="completed"} 2', 'count{order_type="food",outcome="completed"} 3')
    assert counting_differences(Samples(twice), TRANSITIONS, ENDINGS) == [
        "o2o_order_duration_seconds_count{'order_type': 'food', 'outcome': 'completed'} is 3, the truth is 2"]
    ghost = 'o2o_order_transitions_total{from="COMPLETED",to="PENDING"} 1\n'
    assert len(counting_differences(Samples(ghost + COUNTED), TRANSITIONS, ENDINGS)) == 1
    assert len(counting_differences(Samples(""), TRANSITIONS, ENDINGS)) == 3
    assert len(counting_differences(Samples(COUNTED), {**TRANSITIONS, ("PENDING", "FAILED"): 1}, ENDINGS)) == 1


VENDORS = """\
# HELP vendor_online h
# TYPE vendor_online gauge
vendor_online{vendor_code="V1",vendor_name="Bánh \\"Mì\\" C:\\\\Lunch"} 0
# HELP vendor_products h
# TYPE vendor_products gauge
vendor_products{vendor_code="V1",vendor_name="Bánh \\"Mì\\" C:\\\\Lunch",state="active"} 7
# HELP vendor_discount_stock h
# TYPE vendor_discount_stock gauge
vendor_discount_stock{vendor_code="V1",vendor_name="Bánh \\"Mì\\" C:\\\\Lunch",product="Trà đá"} 3
"""
VENDOR = {"name": 'Bánh "Mì" C:\\Lunch', "status": "offline", "products": {"active": 7}, "discount_stock": {"Trà đá": 3}}


def test_agreement_on_vendors():
    assert vendor_differences(Samples(VENDORS), {"vendors": {"V1": VENDOR}}) == []


def test_each_kind_of_difference_between_vendors_is_named():
    for change in ({"status": "online"}, {"products": {"active": 8}}, {"discount_stock": {"Trà đá": 0}}):
        found = vendor_differences(Samples(VENDORS), {"vendors": {"V1": {**VENDOR, **change}}})
        assert len(found) == 1 and "the truth is" in found[0], found
    assert "the truth is that there is none" in vendor_differences(Samples(VENDORS), {"vendors": {}})[0]
    assert len(vendor_differences(Samples(""), {"vendors": {"V1": VENDOR}})) == 3
