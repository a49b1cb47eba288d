# SPDX-License-Identifier: Apache-2.0
"""The words that people read: amtool renders them as Alertmanager would (check-config sees no run-time error)."""

import html
import json
import re
from urllib.parse import unquote

import pytest

from bundle.shipped import ALERTMANAGER, run

TEMPLATES = ALERTMANAGER.parent / "templates" / "*.tmpl"
RUNBOOK = "https://example.com/O2ONoNewOrders.md"
GRAPH = "Graph: http://prometheus:9090/graph"
SILENCE = ("Silence: http://alertmanager:9093/#/silences/new?filter=%7Balertname%3D%22O2ONoNewOrders%22%2C%20job%3D%22o2o-exporter%22"
           "%2C%20severity%3D%22critical%22")
NEVER = "0001-01-01T00:00:00Z"


DASHBOARD = "http://localhost:3000/d/o2o-orders"
FROM = 1772326025000  # an hour before the alert began, in milliseconds
LOOK = f"Dashboard: {DASHBOARD}?from={FROM}&to=now"


def alert(status="firing", severity="critical", summary="No new order has come in for 10 minutes.", **labels):
    return {
        "status": status,
        "labels": {"alertname": "O2ONoNewOrders", "severity": severity, "job": "o2o-exporter", **labels},
        "annotations": {"summary": summary, "description": "0 orders, and <b>nobody</b> knows why.",
                        "runbook_url": RUNBOOK, "dashboard_url": DASHBOARD},
        "startsAt": "2026-03-01T02:47:05+01:00",
        "endsAt": "2026-03-01T03:30:00+01:00" if status == "resolved" else NEVER,
        "generatorURL": "http://prometheus:9090/graph",
        "fingerprint": "0123456789abcdef",
    }


def message(*alerts):
    def common(kind):
        shared = set.intersection(*(set(each[kind].items()) for each in alerts))
        return dict(shared)

    firing = any(each["status"] == "firing" for each in alerts)
    return {
        "receiver": "oncall", "status": "firing" if firing else "resolved", "alerts": list(alerts),
        "groupLabels": {"alertname": "O2ONoNewOrders"}, "commonLabels": common("labels"),
        "commonAnnotations": common("annotations"), "externalURL": "http://alertmanager:9093",
    }


@pytest.fixture(name="render")
def renderer(tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "UTC")

    def render(name, data, kind="text"):
        path = tmp_path / "data.json"
        path.write_text(json.dumps(data))
        return run("amtool", "template", "render", f"--template.glob={TEMPLATES}", f"--template.type={kind}",
                   f'--template.text={{{{ template "{name}" . }}}}', f"--template.data={path}").rstrip("\n")

    return render


@pytest.mark.parametrize("data, title", [
    (message(alert()), "Page: No new order has come in for 10 minutes."),
    (message(alert("resolved")), "Resolved: No new order has come in for 10 minutes."),
    (message(alert(severity="warning")), "Ticket: No new order has come in for 10 minutes."),
    (message(alert(severity="info")), "Note: No new order has come in for 10 minutes."),
    (message(alert(severity="none")), "Heartbeat: No new order has come in for 10 minutes."),
    (message(alert(status="resolved"), alert()), "Page: No new order has come in for 10 minutes. (2 alerts)"),
    (message(alert(severity="warning"), alert(summary="Another.")),
     "Page: No new order has come in for 10 minutes. (2 alerts)"),
    (message(alert(status="resolved"), alert(severity="warning")),
     "Ticket: No new order has come in for 10 minutes. (2 alerts)"),
])
def test_title(render, data, title):
    assert render("o2o.title", data) == title


def test_text_says_what_since_when_and_what_to_do(render):
    assert render("o2o.text", message(alert())).strip() == (
        "0 orders, and <b>nobody</b> knows why.\n"
        "Firing since 01:47 UTC on 1 March.\n\n"
        f"What to do: {RUNBOOK}\n{LOOK}\n{GRAPH}\n{SILENCE}%7D")


def test_text_says_what_is_resolved(render):
    text = render("o2o.text", message(alert("resolved", source="orders"), alert("resolved", status_="x")))
    assert "Source orders." in text
    assert text.count("It lasted from 01:47 to 02:30 UTC on 1 March.") == 2
    assert "Since" not in text


