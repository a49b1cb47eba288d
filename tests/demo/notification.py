# SPDX-License-Identifier: Apache-2.0
"""A delivered notification in words a person understands."""

WATCHDOG = "Watchdog"


def is_watchdog(notification):
    return all(alert["labels"].get("alertname") == WATCHDOG for alert in notification["alerts"])


def is_firing(notification):
    return any(alert["status"] == "firing" for alert in notification["alerts"])


def _of_whom(labels):
    return "".join(f" {labels[name]}." for name in ("vendor_name", "product") if labels.get(name))


class Wording:
    """Notifications as lines to show. The same alert often goes to several receivers; the description stands only with
    the first."""

    def __init__(self, firing_mark, resolved_mark):
        self._firing_mark = firing_mark
        self._resolved_mark = resolved_mark
        self._described = None

    def lines(self, notification):
        lines = []
        for alert in notification["alerts"]:
            labels, annotations = alert["labels"], alert["annotations"]
            fires = alert["status"] == "firing"
            summary = annotations.get("summary") or labels.get("alertname", "an alert without a name")
            mark = f"{self._firing_mark} ALERT" if fires else f"{self._resolved_mark} RESOLVED"
            # That it fires is said of each vendor by its description; that it is over has only the summary.
            over = "" if fires else _of_whom(labels)
            lines.append(f"{mark} ({labels.get('severity', 'no severity')}) to {notification['receiver']}: {summary}{over}")
            described = (sorted(labels.items()), alert.get("startsAt"))
            if fires and annotations.get("description") and described != self._described:
                lines.append(f"        {annotations['description']}")
                self._described = described
        # What is shown may come from an order: no control characters.
        return ["".join(c if c.isprintable() else " " for c in line) for line in lines]
