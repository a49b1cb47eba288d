# SPDX-License-Identifier: Apache-2.0
"""Takes the place of a person: keeps what Alertmanager delivers (webhook, version 4)."""
from collections import deque
from threading import Lock
from typing import TYPE_CHECKING

from .answer import Answer, Refused, json_answer, whole_number
from .clock import iso, system_clock

if TYPE_CHECKING:
    from .server import Handler, Simulator

_KEPT = 1000
_ALERT_FIELDS = ("status", "labels", "annotations", "startsAt", "endsAt")


class Sink:
    """Safe from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._received = 0
        self._notifications: deque[dict] = deque(maxlen=_KEPT)

    def take(self, webhook: object) -> int:
        """The notification's number, from 1."""
        _check(webhook)
        with self._lock:
            self._received += 1
            self._notifications.append({
                "n": self._received, "at": iso(system_clock()), "status": webhook["status"],
                "receiver": webhook["receiver"],
                "alerts": [{name: alert.get(name) for name in _ALERT_FIELDS} for alert in webhook["alerts"]]})
            return self._received

    def after(self, number: int) -> list[dict]:
        with self._lock:
            return [notification for notification in self._notifications if notification["n"] > number]


def take_alertmanager(simulator: "Simulator", exchange: "Handler") -> Answer:
    return json_answer({"n": simulator.sink.take(exchange.json())})


def show_notifications(simulator: "Simulator", exchange: "Handler") -> Answer:
    after = whole_number(exchange.query.get("after", "0"), 0)
    if after is None:
        raise Refused(400, "after: must be a notification's number, or 0")
    return json_answer(simulator.sink.after(after))


def _check(webhook: object) -> None:
    if not isinstance(webhook, dict) or webhook.get("version") != "4":
        raise Refused(400, "this is not an Alertmanager webhook of version 4")
    if webhook.get("status") not in ("firing", "resolved"):
        raise Refused(400, "status: must be firing or resolved")
    if not isinstance(webhook.get("receiver"), str):
        raise Refused(400, "receiver: must be a text")
    alerts = webhook.get("alerts")
    if not isinstance(alerts, list) or not alerts or not all(_is_alert(alert) for alert in alerts):
        raise Refused(400, "alerts: must be a list of at least one alert with status, labels and annotations")


def _is_alert(alert: object) -> bool:
    return (isinstance(alert, dict) and alert.get("status") in ("firing", "resolved")
            and isinstance(alert.get("labels"), dict) and isinstance(alert.get("annotations"), dict))
