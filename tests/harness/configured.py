# SPDX-License-Identifier: Apache-2.0
"""An exporter whose configuration a test writes, and writes anew."""
import json

from .exporter import Exporter
from .processes import wait_until
from .web import request


def source(name, url, interval="500ms", **more):
    return {"name": name, "interval": interval, "timeout": more.pop("timeout", "400ms"), "stale_after": "7d",
            "json": {"url": f"{url}/{name}", **more},
            "metrics": [{"name": f"rows_of_{name.replace('-', '_')}", "help": "Rows.", "labels": {"k": "k"}, "value": "v"}]}


class Configured(Exporter):
    """An exporter whose configuration is written anew by write()."""

    def __init__(self, scratch, *sources, **more):
        super().__init__(scratch, config=scratch.file("reload.yml"))
        self.write(*sources, **more)

    def write(self, *sources, store=None):
        whole = {"sources": list(sources)}
        if store:
            whole = {"store": store["store"], "sources": store["sources"] + whole["sources"]}
        with open(self.config, "w", encoding="utf-8") as file:
            json.dump(whole, file)

    def reload(self, headers=None):
        status, _, body = request(f"{self.url}/-/reload", "POST", headers=headers, seconds=30)
        return status, body.decode()

    def until(self, condition, what):
        wait_until(condition, 30, what, [self.child])

    def polls(self, name):
        return self.samples().value("o2o_source_polls_total", source=name)

    def up(self, name):
        return self.samples().value("o2o_source_up", source=name) == 1
