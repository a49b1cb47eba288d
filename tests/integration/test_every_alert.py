# SPDX-License-Identifier: Apache-2.0
"""Each shipped alert is led from quiet to firing, delivered and resolved by a test that every_alert.tsv names; here those on others'
exporters, on Prometheus and on Alertmanager. See harness/every_alert.py."""

import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml
from bundle.shipped import alerts

from harness.every_alert import FACTOR, Way, in_rhythm, shown_in, table
from harness.prometheus import Prometheus
from harness.recorded_exporters import RecordedExporters
from harness.scratch import Scratch
from harness.scripted_server import Answer, ScriptedServer

HERE = Path(__file__)
DAY = 86400
WATCHDOG = ("O2OWatchdog", "none")
# A sum of two addresses that nobody can make: every evaluation fails.
FAILING_RULES = "groups: [{name: failing, rules: [{record: 'failing:sum', expr: 'up + on () up'}]}]\n"


def test_the_table_names_every_alert_once():
    rows = [(row["alert"], row["severity"]) for row in table()]
    assert sorted(rows) == sorted((alert["alert"], alert["labels"]["severity"]) for alert in alerts())


@pytest.mark.parametrize("row", table(), ids=lambda row: f"{row['alert']}-{row['severity']}")
def test_the_test_that_the_table_names_shows_it(row):
    assert row["how"]
    text = HERE.with_name(f"{row['test']}.py").read_text()
    by_table = all(line in text for line in ("shown_in(", "until_fired(expected)", "until_resolved(expected)"))
    assert by_table or all(f'until_notified("{row["alert"]}", "{status}"' in text for status in ("firing", "resolved"))


class LongTermStore(ScriptedServer):
    """Takes samples, at any path. On request /refuses refuses them for good, and /hangs does not answer."""

    def __init__(self):
        super().__init__(self._take)
        self.refuses = False
        self.answers = threading.Event()
        self.answers.set()

    def remote_write(self):
        return [{"name": name, "url": f"{self.url}/{name}", "remote_timeout": "5m"} for name in ("refuses", "hangs")]

    def _take(self, asked):
        if asked.path == "/hangs":
            self.answers.wait()
        return Answer(b"", 400 if self.refuses and asked.path == "/refuses" else 204)


class Estate(Way):
    def __init__(self, stack, scratch):
        super().__init__(scratch)
        self.others = stack.enter_context(RecordedExporters(newer=True))
        self.store = stack.enter_context(LongTermStore())
        stack.callback(self.store.answers.set)
        self.replica = stack.enter_context(
            Prometheus(scratch, {}, self.alertmanager.address, FACTOR, replica="b", edit=self._idle))

    @staticmethod
    def _idle(config):
        config.update(rule_files=[], scrape_configs=[])

    def watch(self, scratch):
        doubles = [*self.others.scrape_configs(),
                   {"job_name": "replica", "static_configs": [{"targets": [self.replica.url.removeprefix("http://")]}]}]
        # Seconds of samples' time, which is the fast clock's.
        limits = {"remote_write_behind_seconds": 120 / FACTOR}
        return Prometheus(scratch, {"alertmanager": self.alertmanager.address}, self.alertmanager.address, FACTOR,
                          doubles=doubles, edit=self._writing, limits=limits)

    def behind(self):
        labels = [alert["labels"] for alert in self.receiver.alerts()]
        return {each["remote_name"] for each in labels if each["alertname"] == "O2ORemoteWriteBehind"}

    def _writing(self, config):
        in_rhythm()(config)
        config["remote_write"] = self.store.remote_write()


@pytest.fixture(name="estate")
def running_estate():
    with Scratch() as scratch, ExitStack() as stack:
        estate = stack.enter_context(Estate(stack, scratch))
        estate.prometheus = stack.enter_context(estate.watch(scratch))
        yield estate


def without_alertmanagers(text):
    config = yaml.safe_load(text)
    del config["alerting"]
    return yaml.safe_dump(config)


def break_everything(estate):
    estate.others.set({
        "node_memory_MemAvailable_bytes": 1e9,  # of 25
        "node_filesystem_avail_bytes": 1e10,  # of 270
        "pg_up": 0, 'pg_stat_activity_count{datname="o2o",server="127.0.0.1:5432",state="idle"}': 90,  # of 100
        "redis_up": 0, "redis_memory_used_bytes": 1e8, "redis_key_size": 1500,
        "mongodb_up": 0,
        "probe_success": 0, "probe_ssl_earliest_cert_expiry": time.time() + 10 * DAY,
        "prometheus_remote_storage_queue_highest_sent_timestamp_seconds": 1.7e9,
    })
    estate.others.grow({'http_requests_total{code="500"': 20,
                        **{f'http_request_duration_seconds_bucket{{handler="/orders",method="get",le="{le}"': 20 for le in ("2.5", "+Inf")}})
    estate.store.refuses = True
    estate.store.answers.clear()
    estate.replica.reload(without_alertmanagers)
    estate.receiver.refused = {"o2o-watchdog"}
    estate.alertmanager.reload(lambda text: text + "\nreceiver: none\n")
    estate.prometheus.reload(rules=FAILING_RULES)
    estate.until(lambda: estate.prometheus.number('prometheus_rule_evaluation_failures_total{rule_group=~".*failing"} > 0'),
                 "the failing rules were read")
    estate.prometheus.reload(lambda text: text + "\nnone: none\n", FAILING_RULES)


def recover(estate):
    estate.others.recover()
    estate.store.refuses = False
    estate.store.answers.set()
    estate.replica.reload()
    estate.receiver.refused = set()
    estate.alertmanager.reload()
    estate.prometheus.reload()


def test_alerts_from_other_exporters_and_from_the_servers_themselves(estate):
    expected = shown_in(HERE.stem) - {WATCHDOG}
    estate.until(lambda: all(estate.prometheus.target_health().values()), "everybody was scraped")
    estate.until(lambda: estate.prometheus.number("job:http_request_duration_seconds:p95_5m"), "the rules had results")
    estate.until(lambda: estate.receiver.times("O2OWatchdog") >= 2, "the Watchdog was delivered, and once more")
    estate.until_quiet(expected)

    break_everything(estate)
    estate.until_fired(expected)
    estate.until(lambda: {"hangs", "mimir"} <= estate.behind(), "both are behind, by this Prometheus' names and by a newer one's")
    recover(estate)
    estate.until_resolved(expected)
