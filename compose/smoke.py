#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Asks a started estate from outside whether it works: targets are up, rules are loaded, dashboards are the ones of this repository,
samples reach Mimir, and an alert was delivered. Needs Python 3.9 and nothing else; changes nothing, and sends nobody a message.

Without flags it asks what compose.yml runs here, on the ports of compose/.env. An empty address leaves a part out. Waits up to
--wait seconds for each, since a start takes its time. Exit status 0 where everything works."""

import argparse
import base64
import json
import re
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

COMPOSE = Path(__file__).resolve().parent
ROOT = COMPOSE.parent
EXPORTER_JOB = "o2o-exporter"
WATCHDOG = "O2OWatchdog"
FRESH_SECONDS = 300

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Problem(Exception):
    """What is wrong, in one sentence or several lines."""


def fetch(url, login=None, fine=(200,)):
    """(status, text) of an answer with one of the statuses `fine`."""
    headers = {"Authorization": "Basic " + base64.b64encode(":".join(login).encode()).decode()} if login else {}
    try:
        with _opener.open(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        if error.code in fine:
            return error.code, error.read().decode()
        raise Problem(f"{url} answered {error.code}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(f"{url}: {getattr(error, 'reason', error)}") from error


def fetch_json(url, login=None, fine=(200,)):
    _, text = fetch(url, login, fine)
    try:
        return json.loads(text)
    except ValueError as error:
        raise Problem(f"{url} answered no JSON") from error


def exporter(url):
    status, text = fetch(f"{url}/ready", fine=(200, 503))
    if status != 200:
        raise Problem(f"{url}/ready: not ready: {text.strip()[:500]}")
    return "ready"


def targets(url):
    active = fetch_json(f"{url}/api/v1/targets?state=active")["data"]["activeTargets"]
    down = [f"{target['labels']['job']} {target['labels']['instance']} is {target['health']}: {target['lastError'] or 'not scraped yet'}"
            for target in active if target["health"] != "up"]
    if EXPORTER_JOB not in {target["labels"]["job"] for target in active}:
        down.append(f"there is no target of the job {EXPORTER_JOB}")
    if down:
        raise Problem("\n".join(down))
    return f"all {len(active)} are up"


def shipped_rules(folder):
    """Names of all rules of the files, each as often as it is there."""
    files = sorted(Path(folder).glob("*.yml"))
    return [name for path in files for name in re.findall(r"^ +- (?:alert|record): *(\S+)", path.read_text(), re.M)]


def rules(url, folder):
    groups = fetch_json(f"{url}/api/v1/rules")["data"]["groups"]
    loaded = [rule for group in groups for rule in group["rules"]]
    names = [rule["name"] for rule in loaded]
    expected = shipped_rules(folder)
    if not expected:
        raise Problem(f"there are no rules in {folder}")
    problems = [f"{name} is loaded {names.count(name)} times, the files have it {expected.count(name)} times"
                for name in sorted(set(expected)) if names.count(name) != expected.count(name)]
    problems += [f"{rule['name']} cannot be evaluated: {rule['lastError']}" for rule in loaded if rule.get("lastError")]
    if problems:
        raise Problem("\n".join(problems))
    return f"all {len(expected)} are loaded"


def heard(prometheus, alertmanager):
    """The watchdog, which always fires, on its way."""
    if not fetch_json(f"{prometheus}/api/v1/alertmanagers")["data"]["activeAlertmanagers"]:
        raise Problem("Prometheus knows no Alertmanager")
    if WATCHDOG not in {alert["labels"].get("alertname") for alert in fetch_json(f"{alertmanager}/api/v2/alerts")}:
        raise Problem(f"{WATCHDOG} has not reached Alertmanager")
    return f"{WATCHDOG} reached Alertmanager"


def delivered(alertmanager):
    """By requests: alertmanager_notifications_total counts what was begun, and its failures only once Alertmanager gives up."""
    _, text = fetch(f"{alertmanager}/metrics")
    sent, failed = ({}, {})
    for counts, name in ((sent, "alertmanager_notification_requests_total"), (failed, "alertmanager_notification_requests_failed_total")):
        for integration, value in re.findall(rf'^{name}{{[^}}]*\bintegration="([^"]+)"[^}}]*}} (\S+)$', text, re.M):
            counts[integration] = counts.get(integration, 0) + float(value)
    arrived = {integration: count - failed.get(integration, 0) for integration, count in sent.items() if count}
    nowhere = [integration for integration, count in arrived.items() if count <= 0]
    if nowhere:
        raise Problem(f"nothing that was sent by {', '.join(nowhere)} arrived: Alertmanager's log says why")
    if not arrived:
        raise Problem("Alertmanager has sent nothing yet")
    return ", ".join(f"{count:.0f} by {integration}" for integration, count in arrived.items())


def dashboards(url, login, folder):
    """Also after an upgrade over old volumes: Grafana keeps what was there under a file's path, if the file got another uid."""
    problems = []
    files = sorted(Path(folder).glob("*.json"))
    for path in files:
        model = json.loads(path.read_text())
        try:
            found = fetch_json(f"{url}/api/dashboards/uid/{model['uid']}", login)["dashboard"]
        except Problem as problem:
            problems.append(f"{path.name}: {problem}")
            continue
        if (found.get("title"), len(found.get("panels", []))) != (model["title"], len(model["panels"])):
            problems.append(f"{path.name}: Grafana shows another version of it")
    if not files:
        problems.append(f"there are no dashboards in {folder}")
    if problems:
        raise Problem("\n".join(problems))
    return f"all {len(files)} are there"