def test_several_vendors_are_named_one_by_one_and_what_to_do_once(render):
    firing = [{**alert(vendor_name=name), "annotations": {"summary": "A vendor is offline.", "runbook_url": RUNBOOK,
                                                          "description": f"{name} is offline."}}
              for name in ("Phở Nhà Lương", "Ramen 17")]
    back = alert("resolved", vendor_name="La Márquez", vendor_code="V005", product="Horchata")
    assert render("o2o.text", message(*firing, back)).strip() == (
        "Phở Nhà Lương is offline.\nFiring since 01:47 UTC on 1 March.\n\n"
        "Ramen 17 is offline.\nFiring since 01:47 UTC on 1 March.\n\n"
        f"What to do: {RUNBOOK}\n{GRAPH}\nSilence: http://alertmanager:9093/#/silences/new?filter=%7Balertname%3D%22O2ONoNewOrders"
        "%22%2C%20job%3D%22o2o-exporter%22%2C%20severity%3D%22critical%22%7D\n\n"
        "Resolved: No new order has come in for 10 minutes. La Márquez (V005): Horchata.\n"
        "It lasted from 01:47 to 02:30 UTC on 1 March.")
    page = render("o2o.html", message(*firing, back), kind="html")
    assert "Ramen 17 is offline." in page and "La Márquez (V005): Horchata." in page


