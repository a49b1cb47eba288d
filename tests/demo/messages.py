# SPDX-License-Identifier: Apache-2.0
"""What people are sent, as a page: the shipped templates filled with the alerts that an Alertmanager holds. amtool fills them, as it
would be done in Alertmanager itself."""

import html
import json
import re
import subprocess
from pathlib import Path

TEMPLATES = Path(__file__).resolve().parents[2] / "alertmanager" / "templates" / "*.tmpl"
BODY = re.compile(r"<body[^>]*>(.*)</body>", re.DOTALL)
STYLE = """
body { margin: 0; padding: 24px; background: #f0f1f3; color: #1c1e21; font: 15px/1.45 Inter, sans-serif; width: 1152px }
main { display: flex; gap: 24px; align-items: flex-start }
section { background: #fff; border: 1px solid #d4d7db; border-radius: 6px; flex: 3; min-width: 0 }
section:first-child { flex: 2 }
header { padding: 8px 16px; border-bottom: 1px solid #d4d7db; color: #5b6168; font-size: 13px }
article { padding: 4px 16px 16px; overflow-wrap: anywhere }
article h2 { font-size: 18px }
pre { margin: 12px 0 0; white-space: pre-wrap; font: inherit }
footer { margin-top: 16px; color: #5b6168; font-size: 12px }
"""


def webhook(group, alertmanager):
    """A group of Alertmanager's API as what its templates are given."""
    alerts = [{"status": "firing", "labels": alert["labels"], "annotations": alert["annotations"], "startsAt": alert["startsAt"],
               "endsAt": "0001-01-01T00:00:00Z", "generatorURL": alert["generatorURL"], "fingerprint": alert["fingerprint"]}
              for alert in group["alerts"]]
    return {"receiver": group["receiver"]["name"], "status": "firing", "alerts": alerts, "groupLabels": group["labels"],
            "commonLabels": _common(alerts, "labels"), "commonAnnotations": _common(alerts, "annotations"), "externalURL": alertmanager}


def page(groups, alertmanager, scratch):
    """The same alerts as mail and as chat: a page of HTML."""
    mail, chat = [], []
    for number, group in enumerate(groups):
        path = scratch.file(f"message-{number}.json")
        Path(path).write_text(json.dumps(webhook(group, alertmanager)))
        mail.append(f"<article>{BODY.search(_rendered('o2o.html', path, 'html'))[1]}</article>")
        chat.append(f"<article><pre><b>{html.escape(_rendered('o2o.title', path))}</b>\n{html.escape(_rendered('o2o.text', path).strip())}</pre></article>")
    return (f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Messages</title><style>{STYLE}</style><main>'
            f"<section><header>Mail: the template o2o.html</header>{''.join(mail)}</section>"
            f"<section><header>Chat: the templates o2o.title and o2o.text</header>{''.join(chat)}</section></main>"
            "<footer>Filled with the alerts of a running demo, in which time goes ten times faster.</footer></html>")


def _common(alerts, kind):
    return dict(set.intersection(*(set(alert[kind].items()) for alert in alerts)))


def _rendered(template, data, kind="text"):
    return subprocess.run(["amtool", "template", "render", f"--template.glob={TEMPLATES}", f"--template.type={kind}",
                           f'--template.text={{{{ template "{template}" . }}}}', f"--template.data={data}"],
                          check=True, capture_output=True, text=True, timeout=60).stdout