def data_sources(url, login, folder):
    uids = [uid for path in sorted(Path(folder).glob("*.yml")) for uid in re.findall(r"^ +uid: *(\S+)", path.read_text(), re.M)]
    problems = []
    for uid in uids:
        answer = fetch_json(f"{url}/api/datasources/uid/{uid}/health", login, fine=(200, 400, 404, 500))
        # Alertmanager's plugin has no check of its own.
        if answer.get("status") != "OK" and "alertmanager" not in uid:
            problems.append(f"{uid}: {answer.get('message', answer)}")
    if problems:
        raise Problem("\n".join(problems))
    return f"all {len(uids)} answer"


def long_term(url, login):
    found = fetch_json(f"{url}/prometheus/api/v1/query?query=timestamp(up%7Bjob%3D%22{EXPORTER_JOB}%22%7D)", login)["data"]["result"]
    if not found:
        raise Problem(f"Mimir has no sample of {EXPORTER_JOB}")
    age = time.time() - max(float(series["value"][1]) for series in found)
    if age > FRESH_SECONDS:
        raise Problem(f"Mimir's newest sample of {EXPORTER_JOB} is {age:.0f} s old")
    return "samples arrive"


def settle(name, check, deadline):
    """Tries until it is well, or the time is over. Whether it is well; prints how it ended."""
    while True:
        try:
            print(f"ok      {name}: {check()}", flush=True)
            return True
        except Problem as problem:
            if time.monotonic() >= deadline:
                print(f"FAILED  {name}: " + "\n        ".join(str(problem).splitlines()), flush=True)
                return False
        time.sleep(1)


def settings():
    """What compose/.env says, beside compose.yml's defaults."""
    found = {"O2O_EXPORTER_PORT": "9847", "PROMETHEUS_PORT": "9090", "ALERTMANAGER_PORT": "9093", "GRAFANA_PORT": "3000",
             "MIMIR_PORT": "9009", "O2O_BIND": "127.0.0.1"}
    path = COMPOSE / ".env"
    if path.exists():
        found.update(re.findall(r"^([A-Z_0-9]+)=(\S+) *$", path.read_text(), re.M))
    if found["O2O_BIND"] == "0.0.0.0":
        found["O2O_BIND"] = "127.0.0.1"
    return found


def parse_flags():
    here = settings()
    secrets = COMPOSE / here.get("O2O_SECRETS", "secrets")
    parser = argparse.ArgumentParser(prog="smoke.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for part, port in (("exporter", "O2O_EXPORTER_PORT"), ("prometheus", "PROMETHEUS_PORT"), ("alertmanager", "ALERTMANAGER_PORT"),
                       ("grafana", "GRAFANA_PORT"), ("mimir", "MIMIR_PORT")):
        parser.add_argument(f"--{part}", default=f"http://{here['O2O_BIND']}:{here[port]}", metavar="URL")
    parser.add_argument("--grafana-password-file", default=secrets / "grafana_admin_password", metavar="FILE", help="of the user admin")
    parser.add_argument("--mimir-password-file", default=secrets / "mimir_grafana_password", metavar="FILE", help="of the user grafana")
    parser.add_argument("--rules", default=ROOT / "rules", metavar="FOLDER")
    parser.add_argument("--dashboards", default=ROOT / "grafana" / "dashboards", metavar="FOLDER")
    parser.add_argument("--wait", type=float, default=180, metavar="SECONDS")
    return parser.parse_args()


def login(user, path):
    try:
        return user, Path(path).read_text().strip()
    except OSError as error:
        raise Problem(f"{path}: {error.strerror}") from error


def checks(flags):
    """(name, check) of the parts that have an address."""
    if flags.exporter:
        yield "exporter", lambda: exporter(flags.exporter)
    if flags.prometheus:
        yield "targets", lambda: targets(flags.prometheus)
        yield "rules", lambda: rules(flags.prometheus, flags.rules)
    if flags.prometheus and flags.alertmanager:
        yield "alerts", lambda: heard(flags.prometheus, flags.alertmanager)
    if flags.alertmanager:
        yield "messages", lambda: delivered(flags.alertmanager)
    if flags.mimir:
        yield "long-term store", lambda: long_term(flags.mimir, login("grafana", flags.mimir_password_file))
    if flags.grafana:
        yield "dashboards", lambda: dashboards(flags.grafana, login("admin", flags.grafana_password_file), flags.dashboards)
        yield "data sources", lambda: data_sources(flags.grafana, login("admin", flags.grafana_password_file),
                                                   ROOT / "grafana" / "provisioning" / "datasources")


def main():
    flags = parse_flags()
    deadline = time.monotonic() + flags.wait
    done = [settle(name, check, deadline) for name, check in checks(flags)]
    if not done:
        print("smoke.py: every address is empty: nothing was asked", file=sys.stderr)
    return 0 if done and all(done) else 1


if __name__ == "__main__":
    sys.exit(main())
