# SPDX-License-Identifier: Apache-2.0
"""compose/mimir/ at work: Prometheus, Debian's and today's, writes through the gateway into Cortex, which runs Mimir's files. See cortex.py
for what is translated; Mimir's own query engine is not in it."""

import math
import time
from pathlib import Path

import pytest
import yaml

from bundle.shipped import recorded, rules
from harness.mimir_gateway import SHIPPED
from harness.processes import NotReady, wait_until
from harness.prometheus import RULES
from harness.scale_clock import scale_yaml
from harness.scratch import Scratch
from harness.web import request

from .cortex import DROPPED, RENAMED, Cortex, flat
from .writing import FACTOR, PATIENCE, gateway, prometheus, raw, timestamps, until_written

pytestmark = pytest.mark.xdist_group("cortex")

DEBIANS = "/usr/bin/prometheus"
RULES_TENANT = "with-rules"


@pytest.fixture(name="cortex", scope="module")
def cortex_with_our_rules(tool, scratch):
    """mimir.yml as shipped, plus the shipped rules, on the faster clock, for one tenant."""
    program = tool("cortex")
    folder = Path(scratch.folder("tenants"))
    (folder / RULES_TENANT).mkdir()
    for path in RULES.glob("*.yml"):
        (folder / RULES_TENANT / path.name).write_text(scale_yaml(path.read_text(), FACTOR))
    changes = {"ruler_storage.backend": "local", "ruler_storage.local.directory": str(folder), "ruler.evaluation_interval": f"{15 // FACTOR}s",
               "ruler.poll_interval": "5s", "ruler.for_grace_period": f"{600 // FACTOR}s"}
    with Cortex(scratch, program, changes=changes) as running:
        yield running


def test_the_tables_translate_only_what_is_there():
    shipped = {key for file in ("mimir.yml", "mimir-s3.yml") for key in flat(yaml.safe_load((SHIPPED / file).read_text()))}
    assert {*RENAMED, *DROPPED} <= shipped


def test_a_key_that_neither_the_table_nor_cortex_knows_is_refused(tool):
    with Scratch() as scratch, pytest.raises(NotReady, match="field no_such_key not found"):
        with Cortex(scratch, tool("cortex"), changes={"limits.no_such_key": 1}):
            pass


@pytest.mark.parametrize("program", ["debian", "today"])
def test_a_tenant_sees_its_own_samples_and_nobody_elses(cortex, target, tool, program):
    with gateway(cortex, f"tenant-{program}") as way, \
            prometheus(way, target, DEBIANS if program == "debian" else tool("prometheus")) as prom:
        until_written(way, prom)
        (series,) = way.query('o2o_orders_open')
        assert series["metric"] == {"__name__": "o2o_orders_open", "cluster": "o2o", "instance": target, "job": "o2o-exporter",
                                    "order_type": "DELIVERY", "status": "PREPARING"}
        assert float(series["value"][1]) == 50
        assert way.ask("query", "other", query='{__name__=~".+"}') == (200, {"resultType": "vector", "result": []})
        assert way.ask("label/__name__/values", "other") == (200, [])
        assert way.ask("query", "stranger", query="up")[0] == 401
        assert prom.number("sum(prometheus_remote_storage_samples_failed_total) or vector(0)") == 0


def test_who_says_no_tenant_is_refused(cortex):
    assert request(f"{cortex.url}/prometheus/api/v1/query?query=up")[0] == 401
    assert request(f"{cortex.url}/api/v1/push", "POST", b"")[0] == 401


def test_of_two_replicas_one_is_kept_and_the_other_takes_over(cortex, target, tool):
    """Debian's first, then today's."""
    with gateway(cortex, "pair") as way, prometheus(way, target, tool("prometheus"), "b") as second, \
            prometheus(way, target, DEBIANS, "a") as first:
        def scraped(prom):
            return timestamps(prom.query('up{job="o2o-exporter"}[1h]'))

        def kept():
            return timestamps(raw(way, 3600))

        wait_until(lambda: len(kept()) > 20 and scraped(first), PATIENCE, "samples arrived", [first.child, second.child], interval=0.5)
        for series in raw(way, 3600):
            assert series["metric"] == {"__name__": "up", "cluster": "o2o", "instance": target, "job": "o2o-exporter"}
        now = kept()
        leader, other = (second, first) if now <= scraped(second) else (first, second)
        assert now <= scraped(leader)
        assert deduplicated(cortex) > 0
        led = scraped(leader)  # which now and then is the very millisecond of the other
        leader.stop()
        wait_until(lambda: kept() & scraped(other) - led, PATIENCE, "the other was taken", [other.child], interval=0.5)


