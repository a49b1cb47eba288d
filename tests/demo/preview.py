#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`make preview`: starts the demo and draws every dashboard of grafana/ against it: in normal operation and in an outage; dark, light
and as wide as a phone. What people are sent of the outage is drawn as well.

MINUTES (default 3) is how long the shop lives before the first drawing, LOOKS (default dark,light,phone) what is drawn, OUT (default
build/preview) where the pictures go. SERVE=1 serves the dashboards to a browser beside the demo until Ctrl-C. The exit status is 1 where
a panel has an error, or something that Grafana would pass over in silence."""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # tests/ instead of tests/demo/

# pylint: disable=wrong-import-position
from demo import messages
from demo.demo import Asked, Demo, stop_on_signals
from demo.screen import Gone, Screen
from demo.story import AWAY, FACTOR, NORMAL, SOLD_OUT, Chapter, Story
from harness.processes import NotReady
from harness.scratch import Scratch
from harness.web import get_json

ROOT = Path(__file__).resolve().parents[2]
DASHBOARDS = sorted((ROOT / "grafana" / "dashboards").glob("*.json"))
SCRAPE_INTERVAL = f"{15 / FACTOR}s"
PREVIEW = ROOT / "grafana" / "preview"
LOOKS = {"dark": [], "light": ["--theme", "light"], "phone": ["--width", "390"]}
NORMAL_OPERATION = (Chapter(0, "the shop is open: about two orders a second, nearly all of them succeed", NORMAL),)
FOR_EVER = 10**9
# (seconds that it lasts, words, what the simulator is told). Long enough for the alerts of the rules, whose clock runs FACTOR times faster.
OUTAGE = ((75, "half of all orders begin to fail, the vendor Ramen 17 goes offline, Green Curry House sells out",
           {"failure_ratio": 0.5, "vendor_offline": AWAY, "stock_out": SOLD_OUT}),
          (90, "the shop stops taking orders", {"orders_stopped": True}))
QUESTION_THAT_FAILS = 7196  # products by state
# What the picture of messages shows.
TOLD = ("O2ONoNewOrders", "O2OOrderFailureRatioHigh", "O2OVendorOffline")


def drawing(demo, *options):
    return ["node", str(PREVIEW / "preview.mjs"), "--prometheus", demo.prometheus.url,
            "--postgres", demo.postgres.dsn("o2o"), "--scrape-interval", SCRAPE_INTERVAL, "--from", "now-5m", "--strict", *options,
            *map(str, DASHBOARDS)]


def draw(demo, screen, out, looks):
    """Whether some panel failed."""
    failed = False
    for look in looks:
        screen.event(f"drawing {len(DASHBOARDS)} dashboards: {out.name}, {look}")
        failed |= subprocess.run(drawing(demo, "--out", str(out / look), *LOOKS[look]), check=False).returncode != 0
    return failed


def break_the_shop(demo, screen):
    demo.simulator.control_question(QUESTION_THAT_FAILS, fault="failed")
    for seconds, words, settings in OUTAGE:
        screen.event(words)
        demo.simulator.control(**settings)
        demo.live_until(screen.seconds() + seconds)


def draw_messages(demo, screen, out):
    """Of those of TOLD that fire."""
    groups = get_json(f"{demo.alertmanager.url}/api/v2/alerts/groups?silenced=false&inhibited=false&receiver=o2o-commerce")
    named = {group["labels"]["alertname"]: group for group in groups}
    with Scratch("o2o-messages-") as scratch:
        path = Path(scratch.file("messages.html"))
        path.write_text(messages.page([named[name] for name in TOLD if name in named], demo.alertmanager.url, scratch))
        screen.event("drawing what people were sent")
        subprocess.run(["node", str(PREVIEW / "picture.mjs"), str(path), str(out / "messages.png"), "1200"], check=True)


def preview(demo, screen, minutes, out, looks):
    """The exit status."""
    screen.event(f"the shop lives for {minutes:g} minutes, so that there is something to see")
    demo.live_until(60 * minutes)
    failed = draw(demo, screen, out / "healthy", looks)
    break_the_shop(demo, screen)
    failed |= draw(demo, screen, out / "outage", looks)
    draw_messages(demo, screen, out)
    screen.line(f"The pictures are in {out}")
    return 1 if failed else 0


def chosen_looks():
    looks = (os.environ.get("LOOKS") or ",".join(LOOKS)).split(",")
    unknown = set(looks) - LOOKS.keys()
    if unknown:
        raise NotReady(f"LOOKS={','.join(looks)}: {', '.join(sorted(unknown))} is none of {', '.join(LOOKS)}")
    return looks


def serve(demo, screen):
    screen.event("serving the dashboards; Ctrl-C stops everything")
    with subprocess.Popen(drawing(demo, "--serve")) as server:
        try:
            demo.live_until(None)
        finally:
            server.terminate()


def main():
    stop_on_signals()
    screen = Screen()
    try:
        with ExitStack() as stack:
            looks = chosen_looks()
            story = None if os.environ.get("SERVE") else Story(NORMAL_OPERATION, FOR_EVER)
            demo = Demo(screen, stack, estate=True, story=story)
            demo.print_addresses()
            screen.start_clock()
            if os.environ.get("SERVE"):
                serve(demo, screen)
                return 0
            return preview(demo, screen, float(os.environ.get("MINUTES") or 3), Path(os.environ.get("OUT") or ROOT / "build" / "preview"), looks)
    except Asked:
        screen.line("Stopped; nothing is left running.")
        return 0
    except Gone:
        return 1
    except NotReady as problem:
        screen.line(f"The preview cannot continue: {problem}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
