# SPDX-License-Identifier: Apache-2.0
"""Cortex, from which Mimir came, with compose/mimir/*.yml: keys that it calls otherwise are translated, and the others are given to it as
they are. It refuses to start with a key that it does not know, so every key of the files is in a table here or Cortex's own as well."""

import os
import shutil
from pathlib import Path

import yaml

from harness.processes import Child, clean_environment, free_port, wait_until
from harness.service import Service
from harness.web import answers_ok

SHIPPED = Path(__file__).resolve().parents[2] / "compose" / "mimir"

# Mimir's key -> Cortex's, one or several.
RENAMED = {
    **{f"common.storage.{key}": (f"blocks_storage.{key}", f"ruler_storage.{key}")
       for key in ("backend", "s3.endpoint", "s3.bucket_name", "s3.insecure")},
    "multitenancy_enabled": "auth_enabled",
    "ingester.ring.instance_addr": "ingester.lifecycler.address",
    "ingester.ring.replication_factor": "ingester.lifecycler.ring.replication_factor",
}
# Mimir's key -> why Cortex needs none.
DROPPED = {
    "usage_stats.enabled": "Cortex reports its use to nobody",
    "activity_tracker.filepath": "Mimir's log of requests that a crash cut off",
    "blocks_storage.storage_prefix": "Cortex keeps blocks and rules apart in one bucket by itself",
    "ruler_storage.storage_prefix": "the same",
}
# What Mimir does by default, or does not have: one process finds itself without other servers, and is ready soon.
MIMIRS_DEFAULTS = {
    "distributor.shard_by_all_labels": True,
    "distributor.ring.kvstore.store": "inmemory",
    "ingester.lifecycler.ring.kvstore.store": "inmemory",
    "ingester.lifecycler.min_ready_duration": "0s",
    "ingester.lifecycler.final_sleep": "0s",
    "compactor.sharding_ring.kvstore.store": "inmemory",
    "ruler.ring.kvstore.store": "inmemory",
    "store_gateway.sharding_ring.kvstore.store": "inmemory",
    "alertmanager_storage.backend": "filesystem",
    "alertmanager_storage.filesystem.dir": "/data/alertmanager-configurations",
    "alertmanager.data_dir": "/data/alertmanager",
    "alertmanager.external_url": "http://127.0.0.1/alertmanager",
    "alertmanager.cluster.listen_address": "",
    "ruler.enable_api": True,
    "memberlist.bind_addr": ["127.0.0.1"],
    "frontend_worker.match_max_concurrent": True,
}


def flat(node, above=""):
    """Dotted key -> value."""
    found = {}
    for key, value in node.items():
        if isinstance(value, dict):
            found.update(flat(value, f"{above}{key}."))
        else:
            found[above + key] = value
    return found


def nested(settings):
    root = {}
    for key, value in settings.items():
        *folders, name = key.split(".")
        node = root
        for folder in folders:
            node = node.setdefault(folder, {})
        node[name] = value
    return root


def translated(path):
    """The settings of a file of Mimir's as Cortex has them, dotted key -> value."""
    settings = {}
    for key, value in flat(yaml.safe_load(path.read_text())).items():
        names = () if key in DROPPED else RENAMED.get(key, key)
        settings.update({name: value for name in ([names] if isinstance(names, str) else names)})
    return settings


class Cortex(Service):
    """A restart keeps ports and data. `changes`: dotted key of Cortex -> value."""

    def __init__(self, scratch, program, file="mimir.yml", changes=None, env=None):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._program = program
        self._folder = Path(scratch.folder("cortex"))
        settings = {**MIMIRS_DEFAULTS, **translated(SHIPPED / file), "server.http_listen_port": self.port,
                    "server.grpc_listen_port": free_port(), "memberlist.bind_port": free_port(), **(changes or {})}
        text = yaml.safe_dump(nested(settings))
        self._config = self._folder / "cortex.yml"
        self._config.write_text(text.replace("/data/", f"{self._folder}/"))
        self._env = clean_environment(**(env or {}))
        self.child = None

    def start(self):
        self.child = Child("Cortex", [self._program, f"-config.file={self._config}", "-config.expand-env=true",
                                      "-server.http-listen-address=127.0.0.1", "-server.grpc-listen-address=127.0.0.1"],
                           os.path.join(self._folder, "log"), cwd=self._folder, env=self._env)
        return self

    def begin(self):
        return self.start().wait_ready()

    def wait_ready(self):
        wait_until(lambda: answers_ok(f"{self.url}/ready"), 120, "Cortex was ready", [self.child])
        return self

    def stop(self):
        """Its exit status."""
        return self.child.stop(grace_seconds=60) if self.child else None

    def forget(self):
        """Its disk is lost. Only while it is stopped."""
        for path in self._folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
