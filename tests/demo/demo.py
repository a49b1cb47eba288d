#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`make demo`: orders flow from a simulated shop through the exporter into PostgreSQL, what its Metabase knows of vendors
comes beside them, Prometheus watches both, and when orders stop or fail, or a vendor goes offline, an alert is
delivered through Alertmanager.

DURATION=seconds ends it by itself, with exit status 0 when everything worked. Ctrl-C, SIGTERM and a closed terminal
end it at any time; then the exit status is 0 and nothing is compared (make itself reports an interrupt as 130)."""

import ctypes
import os
import signal
import sys
import time
from collections import deque
from contextlib import ExitStack
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # tests/ instead of tests/demo/

# pylint: disable=wrong-import-position
from demo.notification import Wording, is_firing, is_watchdog
from demo.screen import Gone, Screen
from demo.story import FACTOR, Story
from harness.alertmanager import Alertmanager
from harness.business_shop import BusinessShop
from harness.exporter import Exporter, differences, vendor_differences, write_config
from harness.postgres import Postgres
from harness.processes import PR_SET_PDEATHSIG, NotReady, wait_until
from harness.prometheus import Prometheus
from harness.recorded_exporters import RecordedExporters
from harness.scratch import Scratch
from harness.simulator import Simulator

EXPORTER_JOB = "o2o-exporter"
ORDERS_PER_MINUTE = 120
LAST_COMPARISON_SECONDS = 45  # vendors are polled every 19 s

# From which duration on a kind of notification must have come for everything to have worked.
WATCHDOG_BY = 45
ALERT_BY = 180


class Asked(Exception):
    """A signal asked to stop."""


def stop_on_signals():
    def stop(*_):
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)  # once is enough; what follows is bounded in time
        raise Asked

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        signal.signal(number, stop)
    if os.environ.get("MAKELEVEL"):
        # A make that is killed outright takes us along.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def duration():
    """Seconds; None: until somebody stops it."""
    text = os.environ.get("DURATION") or "0"
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < 1e7:
        raise NotReady(f"DURATION={text}: give a number of seconds, for example DURATION=60, or none for no end")
    return seconds or None


class Demo:
    """All that runs, once started. `estate`: also what the business dashboards and those of the infrastructure ask for."""

    def __init__(self, screen, stack, estate=False, story=None):
        self._screen = screen
        scratch = stack.enter_context(Scratch("o2o-demo-"))

        def start(what, part):
            screen.live(f"starting {what} ...")
            return stack.enter_context(part)

        self.postgres = start("a private PostgreSQL cluster", Postgres())
        self.simulator = start("the simulated shop", Simulator(
            scratch, ["--rate", str(ORDERS_PER_MINUTE), "--speed", str(FACTOR)], metabase=True))
        self.simulator.seed(30)
        config = write_config(scratch.file("exporter.yml"), FACTOR)
        others = []
        if estate:
            start("a flash sale", BusinessShop(FACTOR)).add_to(config, FACTOR)
            others = start("others' exporters, in recorded shapes", RecordedExporters()).scrape_configs()
        self.exporter = start("the exporter", Exporter(
            scratch, self.simulator.url, self.simulator.api_key, self.postgres.make_database("o2o"), config,
            env=self.simulator.metabase_env))
        self.exporter.wait_ready(60)
        self.alertmanager = start("Alertmanager", Alertmanager(scratch, self.simulator.sink_url, FACTOR))
        self.prometheus = start("Prometheus", Prometheus(
            scratch, {EXPORTER_JOB: self.exporter.address, "alertmanager": self.alertmanager.address},
            self.alertmanager.address, FACTOR, doubles=others))
        self._children = [part.child for part in (self.postgres, self.simulator, self.exporter, self.alertmanager,
                                                  self.prometheus)]
        self._story = story or Story()
        self._wording = Wording(screen.symbol("🔔", "(!)"), screen.symbol("✅", "(ok)"))
        self._orders = deque()  # (seconds, orders seen) of the last minute
        self._last_notification = 0
        self.watchdog_came = False
        self.alerts_came = 0

    def print_addresses(self):
        say = self._screen.line
        say("Everything runs. Look at")
        say(f"  {self.exporter.url}/          the exporter: what each source is doing")
        say(f"  {self.exporter.url}/metrics   its metrics")
        say(f"  {self.prometheus.url}/alerts    Prometheus, with the shipped rules")
        say(f"  {self.alertmanager.url}/          Alertmanager, with the shipped routes")
        say(f"  {self.simulator.url}/truth     the simulated shop's own account of its orders")
        say(f"  {self.simulator.url}/truth/vendors")
        say("                                   and of its vendors")
        say(f"  {self.postgres.dsn('o2o')}")
        say("                                   the orders, for psql (a cluster of its own, thrown away at the end)")
        say(f"To be seen in minutes, every interval of rules, routes and polls is {FACTOR} times shorter than shipped:")
        say(f'"10 minutes" in an alert are {600 // FACTOR} seconds here. Ctrl-C stops everything.')
        say()

    def live_until(self, end):
        """Plays the story until `end` seconds have passed; None: for ever."""
        next_summary = 0
        while end is None or self._screen.seconds() < end:
            now = self._screen.seconds()
            for chapter in self._story.due(now):
                self.simulator.control(**chapter.settings)
                self._screen.event(self._screen.symbol("▸", "*") + " " + chapter.words)
            self.show_notifications()
            if now >= next_summary:
                self._show_summary(now)
                next_summary = now + self._screen.interval_seconds
            for child in self._children:
                if not child.running():
                    raise NotReady(f"{child.name} ended by itself with {child.status_words()}:\n{child.log_tail()}")
            time.sleep(0.3)

    def show_notifications(self):
        for notification in self.simulator.notifications(self._last_notification):
            self._last_notification = notification["n"]
            if is_watchdog(notification):
                if not self.watchdog_came:
                    self._screen.event("the watchdog was delivered: the way from Prometheus to people works "
                                       "(it repeats; not shown again)")
                self.watchdog_came = True
                continue
            if is_firing(notification):
                self.alerts_came += 1
            for line in self._wording.lines(notification):
                self._screen.event(line)

    def close(self, lasted):
        """Stops the shop and compares the books. Returns what did not work, in words."""
        self._screen.event("the shop closes; now its own account is compared with what the exporter counted")
        self.simulator.control(paused=True)
        truth, vendors = self.simulator.truth(), self.simulator.truth_vendors()
        wrong = self._compare(differences, truth,
                              f"all order counters equal the shop's own account: {truth['orders']} orders")
        wrong += self._compare(vendor_differences, vendors, "every vendor, its products and its discount stock equal the "
                               f"shop's own account: {len(vendors['vendors'])} vendors")
        self.show_notifications()
        for job, up in sorted(self.prometheus.target_health().items()):
            if up:
                self._screen.event(f"{self._good()} Prometheus scrapes {job}")
            else:
                wrong.append(f"Prometheus could not scrape {job}")
        wrong += [f"a rule cannot be evaluated: {error}" for error in self.prometheus.rules_with_errors()]
        if lasted >= ALERT_BY and not self.alerts_came:
            wrong.append("no alert was delivered")
        if lasted >= WATCHDOG_BY and not self.watchdog_came:
            wrong.append("the watchdog was not delivered")
        if self.watchdog_came:
            self._screen.event(f"{self._good()} notifications are delivered; alerts among them: {self.alerts_came}")
        return wrong

    def _compare(self, find_differences, truth, agreement):
        """Waits for the exporter to say what the truth is. Returns what did not work, in words."""
        wrong = []

        def agrees():
            wrong[:] = find_differences(self.exporter.samples(), truth)
            return not wrong

        try:
            wait_until(agrees, LAST_COMPARISON_SECONDS, "the numbers agreed", interval=0.5)
            self._screen.event(f"{self._good()} {agreement}")
            return []
        except NotReady:
            return [f"the exporter's numbers are not the truth after {LAST_COMPARISON_SECONDS} s:", *wrong]

    def _good(self):
        return self._screen.symbol("✔", "ok:")

    def _show_summary(self, now):
        try:
            samples = self.exporter.samples()
            firing = sorted({labels["alertname"] for labels in self.prometheus.alerts()} - {"O2OWatchdog"})
        except OSError:
            return  # the check of the children reports it if it lasts
        seen = samples.total("o2o_orders_ingested_total")
        self._orders.append((now, seen))
        while now - self._orders[0][0] > 60:
            self._orders.popleft()
        then, seen_then = self._orders[0]
        rate = 60 * (seen - seen_then) / (now - then) if now > then else 0
        online = [value for _, value in samples.series("vendor_online")]
        sold_out = [value for _, value in samples.series("vendor_discount_stock") if value == 0]
        self._screen.live(
            f"orders {seen:.0f} | {rate:.0f} a minute | completed {samples.total('o2o_orders_completed_total'):.0f}"
            f" | failed {samples.total('o2o_orders_failed_total'):.0f}"
            f" | vendors online {sum(online):.0f}/{len(online)}, sold out {len(sold_out)}"
            f" | alerts firing: {', '.join(firing) or 'none'}")


def run(screen):
    """The exit status."""
    end = duration()
    screen.line("o2o-exporter demo: an order system, simulated; everything after it is the real thing.")
    with ExitStack() as stack:
        demo = Demo(screen, stack)
        demo.print_addresses()
        screen.start_clock()
        demo.live_until(end)
        wrong = demo.close(end)
        screen.event("stopping everything")
    for problem in wrong:
        screen.line(f"NOT WORKING: {problem}")
    if wrong:
        return 1
    screen.line("Everything worked.")
    return 0


def main():
    stop_on_signals()
    screen = Screen()
    try:
        return run(screen)
    except Asked:
        try:
            screen.line("Stopped; nothing is left running.")
        except Gone:
            pass
        return 0
    except Gone:
        return 1
    except NotReady as problem:
        screen.line(f"The demo cannot continue: {problem}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
