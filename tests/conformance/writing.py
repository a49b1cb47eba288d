# SPDX-License-Identifier: Apache-2.0
"""Prometheus, with the shipped configuration and rules, writes through the shipped gateway into Cortex in Mimir's place."""

import base64
import json
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from harness.mimir_gateway import SHIPPED, mimir_gateway
from harness.processes import wait_until
from harness.prometheus import Prometheus
from harness.scratch import Scratch
from harness.web import request

FACTOR = 15  # a scrape and an evaluation every second
PATIENCE = 180
PASSWORDS = {"prometheus": "p-secret", "grafana": "g-secret", "other": "o-secret", "stranger": "s-secret"}


class Gateway:
    """The shipped one, where `prometheus` and `grafana` are users of `tenant`, `other` of another one and `stranger` of none."""

    def __init__(self, server):
        self.server = server
        self.address = f"127.0.0.1:{server.port}"

    def ask(self, what, user="grafana", **parameters):
        """(status, JSON or None) of Prometheus's API."""
        login = base64.b64encode(f"{user}:{PASSWORDS[user]}".encode()).decode()
        status, _, body = request(f"{self.server.url}/prometheus/api/v1/{what}?{urlencode(parameters)}",
                                  headers={"Authorization": f"Basic {login}"}, seconds=30)
        return status, json.loads(body)["data"] if status == 200 else None

    def query(self, expr, user="grafana", **parameters):
        status, data = self.ask("query", user, query=expr, **parameters)
        return data["result"] if status == 200 else []


@contextmanager
def gateway(cortex, tenant):
    tenants = (SHIPPED / "tenants.conf").read_text().replace(" o2o;", f" {tenant};") + "other theirs;\n"
    with Scratch() as scratch, mimir_gateway(scratch, cortex.port, PASSWORDS, tenants) as server:
        yield Gateway(server)


@contextmanager
def prometheus(way, target, program, replica="a", edit=None):
    """With the shipped configuration and rules; it does not wait five seconds before it sends what is less than a batch."""
    def edited(config):
        for remote in config["remote_write"]:
            remote["queue_config"]["batch_send_deadline"] = "200ms"
        if edit:
            edit(config)

    with Scratch() as scratch:
        secrets = scratch.folder("secrets")
        Path(secrets, "mimir_prometheus_password").write_text(PASSWORDS["prometheus"])
        with Prometheus(scratch, {"o2o-exporter": target}, factor=FACTOR, remote_write=way.address, secrets=secrets, replica=replica,
                        program=program, edit=edited) as running:
            yield running


def timestamps(found):
    return {sample[0] for series in found for sample in series["values"]}


def raw(way, seconds, at=None):
    """The samples that the last seconds brought of whether the exporter is up."""
    return way.query(f'up{{job="o2o-exporter"}}[{seconds}s]', **({"time": at} if at else {}))


def until_written(way, prom, what="samples arrived"):
    wait_until(lambda: way.query('up{job="o2o-exporter"}'), PATIENCE, what, [prom.child], interval=0.5)
