# SPDX-License-Identifier: Apache-2.0
import io

import pytest

from demo.notification import Wording, is_firing, is_watchdog
from demo.screen import Gone, Screen
from demo.story import AWAY, CHAPTERS, LENGTH, SOLD_OUT, Story
from simulator.vendors import Vendors


def alert(name="O2ONoNewOrders", status="firing", **annotations):
    return {"status": status, "labels": {"alertname": name, "severity": "critical"}, "annotations": annotations,
            "startsAt": "2026-01-01T00:00:00Z"}


def notification(*alerts, receiver="oncall"):
    return {"receiver": receiver, "alerts": list(alerts)}


def test_an_alert_in_words():
    wording = Wording("(!)", "(ok)")
    fired = alert(summary="No new order has come in.", description="Customers may be unable to order.")
    assert wording.lines(notification(fired)) == [
        "(!) ALERT (critical) to oncall: No new order has come in.", "        Customers may be unable to order."]
    assert wording.lines(notification(fired, receiver="commerce")) == [
        "(!) ALERT (critical) to commerce: No new order has come in."]
    assert wording.lines(notification(alert(status="resolved", summary="No new order has come in."))) == [
        "(ok) RESOLVED (critical) to oncall: No new order has come in."]
    assert wording.lines(notification(alert())) == ["(!) ALERT (critical) to oncall: O2ONoNewOrders"]


def test_several_vendors_are_named_one_by_one():
    def vendor(name, status="firing", **labels):
        made = alert("O2OVendorOffline", status, summary="A vendor is offline.", description=f"{name} is offline.")
        made["labels"].update(vendor_name=name, **labels)
        return made

    wording = Wording("(!)", "(ok)")
    several = notification(vendor("Ramen 17"), vendor("La Márquez"), vendor("Okoro's Grill", "resolved", product="Suya"))
    assert wording.lines(several) == [
        "(!) ALERT (critical) to oncall: A vendor is offline.", "        Ramen 17 is offline.",
        "        La Márquez is offline.",
        "(ok) RESOLVED (critical) to oncall: A vendor is offline.", "        Okoro's Grill: Suya"]
    assert wording.lines({**several, "receiver": "commerce"}) == [
        "(!) ALERT (critical) to commerce: A vendor is offline.",
        "(ok) RESOLVED (critical) to commerce: A vendor is offline.", "        Okoro's Grill: Suya"]


def test_no_control_character_reaches_the_terminal():
    line, = Wording("!", "ok").lines(notification(alert(summary="a\x1b[2Jb\nc")))
    assert line == "! ALERT (critical) to oncall: a [2Jb c"


def test_watchdog_is_not_news():
    assert is_watchdog(notification(alert("O2OWatchdog")))
    assert not is_watchdog(notification(alert("O2OWatchdog"), alert()))
    assert is_firing(notification(alert(status="resolved"), alert()))
    assert not is_firing(notification(alert(status="resolved")))


def test_the_story_repeats_without_playing_a_chapter_twice():
    story = Story()
    assert [c.starts for c in story.due(0)] == [0]
    assert story.due(0) == []
    assert story.due(LENGTH - 1) == list(CHAPTERS[1:])
    assert story.due(2 * LENGTH) == [*CHAPTERS, CHAPTERS[0]]


def test_the_story_names_the_vendors_that_it_moves():
    vendors = {code: vendor["name"] for code, vendor in Vendors(lambda: 0).truth()["vendors"].items()}
    moved = [code for chapter in CHAPTERS for key, code in chapter.settings.items()
             if key in {"vendor_offline", "vendor_online", "stock_out", "refill"}]
    assert sorted(moved) == sorted([AWAY, AWAY, SOLD_OUT, SOLD_OUT])
    for chapter in CHAPTERS:
        for code in {AWAY, SOLD_OUT} & {str(value) for value in chapter.settings.values()}:
            assert vendors[code] in chapter.words


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def test_the_live_line_is_rewritten_on_a_terminal_only(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    terminal = Terminal()
    screen = Screen(terminal)
    screen.live("x" * 100)
    screen.event("news")
    assert terminal.getvalue() == "\r\033[K[00:00] " + "x" * 31 + "\r\033[K[00:00] news\n"
    plain = io.StringIO()
    screen = Screen(plain)
    screen.live("x")
    screen.event(screen.symbol("🔔", "(!)") + " naïve")
    assert plain.getvalue() == "[00:00] x\n[00:00] (!) na?ve\n"


def test_a_closed_terminal_is_told():
    closed = io.StringIO()
    closed.close()
    with pytest.raises(Gone):
        Screen.line(_screen_on(closed), "x")


def _screen_on(out):
    screen = Screen(io.StringIO())
    screen._out = out
    return screen
