# SPDX-License-Identifier: Apache-2.0
"""A delivered notification in words a person understands."""

WATCHDOG = "O2OWatchdog"


def is_watchdog(notification):
    return all(alert["labels"].get("alertname") == WATCHDOG for alert in notification["alerts"])


def is_firing(notification):
    return any(alert["status"] == "firing" for alert in notification["alerts"])


class Wording:
    """Notifications as lines to show: what it is once, then each that it is about. The same notification often goes to
    several receivers; the descriptions stand only with the first."""

    def __init__(self, firing_mark, resolved_mark):
        self._firing_mark = firing_mark
        self._resolved_mark = resolved_mark
        self._described = []

    def lines(self, notification):
        lines, told, described = [], None, []
        for alert in notification["alerts"]:
            head = self._head(alert, notification["receiver"])
            if head != told:
                lines.append(head)
                told = head
            labels = alert["labels"]
            if alert["status"] != "firing":
                lines += _subjects(labels)
                continue
            key = (sorted(labels.items()), alert.get("startsAt"))
            described.append(key)
            if alert["annotations"].get("description") and key not in self._described:
                lines.append(f"        {alert['annotations']['description']}")
        if described:
            self._described = described
        # What is shown may come from an order: no control characters.
        return ["".join(c if c.isprintable() else " " for c in line) for line in lines]

    def _head(self, alert, receiver):
        labels = alert["labels"]
        mark = f"{self._firing_mark} ALERT" if alert["status"] == "firing" else f"{self._resolved_mark} RESOLVED"
        summary = alert["annotations"].get("summary") or labels.get("alertname", "an alert without a name")
        return f"{mark} ({labels.get('severity', 'no severity')}) to {receiver}: {summary}"


def _subjects(labels):
    """The description says that it is so, which it no longer is: the vendor alone."""
    name = ": ".join(labels[label] for label in ("vendor_name", "product") if labels.get(label))
    return [f"        {name}"] if name else []
