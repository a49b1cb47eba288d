# SPDX-License-Identifier: Apache-2.0
"""Receives what Alertmanager sends, instead of all receivers' webhooks."""

import json
import threading

from .scripted_server import Answer, ScriptedServer


class AlertReceiver(ScriptedServer):
    """Refuses those of `refused`, the receivers' names. Alerts are told apart by (name, severity)."""

    # On a busy machine a failed scrape may resolve for a moment what a gauge told, so an alert can come and go twice.

    def __init__(self):
        super().__init__(self._take)
        self.refused = set()
        self._told = []  # alerts, in the order of their delivery
        self._lock = threading.Lock()

    def alerts(self):
        """All that were delivered, as Alertmanager's webhook shows them."""
        with self._lock:
            return list(self._told)

    def times(self, name):
        """How often an alert of that name was delivered."""
        return sum(alert["labels"]["alertname"] == name for alert in self.alerts())

    def told(self, status):
        """Those that were delivered in that status."""
        return {_key(alert) for alert in self.alerts() if alert["status"] == status}

    def told_last(self, status):
        """Those of which nothing newer was delivered."""
        last = {_key(alert): alert["status"] for alert in self.alerts()}
        return {key for key, newest in last.items() if newest == status}

    def _take(self, asked):
        message = json.loads(asked.body)
        if message["receiver"] in self.refused:
            return Answer(b"", 400)
        with self._lock:
            self._told.extend(message["alerts"])
        return Answer(b"")


def _key(alert):
    return alert["labels"]["alertname"], alert["labels"]["severity"]
