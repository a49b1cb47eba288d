# SPDX-License-Identifier: Apache-2.0
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.processes import Child, NotReady, clean_environment, free_port, gone, wait_until
from harness.scratch import Scratch

TESTS = Path(__file__).resolve().parents[1]


def test_stop_asks_first(tmp_path):
    child = Child("polite", ["/bin/sh", "-c", "trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.05; done"],
                  tmp_path / "log")
    wait_until(lambda: "up" in child.log(), 10, "it said up", [child])
    assert child.running() and child.status_words() == "still running"
    assert child.stop() == 3
    assert child.log() == "up\nbye\n"
    assert child.stop() == 3


def test_stop_kills_the_deaf_and_their_children(tmp_path):
    child = Child("deaf", ["/bin/sh", "-c", "trap '' TERM; sleep 300 & echo $!; wait; sleep 300"], tmp_path / "log")
    grandchild = int(wait_until(lambda: child.log().strip(), 10, "it named its child", [child]))
    assert child.stop(grace_seconds=0.2) == -signal.SIGKILL
    assert child.status_words() == "signal SIGKILL"
    wait_until(lambda: gone(grandchild), 5, "its child ended")


def test_wait_until_reports_an_early_end_with_the_log(tmp_path):
    child = Child("hasty", ["/bin/sh", "-c", "echo no such file >&2; exit 7"], tmp_path / "log")
    with pytest.raises(NotReady) as raised:
        wait_until(lambda: False, 10, "it answered", [child])
    assert "hasty ended with exit status 7 before it answered" in str(raised.value)
    assert "no such file" in str(raised.value)
    child.stop()


def test_wait_until_has_a_deadline():
    with pytest.raises(NotReady, match="the sun rose: not within 0.2 s"):
        wait_until(lambda: False, 0.2, "the sun rose")


def test_free_ports_differ_from_taken_ones():
    ports = [free_port() for _ in range(20)]
    assert len(set(ports)) == len(ports)
    assert all(1024 < port < 32768 for port in ports)


def test_children_see_no_proxy_and_no_other_database(monkeypatch):
    monkeypatch.setenv("PGHOST", "db.example")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    monkeypatch.setenv("http_proxy", "http://proxy.example")
    names = clean_environment(PG_DSN="x").keys()
    assert "PG_DSN" in names and "PATH" in names
    assert not {"PGHOST", "HTTPS_PROXY", "http_proxy"} & names


KILLED_PARENT = """
import sys, time
sys.path.insert(0, sys.argv[1])
from harness.processes import Child
from harness.scratch import Scratch
scratch = Scratch("o2o-test-")
child = Child("child", ["/bin/sleep", "300"], scratch.file("log"))
print(child.pid, scratch.path, flush=True)
time.sleep(300)
"""


def test_nothing_survives_a_killed_parent():
    with subprocess.Popen([sys.executable, "-c", KILLED_PARENT, str(TESTS)], stdout=subprocess.PIPE, text=True) as parent:
        pid, folder = parent.stdout.readline().split()
        assert not gone(pid) and os.path.isdir(folder)
        parent.kill()
    wait_until(lambda: gone(pid), 10, "the child ended")
    wait_until(lambda: not os.path.exists(folder), 10, "the folder disappeared")


def test_scratch_is_removed_at_the_end_with_all_in_it():
    with Scratch() as scratch:
        Path(scratch.folder("deep"), "file").write_text("x")
        path = scratch.path
        assert os.path.isdir(path) and len(path) < 90
    assert not os.path.exists(path)


def test_scratch_stays_short_where_tmpdir_is_long(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / ("x" * 100)))
    with Scratch() as scratch:
        assert scratch.path.startswith("/tmp/o2o-")


def test_stopping_takes_no_longer_than_it_needs(tmp_path):
    child = Child("quick", ["/bin/sleep", "300"], tmp_path / "log")
    started = time.monotonic()
    child.stop(grace_seconds=60)
    assert time.monotonic() - started < 30
