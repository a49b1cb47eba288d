# SPDX-License-Identifier: Apache-2.0
"""compose.yml as Docker Compose understands it: variables with their defaults, which service reaches which, what is mounted."""

import re
from copy import deepcopy
from functools import cache
from pathlib import Path

import yaml

from bundle.shipped import ROOT

FOLDER = ROOT / "compose"
COMPOSE = FOLDER / "compose.yml"
STAGING = FOLDER / "compose.staging.yml"
EXAMPLE = FOLDER / ".env.example"
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?:(:?[-?])([^}]*))?\}")

# What listens where, of services whose health check does not say it.
PORTS = {"postgres": 5432, "mimir": 8080, "mongodb-exporter": 9216, "o2o-exporter": 9847}


@cache
def _parsed(path):
    return yaml.safe_load(path.read_text())


def model(path=COMPOSE):
    """For the caller to change."""
    return deepcopy(_parsed(path))


def services():
    return model()["services"]


def is_task(service):
    """Runs once, before others."""
    return service["restart"] == "no"


def variables(text):
    """Name -> default, or None where there is none; of all `${NAME}`."""
    return {name: default if operator in ("-", ":-") else None for name, operator, default in VARIABLE.findall(text)}


def with_defaults(text):
    return VARIABLE.sub(lambda found: found.group(3) if found.group(2) in ("-", ":-") else "", text)


def binds(service):
    """(source, target) of each file or folder of this machine that is mounted."""
    found = []
    for volume in service.get("volumes", []):
        source, target = volume.split(":")[:2] if "${" not in volume else re.match(r"(.*\$\{[^}]*\}[^:]*):([^:]*)", volume).groups()
        if source.startswith((".", "/")):
            found.append((source, target))
    return found


def mounted(service, target):
    """The file in the repository that the container sees at `target`."""
    for source, place in binds(service):
        if source.startswith(".") and (target == place or target.startswith(place + "/")):
            return Path(FOLDER, with_defaults(source), target[len(place):].lstrip("/"))
    raise AssertionError(f"nothing is mounted at {target}")


def networks(service):
    """Network -> the further names in it."""
    named = service.get("networks") or {}
    return {name: (options or {}).get("aliases", []) for name, options in
            (named.items() if isinstance(named, dict) else ((name, None) for name in named))}


def port_of(name):
    if name in PORTS:
        return PORTS[name]
    return int(re.search(r"http://127\.0\.0\.1:(\d+)", str(services()[name]["healthcheck"]["test"])).group(1))


def reached(client, host):
    """The service that `client` finds under this name: they have to share a network."""
    common = networks(services()[client])
    for name, service in services().items():
        for network, aliases in networks(service).items():
            if network in common and host in (name, *aliases):
                return name
    raise AssertionError(f"{client} reaches nothing that is called {host}")
