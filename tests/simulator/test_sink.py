# SPDX-License-Identifier: Apache-2.0
"""What Alertmanager delivers."""
import pytest

from simulator.asking import ask, get


def webhook(status: str = "firing") -> dict:
    alert = {"status": status, "labels": {"alertname": "NoNewOrders"}, "annotations": {"summary": "No new orders"},
             "startsAt": "2026-11-20T10:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "",
             "fingerprint": "f"}
    return {"version": "4", "groupKey": "{}", "truncatedAlerts": 0, "status": status, "receiver": "people",
            "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "", "alerts": [alert]}


def test_the_sink_keeps_what_is_delivered(shop):
    assert get(shop, "/sink/notifications") == []
    for status in ("firing", "resolved"):
        assert ask(shop, "POST", "/sink/alertmanager", webhook(status)).status == 200
    first, second = get(shop, "/sink/notifications")
    assert (first["n"], first["status"], first["receiver"]) == (1, "firing", "people")
    assert first["alerts"] == [{"status": "firing", "labels": {"alertname": "NoNewOrders"},
                                "annotations": {"summary": "No new orders"}, "startsAt": "2026-11-20T10:00:00Z",
                                "endsAt": "0001-01-01T00:00:00Z"}]
    assert get(shop, "/sink/notifications?after=1") == [second]
    assert get(shop, "/sink/notifications?after=2") == []
    assert ask(shop, "GET", "/sink/notifications?after=-1").status == 400


def test_the_sink_keeps_the_last_thousand(shop):
    for _ in range(1005):
        shop.sink.take(webhook())
    kept = get(shop, "/sink/notifications")
    assert (len(kept), kept[0]["n"], kept[-1]["n"]) == (1000, 6, 1005)


@pytest.mark.parametrize("broken", [{"version": "3"}, {"alerts": []}, {"alerts": [{}]}, {"status": "sleeping"},
                                    {"receiver": None}])
def test_the_sink_refuses_what_is_not_a_webhook(shop, broken):
    assert ask(shop, "POST", "/sink/alertmanager", webhook() | broken).status == 400
    assert get(shop, "/sink/notifications") == []
