#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`make preview`: starts the demo, lets it live for a while, and draws every dashboard of grafana/ against it.

MINUTES (default 3) is how long it lives before the drawing. SERVE=1 serves the dashboards to a browser beside the demo until
Ctrl-C. OUT (default build/preview) is where the pictures go. The exit status is 1 where a panel has an error."""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # tests/, in the place of tests/demo/

# pylint: disable=wrong-import-position
from demo.demo import Asked, Demo, stop_on_signals
from demo.screen import Gone, Screen
from demo.story import FACTOR
from harness.processes import NotReady

ROOT = Path(__file__).resolve().parents[2]
DASHBOARDS = sorted((ROOT / "grafana" / "dashboards").glob("*.json"))
SCRAPE_INTERVAL = f"{15 / FACTOR}s"


def drawing(demo, *options):
    return ["node", str(ROOT / "grafana" / "preview" / "preview.mjs"), "--prometheus", demo.prometheus.url,
            "--postgres", demo.postgres.dsn("o2o"), "--scrape-interval", SCRAPE_INTERVAL, "--from", "now-5m", *options,
            *map(str, DASHBOARDS)]


def draw(demo, screen, minutes, out):
    screen.event(f"the shop lives for {minutes:g} minutes, so that there is something to see")
    demo.live_until(60 * minutes)
    status = 0
    for name, options in {"dark": [], "light": ["--theme", "light"], "phone": ["--width", "390"]}.items():
        screen.event(f"drawing {len(DASHBOARDS)} dashboards: {name}")
        status |= subprocess.run(drawing(demo, "--out", str(out / name), *options), check=False).returncode
    screen.line(f"The pictures are in {out}")
    return 1 if status else 0


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
            demo = Demo(screen, stack, estate=True)
            demo.tell_addresses()
            screen.start_clock()
            if os.environ.get("SERVE"):
                serve(demo, screen)
                return 0
            return draw(demo, screen, float(os.environ.get("MINUTES") or 3), Path(os.environ.get("OUT") or ROOT / "build" / "preview"))
    except Asked:
        screen.line("Stopped; nothing is left running.")
        return 0
    except Gone:
        return 1
    except NotReady as problem:
        screen.line(f"The preview cannot go on: {problem}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
