# SPDX-License-Identifier: Apache-2.0
"""The simulated shop as a child process: its OMS, its Metabase, its controls, its truth, its notification sink."""

import os
import re
import secrets
from pathlib import Path

from .processes import Child, clean_environment, wait_until
from .service import Service
from .web import get_json, post_json

TESTS = Path(__file__).resolve().parents[1]
LISTENS = re.compile(r"^simulator listening on (http://127\.0\.0\.1:\d+)$", re.MULTILINE)
METABASE_LISTENS = re.compile(r"^simulated metabase listening on (http://127\.0\.0\.1:\d+)$", re.MULTILINE)
METABASE_USERNAME = "exporter@example.com"


class Simulator(Service):
    """`flags`: further command-line flags of `python3 -m simulator`. `metabase`: also run one, at `metabase_url`."""

    def __init__(self, scratch, flags=(), metabase=False):
        self.api_key = secrets.token_hex(16)
        self.metabase_url = None
        self._metabase_password = secrets.token_hex(16) if metabase else None
        self._log = os.path.join(scratch.folder("simulator"), f"log-{secrets.token_hex(4)}")
        self._flags = [*flags, *(["--metabase-port", "0"] if metabase else [])]
        self.url = None
        self.child = None

    def start(self):
        self.child = Child("simulator", ["/usr/bin/python3", "-u", "-m", "simulator", "--port", "0", *self._flags],
                           self._log, cwd=TESTS, env=clean_environment(OMS_API_KEY=self.api_key, **self._login()))
        self.url = self._address(LISTENS)
        if self._metabase_password:
            self.metabase_url = self._address(METABASE_LISTENS)
        return self

    def _address(self, line):
        return wait_until(lambda: line.search(self.child.log()), 30, "the simulator listened", [self.child]).group(1)

    def _login(self):
        if not self._metabase_password:
            return {}
        return {"METABASE_USERNAME": METABASE_USERNAME, "METABASE_PASSWORD": self._metabase_password}

    def stop(self):
        if self.child:
            self.child.stop()

    @property
    def sink_url(self):
        return f"{self.url}/sink/alertmanager"

    @property
    def metabase_env(self):
        """The variables by which an exporter finds the Metabase and logs in."""
        return {"METABASE_URL": self.metabase_url, **self._login()}

    def truth(self):
        return get_json(f"{self.url}/truth")

    def truth_vendors(self):
        return get_json(f"{self.url}/truth/vendors")

    def truth_orders(self):
        return get_json(f"{self.url}/truth/orders")

    def stats(self):
        return get_json(f"{self.url}/stats")

    def control(self, **settings):
        return post_json(f"{self.url}/control", settings)

    def control_question(self, number, **settings):
        return post_json(f"{self.url}/control/metabase/card/{number}", settings)

    def reset_faults(self):
        return post_json(f"{self.url}/control/reset_faults", {})

    def poison(self, kind, count=1):
        return post_json(f"{self.url}/control/poison", {"kind": kind, "count": count})

    def seed(self, count):
        return post_json(f"{self.url}/api/v1/seed-mock-data?count={count}", {}, {"x-api-key": self.api_key})

    def notifications(self, after=0):
        return get_json(f"{self.url}/sink/notifications?after={after}")
