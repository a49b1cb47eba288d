# SPDX-License-Identifier: Apache-2.0
"""Whom Alertmanager tells, in the place of all receivers' webhooks."""

import json
import threading

from .scripted_server import Answer, ScriptedServer


class AlertReceiver(ScriptedServer):
    """Refuses those of `refused`, the receivers' names."""

    # On a busy machine a failed scrape may resolve for a moment what a gauge told, so an alert can come and go twice.

    def __init__(self):
        super().__init__(self._take)
        self.refused = set()
        self._told = {}  # (name, severity) -> statuses, in the order of their delivery
        self._lock = threading.Lock()

    def told(self, status):
        """(name, severity) of the alerts that were delivered in that status."""
        with self._lock:
            return {alert for alert, statuses in self._told.items() if status in statuses}

    def told_last(self, status):
        """Of those of which nothing newer was delivered."""
        with self._lock:
            return {alert for alert, statuses in self._told.items() if statuses[-1] == status}

    def _take(self, asked):
        message = json.loads(asked.body)
        if message["receiver"] in self.refused:
            return Answer(b"", 400)
        with self._lock:
            for alert in message["alerts"]:
                self._told.setdefault((alert["labels"]["alertname"], alert["labels"]["severity"]), []).append(alert["status"])
        return Answer(b"")
