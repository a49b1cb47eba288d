# SPDX-License-Identifier: Apache-2.0
"""Where no more threads can be started: said clearly, nothing crashes, nothing is half-started."""
import subprocess

import pytest

from harness.configured import Configured, source
from harness.exporter import program
from harness.preloaded import FewThreads, threads_of
from harness.processes import clean_environment, wait_until
from harness.scripted_server import Answer, ScriptedServer
from harness.stand import events
from harness.web import answers_ok

WORDS = "(ulimit -u, TasksMax)"


@pytest.fixture(name="few")
def limit_of_threads(scratch):
    return FewThreads(scratch)


@pytest.fixture(name="endpoint")
def answering_endpoint():
    with ScriptedServer(lambda _: Answer(b'[{"k":"a","v":1}]', headers={"Content-Type": "application/json"})) as endpoint:
        yield endpoint


class Limited(Configured):
    def __init__(self, scratch, few, *sources):
        super().__init__(scratch, *sources)
        self._env.update(few.env)

    def start_and_end(self):
        """(exit status, what it said) of one that must not come up."""
        ended = subprocess.run([program(), *self._argv], env=self._env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                               timeout=60, check=False)
        return ended.returncode, ended.stdout + ended.stderr


def test_start(scratch, few, endpoint):
    exporter = Limited(scratch, few, source("a", endpoint.url), source("b", endpoint.url))
    with exporter:
        exporter.wait_ready()
        whole = threads_of(exporter.child.pid)
    # None at all; some of those that come first; civetweb's; all but the last source's.
    for count in (0, 1, 2, 3, 4, 50, whole - 10, whole - 2, whole - 1):
        few.allow(count)
        status, said = exporter.start_and_end()
        assert status == 1, f"{count} of {whole} threads: {said}"
        assert WORDS in said and "internal error" not in said and "terminate" not in said, said
    few.allow(whole)
    with exporter:
        exporter.wait_ready()
        exporter.until(lambda: exporter.up("a") and exporter.up("b"), "both are polled")
        assert exporter.stop() == 0


def test_reload(scratch, few, endpoint):
    with Limited(scratch, few, source("a", endpoint.url)) as exporter:
        exporter.wait_ready()
        exporter.until(lambda: exporter.up("a"), "it is polled")
        before = threads_of(exporter.child.pid)
        few.allow(before + 1)  # of the two that the new ones want
        exporter.write(source("a", endpoint.url), source("b", endpoint.url), source("c", endpoint.url))
        assert exporter.reload()[0] == 500
        failed = events(exporter.child, "reload failed, keeping the previous configuration")
        assert len(failed) == 1 and WORDS in failed[0]["error"]
        wait_until(lambda: threads_of(exporter.child.pid) == before, 10, "the thread of the source that was not started ended")
        polls = exporter.polls("a")
        exporter.until(lambda: exporter.polls("a") > polls + 2, "the source is still polled")
        assert [row["source"] for row in exporter.sources()["sources"]] == ["a"] and answers_ok(f"{exporter.url}/-/ready")
        few.allow(None)
        assert exporter.reload()[0] == 200
        exporter.until(lambda: exporter.up("b") and exporter.up("c"), "the new ones are polled")


def test_stop_needs_none(scratch, few, endpoint):
    with Limited(scratch, few, source("a", endpoint.url)) as exporter:
        exporter.wait_ready()
        few.allow(0)
        assert exporter.stop() == 0
        assert "stopped" in exporter.child.log()


def test_ingest(stand, few):
    shop = stand()
    assert shop.exporter.stop() == 0
    shop.simulator.seed(20)
    run = [program(), "ingest", "--since", "1h", "--config.file", str(shop.config)]
    environment = clean_environment(OMS_URL=shop.simulator.url, OMS_API_KEY=shop.simulator.api_key, PG_DSN=shop.dsn, **few.env)
    few.allow(0)
    ended = subprocess.run(run, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1 and ended.stdout == ""
    assert WORDS in ended.stderr and "internal error" not in ended.stderr
    assert shop.sql("SELECT count(*)::int FROM fact_orders_monitoring") == [(0,)]
    few.allow(None)
    ended = subprocess.run(run, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0 and ended.stdout.startswith("inserted 20,"), ended.stderr