def test_times_are_those_of_the_people_who_read_them(render, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Ho_Chi_Minh")
    text = render("o2o.text", message(alert(), alert("resolved")))
    assert "Firing since 08:47 +07 on 1 March." in text
    assert "It lasted from 08:47 to 09:30 +07 on 1 March." in text
    assert "08:47 +07" in html.unescape(render("o2o.html", message(alert()), kind="html"))


def test_slack_too_has_the_times_of_the_people_who_read_it(render, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Ho_Chi_Minh")
    text = render("o2o.slack.text", message(alert(), alert("resolved")))
    assert "Firing since 08:47 +07 on 1 March." in text
    assert "It lasted from 08:47 to 09:30 +07 on 1 March." in text
    assert "UTC" not in text


def test_the_dashboard_opens_at_the_time_of_the_alert(render):
    """From an hour before it began, whether or not the link sets variables."""
    plain, chosen = alert(), alert(vendor_code="V 1")
    chosen["annotations"] = {**chosen["annotations"], "dashboard_url": f"{DASHBOARD}?var-vendor=V+1"}
    assert LOOK in render("o2o.text", message(plain))
    assert f"Dashboard: {DASHBOARD}?var-vendor=V+1&from={FROM}&to=now" in render("o2o.text", message(chosen))
    assert f"Dashboard: {DASHBOARD}?var-vendor=V+1&amp;from={FROM}&amp;to=now" in render("o2o.slack.text", message(chosen))
    page = render("o2o.html", message(chosen), kind="html")
    links = [html.unescape(link) for link in re.findall(r'<a href="([^"]*)">Dashboard</a>', page)]
    assert links == [f"{DASHBOARD}?var-vendor=V+1&from={FROM}&to=now"]


def test_each_vendor_has_a_dashboard_of_its_own_and_all_orders_one(render):
    vendors = [alert(vendor_code=code) for code in ("V001", "V002")]
    for one in vendors:
        one["annotations"] = {**one["annotations"], "dashboard_url": f"{DASHBOARD}?var-vendor={one['labels']['vendor_code']}"}
    assert re.findall(r"var-vendor=(\w+)", render("o2o.text", message(*vendors))) == ["V001", "V002"]
    assert render("o2o.text", message(alert(), alert(source="x"))).count("Dashboard: ") == 1


def test_places_are_named_where_there_are_several(render):
    text = render("o2o.text", message(alert(region="sg"), alert("resolved", region="hn", shop="7")))
    assert "nobody</b> knows why. Region sg.\n" in text and "10 minutes. Region hn. Shop 7.\n" in text


@pytest.mark.parametrize("kind, template", [("text", "o2o.silence"), ("html", "o2o.html.silence")])
def test_silence_link_brings_back_the_labels(render, kind, template):
    name = 'Bánh Mì "Sài Gòn" & C:\\Lunch + 1%'
    link = re.search(r'http[^"> ]+', render(template, message(alert(vendor_name=name)), kind=kind)).group()
    start, matchers = unquote(html.unescape(link)).split("?filter=")
    assert start == "http://alertmanager:9093/#/silences/new"
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    assert f'vendor_name="{escaped}"' in matchers and matchers.startswith('{alertname="O2ONoNewOrders", ')


def test_alerts_with_runbooks_of_their_own_name_each(render):
    other = alert(source="x")
    other["annotations"] = {**other["annotations"], "runbook_url": "https://example.com/Other.md"}
    text = render("o2o.text", message(alert(), other))
    assert text.count("What to do: ") == 2 and "Other.md" in text and RUNBOOK in text


def test_mail_is_escaped_and_links_the_runbook(render):
    page = render("o2o.html", message(alert(), alert("resolved")), kind="html")
    assert "&lt;b&gt;nobody&lt;/b&gt;" in page and "<b>nobody" not in page
    assert f'<a href="{RUNBOOK}">What to do</a>' in page
    assert "color: #c0392b" in page
    assert "It lasted from 01:47 to 02:30 UTC on 1 March." in page


def test_link_leads_to_the_runbook_or_to_alertmanager(render):
    assert render("o2o.link", message(alert())) == RUNBOOK
    other = alert(source="x")
    other["annotations"] = {}
    assert render("o2o.link", message(alert(), other)) == "http://alertmanager:9093"


def test_an_alert_without_annotations_still_has_words(render):
    bare = {**alert(), "annotations": {}}
    assert "O2ONoNewOrders" in render("o2o.title", message(bare))


HARMFUL = "Tom & Ann <!channel> <https://evil.example|Pay here> &lt;"


def with_words(words, status):
    """An alert all of whose texts from outside are `words`."""
    found = alert(status, source=words, vendor_name=words, vendor_code=words, product=words, region=words, shop=words)
    found["labels"]["status"] = words
    found["annotations"] = {"summary": words, "description": words, "runbook_url": f"{RUNBOOK}?a=1&b={words}",
                            "dashboard_url": f"{DASHBOARD}?a=1&b={words}"}
    return found


@pytest.mark.parametrize("part", ("title", "text"))
@pytest.mark.parametrize("data", (
    lambda words: message(with_words(words, "firing")),
    lambda words: message(with_words(words, "resolved")),
    lambda words: message(with_words(words, "firing"), alert(), with_words(words, "resolved")),
    lambda words: message({**alert(), "labels": {"alertname": words}, "annotations": {}}),
), ids=("firing", "resolved", "mixed", "bare"))
def test_slack_is_sent_the_same_words_with_its_markup_escaped(render, part, data):
    for words in (HARMFUL, "Phở Nhà Lương"):
        escaped = render(f"o2o.{part}", data(words)).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        assert render(f"o2o.slack.{part}", data(words)) == escaped


def test_slack_shows_what_was_meant(render):
    assert render("o2o.slack.title", message(with_words("Tom & Ann <!channel> &lt;", "firing"))) == \
        "Page: Tom &amp; Ann &lt;!channel&gt; &amp;lt;"


MARKUP = re.compile(r"\]\(|<\w|<!|@\w")  # of Teams and Mattermost


@pytest.mark.parametrize("part", ("title", "text"))
@pytest.mark.parametrize("status", ("firing", "resolved"))
def test_teams_and_mattermost_are_sent_no_markup_of_others(render, part, status):
    words = "Ann [Pay here](https://evil.example) <https://evil.example> @channel"
    said = render(f"o2o.markdown.{part}", message(with_words(words, status)))
    assert "Ann [Pay here]" in said and not MARKUP.search(said), said
    assert said.replace("\u200b", "").count(words) >= 1


def test_teams_and_mattermost_are_sent_what_the_others_are(render):
    for data in (message(alert()), message(alert("resolved")), message(alert(source="x"), alert(source="y"), alert("resolved"))):
        assert render("o2o.markdown.title", data) == render("o2o.title", data)
        lines = set(render("o2o.markdown.text", data).splitlines())
        plain = render("o2o.text", data).replace("<", "<\u200b")
        assert set(plain.splitlines()) - {GRAPH} <= lines


CHATS = {"slack_configs": "o2o.slack.", "msteamsv2_configs": "o2o.markdown.", "mattermost_configs": "o2o.markdown."}


def test_what_goes_to_a_chat_is_what_was_escaped_for_it():
    """Also in blocks that are commented out: nothing but its own templates, colour and link."""
    blocks = dict.fromkeys(CHATS, 0)
    for path in (ALERTMANAGER, ALERTMANAGER.parent / "fragment.yml"):
        chat = None
        for line in path.read_text().splitlines():
            if found := re.search(r"(\w+_configs):|- name:", line):
                chat = found.group(1) if found.group(1) in CHATS else None
                if chat:
                    blocks[chat] += 1
            elif chat:
                for used in re.findall(r'template "([^"]+)"', line):
                    assert used.startswith(CHATS[chat]) or used in ("o2o.color", "o2o.link"), line
                assert "{{ ." not in line, line
    assert min(blocks.values()) >= 1 and blocks["slack_configs"] >= 3


def test_telegram_escapes_what_it_is_sent():
    """By its parse mode, in the template engine; the default wants Markdown escaped, and refuses the message otherwise."""
    blocks = re.findall(r"telegram_configs:\n(?:\s*#0\.26\|  .*\n)+", ALERTMANAGER.read_text())
    assert blocks and all("parse_mode: HTML" in block for block in blocks)


def test_each_slack_block_says_its_fallback():
    """Alertmanager's own would hold names as they are."""
    for path in (ALERTMANAGER, ALERTMANAGER.parent / "fragment.yml"):
        text = path.read_text()
        assert text.count("fallback: '{{ template \"o2o.slack.title\" . }}'") == text.count("slack_configs:")