def deduplicated(cortex):
    _, _, body = request(f"{cortex.url}/metrics")
    lines = [line for line in body.decode().splitlines() if line.startswith("cortex_distributor_deduped_samples_total{")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if 'user="pair"' in line)


@pytest.mark.parametrize("end", ["asked to stop", "killed"])
def test_a_restart_loses_nothing(cortex, target, tool, end):
    """Neither what was there, nor what was scraped meanwhile."""
    with gateway(cortex, f"restart-{end[:5]}") as way, prometheus(way, target, tool("prometheus")) as prom:
        until_written(way, prom)
        wait_until(lambda: len(timestamps(raw(way, 3600))) > 10, PATIENCE, "there was something to lose", [prom.child], interval=0.5)
        at = max(timestamps(raw(way, 3600)))
        before = raw(way, 3600, at)
        if end == "killed":
            cortex.child.kill()
        else:
            cortex.stop()
        down = time.time()
        wait_until(lambda: max(timestamps(prom.query('up{job="o2o-exporter"}[1h]'))) > down + 3, PATIENCE, "scrapes meanwhile", [prom.child])
        up = time.time()
        cortex.start().wait_ready()
        assert raw(way, 3600, at) == before
        meanwhile = {moment for moment in timestamps(prom.query('up{job="o2o-exporter"}[1h]')) if at < moment <= up}
        assert len(meanwhile) >= 3
        wait_until(lambda: meanwhile <= timestamps(raw(way, 3600)), PATIENCE, "what was scraped meanwhile arrived", [prom.child, cortex.child],
                   interval=0.5)


def test_our_rules_answer_as_in_prometheus(cortex, target, tool):
    """Both evaluate them over the same samples, a moment apart; what Prometheus recorded is not sent."""
    def raw_only(config):
        config["remote_write"][0]["write_relabel_configs"] = [{"source_labels": ["__name__"], "regex": "ALERTS.*|.+:.+", "action": "drop"}]
        config["global"]["external_labels"] = {}  # so that recorded series have equal labels

    with gateway(cortex, RULES_TENANT) as way, prometheus(way, target, tool("prometheus"), edit=raw_only) as prom:
        until_written(way, prom)

        def values(query):
            return {tuple(sorted(series["metric"].items())): float(series["value"][1]) for series in query('{__name__=~".+:.+"}')}

        def differences():
            """Recorded series -> (in Prometheus, in Cortex), where these are not alike."""
            ours, theirs = values(prom.query), values(way.query)
            return {series: (ours.get(series), theirs.get(series)) for series in ours.keys() | theirs.keys()
                    if not alike(ours.get(series), theirs.get(series))}

        wait_until(lambda: ("O2OWatchdog", "none") in alerts(prom.alerts()), PATIENCE, "the first alert", [prom.child])
        try:
            wait_until(lambda: not differences(), PATIENCE, "all recorded series were alike", [prom.child, cortex.child], interval=1)
            wait_until(lambda: firing(way) == alerts(prom.alerts()) and len(firing(way)) > 4, PATIENCE, "the same alerts fired",
                       [prom.child, cortex.child], interval=1)
        except NotReady as error:
            raise AssertionError(f"{differences()}\n{firing(way)}\n{alerts(prom.alerts())}\n{error}") from error
        seen = {dict(series)["__name__"] for series in values(way.query)}
        assert seen <= recorded() and len(seen) > 60
        groups = way.ask("rules")[1]["groups"]
        assert sum(len(group["rules"]) for group in groups) == len(rules())
        assert prom.rules_with_errors() == []
        assert [rule["lastError"] for group in groups for rule in group["rules"] if rule.get("lastError")] == []


def firing(way):
    return alerts([alert["labels"] for alert in way.ask("alerts")[1]["alerts"] if alert["state"] == "firing"])


def alerts(labels):
    return {(each["alertname"], each["severity"]) for each in labels}


def alike(one, other):
    """A second's growth apart at most."""
    if one is None or other is None:
        return False
    return one == other or math.isnan(one) and math.isnan(other) or abs(one - other) <= 0.2 * max(abs(one), abs(other))
