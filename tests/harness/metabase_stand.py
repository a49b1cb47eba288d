# SPDX-License-Identifier: Apache-2.0
"""A simulated Metabase and an exporter that asks it: what a test of Metabase sources sets up."""

import json
from pathlib import Path

from .exporter import Exporter
from .processes import wait_until
from .service import Service
from .simulator import Simulator
from .stand import events
from .web import post_json, request

COLUMNS = ["Vendor Code", "Vendor Name", "Product", "Stock Left"]
ROWS = [["V1", "Phở", "Box", 5], ["V2", "Bánh \"Mì\"", "Bag", 0], ["V3", "Ramen", "Bowl", 70]]
METRIC = "stock_left"
CREDENTIALS = {"username": "${METABASE_USERNAME}", "password": "${METABASE_PASSWORD}"}


def question(name, number, interval="2s", timeout="1900ms", stale_after="60s", metabase=None, **metric):
    """A source of the configuration. `metabase`: more of its keys; `metric`: of its metric's."""
    return {"name": name, "interval": interval, "timeout": timeout, "stale_after": stale_after,
            "metabase": {"url": "${METABASE_URL}", "question": number, **(CREDENTIALS if metabase is None else metabase)},
            "metrics": [{"name": METRIC, "help": "Pieces left.", "static_labels": {"question": name},
                         "labels": {"vendor": "Vendor Code", "name": "Vendor Name", "product": "Product"},
                         "value": "Stock Left", **metric}]}


class MetabaseStand(Service):
    """`sources`: as question() makes them; None: the built-in configuration. `cards`: their questions, which find ROWS; those
    that are there at the start are left alone. The exporter starts with start()."""

    def __init__(self, scratch, sources, version="v0.53", cards=(), env=None, simulator_flags=()):
        self.simulator = Simulator(scratch, ["--rate", "0", "--metabase-version", version, *simulator_flags], metabase=True)
        self._scratch, self._sources, self._cards, self._env = scratch, sources, cards, env or {}
        self.exporter = None

    def begin(self):
        self.simulator.start()
        self.simulator.control(vendors_paused=True)
        for number in self._cards:
            self.card(number, columns=COLUMNS, data=ROWS)
        config = None
        if self._sources is not None:
            config = self._scratch.file("metabase.yml")
            with open(config, "w", encoding="utf-8") as file:
                json.dump({"sources": self._sources}, file)  # which is YAML too
        self.exporter = Exporter(self._scratch, config=config, env={**self.simulator.metabase_env, **self._env})
        return self

    def stop(self):
        """The exporter's exit status."""
        status = self.exporter.stop() if self.exporter else 0
        self.simulator.stop()
        return status

    def __exit__(self, *trouble):
        status = self.stop()
        if self.exporter and self.exporter.child and not any(trouble):
            assert status == 0, self.exporter.child.log_tail()

    def start(self, wait=True):
        """`wait`: until every source was polled."""
        self.exporter.start()
        if wait:
            self.exporter.wait_ready()
        return self

    @property
    def log(self):
        return self.exporter.child

    def metabase(self, **settings):
        return self.simulator.control(metabase=settings)["metabase"]

    def card(self, number, **settings):
        return post_json(f"{self.simulator.url}/control/metabase/card/{number}", settings)

    def revoke_sessions(self):
        return post_json(f"{self.simulator.url}/control/metabase/revoke_sessions", {})

    def stats(self):
        return self.simulator.stats()["metabase"]

    def samples(self):
        return self.exporter.samples()

    def until(self, condition, what, seconds=30):
        return wait_until(condition, seconds, what, [self.exporter.child], interval=0.2)

    def failing(self, source):
        return events(self.log, "source failing", source=source)

    def recovered(self, source):
        return events(self.log, "source recovered", source=source)

    def page(self, path):
        """(status, JSON) of a page of the exporter."""
        status, _, body = request(self.exporter.url + path)
        return status, json.loads(body)


def failures(samples, source):
    """Reason -> failed polls, those that there were."""
    return {labels["reason"]: value for labels, value in samples.series("o2o_source_failures_total")
            if labels["source"] == source and value}


def rejected(samples, source):
    """Reason -> rows that gave a metric nothing, those that there were."""
    return {labels["reason"]: value for labels, value in samples.series("o2o_source_rejected_rows_total")
            if labels["source"] == source and value}


def shown(samples, source, name=METRIC):
    """(vendor, vendor name, product) -> value of what the source publishes."""
    return {(labels["vendor"], labels["name"], labels["product"]): value for labels, value in samples.series(name)
            if labels["question"] == source}


def memory(pid, what):
    """Bytes of /proc/PID/status."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) << 10
    raise AssertionError(f"/proc/{pid}/status has no {what}")
