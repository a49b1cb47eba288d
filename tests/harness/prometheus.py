# SPDX-License-Identifier: Apache-2.0
"""Debian's Prometheus with the shipped configuration and rules. Changed are where they point to and, by
scale_clock, how long everything takes."""

import glob
import os
import re
import signal
import subprocess
from fractions import Fraction
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import yaml

from .processes import Child, NotReady, clean_environment, free_port, wait_until
from .scale_clock import scale_duration, scale_yaml
from .service import Service
from .web import answers_ok, get_json

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "compose" / "prometheus.yml"
RULES = ROOT / "rules"
LIMITS = f"{RULES}/o2o-limits.yml"

# Durations that Prometheus keeps in flags, with its defaults: a faster clock has to reach them too.
FLAGS = {"--query.lookback-delta": "5m", "--rules.alert.resend-delay": "1m", "--rules.alert.for-grace-period": "10m",
         "--rules.alert.for-outage-tolerance": "1h"}


class Prometheus(Service):
    """`targets`: job name -> "host:port", or the job's static_configs. Jobs of the shipped file that get none are left out,
    and `left_out` names them; a target whose job the file does not have is an error. `remote_write`: the "host:port" to write to; without it
    nothing is written. `secrets`: the folder instead of /run/secrets. `replica`: which of several it is. `doubles`:
    further scrape configurations, of jobs that `targets` does not name. `history`: a file of OpenMetrics with the times of
    weeks past, which it begins with. `program`: another one than the first in PATH. `edit`: changes the configuration
    before it is written, given as what YAML makes of it. `limits`: name in o2o-limits.yml -> its value."""

    def __init__(self, scratch, targets, alertmanager=None, factor=1, remote_write=None, secrets=None,
                 replica=None, doubles=(), history=None, program="prometheus", edit=None, limits=None):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.left_out = []
        self._folder = scratch.folder(f"prometheus{replica or ''}")
        self.data = f"{self._folder}/data"
        self._targets = {"prometheus": f"127.0.0.1:{self.port}", **targets}
        self._alertmanager = alertmanager
        self._factor = Fraction(factor)
        self._remote_write = remote_write
        self._secrets = secrets
        self._replica = replica
        self._doubles = list(doubles)
        self._history = history
        self._program = program
        self._edit = edit
        self._limits = limits or {}
        self._configuration = None
        self.child = None

    def start(self):
        self._write_files()
        if self._history:
            subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=24h", "--quiet",
                            self._history, self.data], check=True, timeout=120)
            self._history = None  # once, however often it is started
        flags = [f"{flag}={scale_duration(default, self._factor)}" for flag, default in FLAGS.items()]
        environment = None
        if self._replica:
            flags.append("--enable-feature=expand-external-labels")  # what Prometheus 3 always does
            environment = clean_environment(O2O_REPLICA=self._replica)
        self.child = Child("Prometheus", [
            self._program, f"--config.file={self._folder}/prometheus.yml", f"--storage.tsdb.path={self.data}",
            # Links in messages lead here, not to a name of this machine that nobody may know.
            f"--web.listen-address=127.0.0.1:{self.port}", f"--web.external-url=http://127.0.0.1:{self.port}/", "--storage.tsdb.retention.time=35d", *flags,
        ], os.path.join(self._folder, "log"), cwd=self._folder, env=environment)
        wait_until(lambda: answers_ok(f"{self.url}/-/ready"), 60, "Prometheus was ready", [self.child])
        return self

    def stop(self):
        if self.child:
            self.child.stop()

    def reload(self, change=lambda text: text, rules=None):
        """Reads its configuration again, as `change` makes it of the one it began with, and `rules`, the text of a further file of them."""
        more = Path(self._folder, "rules", "more.yml")
        if rules:
            more.write_text(rules)
        else:
            more.unlink(missing_ok=True)
        Path(self._folder, "prometheus.yml").write_text(change(self._configuration))
        self.child.send(signal.SIGHUP)

    def query(self, expr):
        """The result of an instant query: a list of {"metric": {...}, "value": [time, text]}."""
        return self._get("query", query=expr)["result"]

    def number(self, expr):
        """The value of a query that gives one series; None where it gives none."""
        result = self.query(expr)
        return float(result[0]["value"][1]) if result else None

    def target_health(self):
        """Job name -> whether all its targets are up."""
        health = {}
        for target in self._get("targets", state="active")["activeTargets"]:
            job = target["labels"]["job"]
            health[job] = health.get(job, True) and target["health"] == "up"
        return health

    def metadata(self, name):
        """What each target says of the metric: a list of {"target": {...}, "type": ..., "help": ...}."""
        return self._get("targets/metadata", metric=name)

    def alerts(self, state="firing"):
        """Label sets of the alerts in that state."""
        return [alert["labels"] for alert in self._get("alerts")["alerts"] if alert["state"] == state]

    def rules_with_errors(self):
        """"name: error" of every rule whose last evaluation failed."""
        return [f"{rule['name']}: {rule['lastError']}"
                for group in self._get("rules")["groups"] for rule in group["rules"] if rule.get("lastError")]

    def _get(self, what, **parameters):
        return get_json(f"{self.url}/api/v1/{what}?{urlencode(parameters)}")["data"]

    def _write_files(self):
        rules = os.path.join(self._folder, "rules")
        os.makedirs(rules, exist_ok=True)
        shipped = glob.glob(f"{RULES}/*.yml")
        if not shipped:
            raise NotReady(f"there are no rules in {RULES}")
        for path in shipped:
            text = Path(path).read_text()
            if path == LIMITS:
                text = _with_limits(text, self._limits)
            Path(rules, os.path.basename(path)).write_text(scale_yaml(text, self._factor))
        text = CONFIG.read_text()
        if self._secrets:
            text = text.replace("/run/secrets", self._secrets)
        config = yaml.safe_load(scale_yaml(text, self._factor))
        # Two thirds of an interval are a sixth of a second on the fast clock: too little on a busy machine.
        config["global"]["scrape_timeout"] = config["global"]["scrape_interval"]
        config["rule_files"] = [f"{rules}/*.yml"]
        kept = []
        for job in config["scrape_configs"]:
            name = job["job_name"]
            if name in self._targets:
                kept.append({**_without_discovery(job), "static_configs": _static_configs(self._targets.pop(name))})
            else:
                self.left_out.append(name)
        self._targets.pop("prometheus", None)
        if self._targets:
            raise NotReady(f"{CONFIG.name} has no scrape job named {', '.join(self._targets)}")
        config["scrape_configs"] = kept + self._doubles
        alertmanagers = config.get("alerting", {}).get("alertmanagers", [])
        if self._alertmanager:
            if not alertmanagers:
                raise NotReady(f"{CONFIG.name} has no alerting.alertmanagers")
            config["alerting"]["alertmanagers"] = [
                {**_without_discovery(alertmanagers[0]), "static_configs": [{"targets": [self._alertmanager]}]}]
        else:
            config.pop("alerting", None)
        if self._remote_write:
            for remote in config["remote_write"]:
                remote["url"] = urlsplit(remote["url"])._replace(netloc=self._remote_write).geturl()
        else:
            config.pop("remote_write", None)
        if self._edit:
            self._edit(config)
        self._configuration = yaml.safe_dump(config, sort_keys=False)
        Path(self._folder, "prometheus.yml").write_text(self._configuration)


def _with_limits(text, limits):
    """As somebody edits the file who has others."""
    for name, value in limits.items():
        text, found = re.subn(rf"(record: o2o:limit:{name}\n\s+expr: )\S+", rf"\g<1>{value}", text)
        if found != 1:
            raise NotReady(f"the limit {name} appears {found} times in the file, not once")
    return text


def _static_configs(target):
    return [{"targets": [target]}] if isinstance(target, str) else target


def _without_discovery(entry):
    return {key: value for key, value in entry.items() if not key.endswith("_sd_configs")}
