# SPDX-License-Identifier: Apache-2.0
"""Debian's Alertmanager with the shipped routes, inhibitions and templates. Every receiver that notifies
anybody keeps its name and notifies the sink instead; durations are scaled."""

import os
import shutil
import signal
from fractions import Fraction
from pathlib import Path

import yaml

from .processes import Child, free_port, wait_until
from .scale_clock import scale_yaml
from .service import Service
from .web import answers_ok, get_json

SHIPPED = Path(__file__).resolve().parents[2] / "alertmanager"


def receiver_to_sink(receiver, sink_url):
    """The receiver with its webhooks led to the sink, and one webhook instead of other integrations; one without
    any stays without."""
    webhooks = receiver.get("webhook_configs") or []
    others = [entry for name, entries in receiver.items() if name.endswith("_configs") for entry in entries or []]
    if not webhooks and others:
        webhooks = [{"send_resolved": any(entry.get("send_resolved", False) for entry in others)}]
    changed = {"name": receiver["name"]}
    if webhooks:
        changed["webhook_configs"] = [{**webhook, "url": sink_url} for webhook in webhooks]
    return changed


class Alertmanager(Service):
    def __init__(self, scratch, sink_url, factor=1):
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.address}"
        self._folder = scratch.folder("alertmanager")
        self._sink_url = sink_url
        self._factor = Fraction(factor)
        self._configuration = None
        self.child = None

    def start(self):
        self._write_files()
        self.child = Child("Alertmanager", [
            "prometheus-alertmanager", f"--config.file={self._folder}/alertmanager.yml",
            f"--storage.path={self._folder}/data", f"--web.listen-address={self.address}",
            "--cluster.listen-address=",  # alone: opens no second port
        ], os.path.join(self._folder, "log"), cwd=self._folder)
        wait_until(lambda: answers_ok(f"{self.url}/-/ready"), 60, "Alertmanager was ready", [self.child])
        return self

    def stop(self):
        if self.child:
            self.child.stop()

    def reload(self, change=lambda text: text):
        """Reads its configuration again, as `change` makes it of the one it began with."""
        Path(self._folder, "alertmanager.yml").write_text(change(self._configuration))
        self.child.send(signal.SIGHUP)

    def alerts(self):
        return get_json(f"{self.url}/api/v2/alerts")

    def _write_files(self):
        if (SHIPPED / "templates").is_dir():
            shutil.copytree(SHIPPED / "templates", os.path.join(self._folder, "templates"), dirs_exist_ok=True)
        config = yaml.safe_load(scale_yaml((SHIPPED / "alertmanager.yml").read_text(), self._factor))
        config["receivers"] = [receiver_to_sink(receiver, self._sink_url) for receiver in config["receivers"]]
        if config.get("templates"):
            config["templates"] = [os.path.join(self._folder, "templates", "*.tmpl")]
        # Nobody is told less because a test runs on a holiday.
        for interval in config.get("time_intervals", []):
            if interval["name"] == "o2o-holidays":
                interval["time_intervals"] = [{"years": ["2001"]}]
        # Secrets in files and addresses of mail servers: nothing is sent there any more.
        config["global"] = {"resolve_timeout": config["global"]["resolve_timeout"]} \
            if "resolve_timeout" in config.get("global", {}) else {}
        self._configuration = yaml.safe_dump(config, sort_keys=False)
        Path(self._folder, "alertmanager.yml").write_text(self._configuration)
