# SPDX-License-Identifier: Apache-2.0
"""The operator of airflow/dags, loaded with stand-ins for the few names that it takes from Airflow: what a job is started with, what its end is taken for, and
that it can be ended. `make conformance` has the real Airflow."""

import importlib.util
import logging
import signal
import subprocess
import sys
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import ModuleType, SimpleNamespace

import psycopg2.extensions
import pytest

from bundle.shipped import ROOT
from harness.processes import gone, wait_until

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=timezone.utc)


class Operator:
    def __init__(self, task_id, **_):
        self.task_id = task_id
        self.log = logging.getLogger("task")


def connection(**parts):
    return SimpleNamespace(**{"host": None, "port": None, "schema": None, "login": None, "password": None, "extra_dejson": {}, **parts})


DATABASE = connection(host="db", schema="o2o", login="o2o_batch", password="p%:w/d @1")


class Failure(Exception):
    pass


class FinalFailure(Exception):
    pass


class NotFound(Exception):
    pass


@pytest.fixture(name="module")
def loaded(monkeypatch):
    """With `module.connections`, id -> connection."""
    connections = {"o2o_database": DATABASE}

    class Hook:
        @staticmethod
        def get_connection(name):
            if name not in connections:
                raise NotFound(name)
            return connections[name]

    names = {
        "airflow": {}, "airflow.timetables": {},
        "airflow.sdk": {"Asset": str, "BaseHook": Hook, "BaseOperator": Operator},
        "airflow.sdk.exceptions": {"AirflowException": Failure, "AirflowFailException": FinalFailure, "AirflowNotFoundException": NotFound},
        "airflow.timetables.interval": {"CronDataIntervalTimetable": lambda cron, timezone: (cron, timezone)},
    }
    for name, content in names.items():
        stand_in = ModuleType(name)
        stand_in.__dict__.update(content)
        monkeypatch.setitem(sys.modules, name, stand_in)
    spec = importlib.util.spec_from_file_location("o2o_batch_job_alone", ROOT / "airflow" / "dags" / "o2o_batch_job.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.connections = connections
    return module


@pytest.fixture(name="run")
def scripted(module, monkeypatch, tmp_path, caplog):
    """run(script, **options of BatchJob): the lines of the task's log after `script` ran instead of batch/run."""
    caplog.set_level(logging.INFO)
    monkeypatch.setenv("O2O_BATCH", str(tmp_path))

    def run(script, **options):
        (tmp_path / "run").write_text("#!/bin/bash\n" + script)
        (tmp_path / "run").chmod(0o755)
        module.BatchJob(job="a_job", **options).execute({"dag_run": SimpleNamespace(data_interval_start=NOW, data_interval_end=NOW + timedelta(minutes=5))})
        return caplog.text.splitlines()

    return run


@pytest.mark.parametrize("start, hours, minutes", [
    (NOW - timedelta(minutes=5), 2, 125), (NOW - timedelta(minutes=5, seconds=1), 2, 126), (NOW - timedelta(days=3), 1, 3 * 1440 + 60),
    (None, 2, 120), (NOW + timedelta(hours=1), 2, 120), (NOW, 0.1, 6)])
def test_a_run_looks_back_from_the_beginning_of_its_interval(module, start, hours, minutes):
    assert module.minutes_back(start, hours, NOW) == minutes


@pytest.mark.parametrize("parts, seen", [
    ({"host": "db", "port": 6432, "schema": "o2o", "login": "a", "password": "p%:w/d @1?&'"},
     {"host": "db", "port": "6432", "dbname": "o2o", "user": "a", "password": "p%:w/d @1?&'"}),
    ({"host": "::1", "schema": "o 2/o", "login": "a@b"}, {"host": "::1", "dbname": "o 2/o", "user": "a@b"}),
    ({"host": "db", "schema": "o2o", "login": "a", "extra_dejson": {"sslmode": "verify-full", "sslrootcert": "/a b.pem", "color": "blue"}},
     {"host": "db", "dbname": "o2o", "user": "a", "sslmode": "verify-full", "sslrootcert": "/a b.pem"}),
])
def test_a_connection_is_read_by_libpq_as_it_was_meant(module, parts, seen):
    assert psycopg2.extensions.parse_dsn(module.dsn(connection(**parts))) == seen


@pytest.mark.parametrize("parts, url", [
    ({"host": "https://oms.example.com/"}, "https://oms.example.com"), ({"host": "oms.example.com"}, "https://oms.example.com"),
    ({"host": "oms", "schema": "http", "port": 8080}, "http://oms:8080"), ({"host": "http://oms", "port": 8080}, "http://oms:8080")])
def test_the_address_of_the_oms(module, parts, url):
    assert module.oms_url(connection(**parts)) == url


def test_settings_that_are_empty_are_left_out_and_the_log_is_what_the_job_says(run):
    lines = run('echo "called with $*"; echo "a problem" >&2; printf "\\xff\\n"', settings=["keep_days=3", ""])
    assert any(line.endswith("called with a_job keep_days=3") for line in lines)
    assert any(line.endswith("a problem") for line in lines) and any(line.endswith("\\xff") for line in lines)


def test_a_command_alone_reaches_the_database_by_its_own_role(run, module):
    module.connections["o2o_writer"] = connection(host="db", schema="o2o", login="o2o_writer", password="other")
    lines = run('echo "job: $PG_DSN"; shift 2; "$@"', command=["sh", "-c", 'echo "command: $PG_DSN ${O2O_JOB_DSN:-none}"'], role="o2o_writer")
    assert any(line.endswith("job: postgresql://o2o_batch:p%25%3Aw%2Fd%20%401@db/o2o") for line in lines)
    assert any(line.endswith("command: postgresql://o2o_writer:other@db/o2o none") for line in lines)


def test_the_job_sees_nothing_of_airflows_and_nothing_that_leads_elsewhere(run, monkeypatch):
    for name in ("AIRFLOW__CORE__FERNET_KEY", "AIRFLOW_CONN_O2O_OMS", "PGPASSWORD", "PGHOST", "OMS_API_KEY", "AWS_SECRET_ACCESS_KEY", "O2O_S3_URL"):
        monkeypatch.setenv(name, "not-for-the-job")
    monkeypatch.setenv("PGOPTIONS", "-c o2o.schema=shop")
    text = "\n".join(run("env"))
    assert "not-for-the-job" not in text and "PGOPTIONS=-c o2o.schema=shop" in text and "PATH=" in text


def test_oms_and_bucket_are_given_to_who_asks_for_them(run, module):
    module.connections["o2o_oms"] = connection(host="http://oms", password="key")
    lines = "\n".join(run("env", oms=True, s3=True))
    assert "OMS_URL=http://oms" in lines and "OMS_API_KEY=key" in lines and "O2O_S3_URL" not in lines
    module.connections["o2o_s3"] = connection(host="https://s3/bucket", login="id", password="secret", extra_dejson={"region": "eu-1"})
    lines = "\n".join(run("env", s3=True))
    assert all(text in lines for text in ("O2O_S3_URL=https://s3/bucket", "AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=secret", "AWS_REGION=eu-1"))


@pytest.mark.parametrize("status, failure, told", [(1, Failure, "exit status 1"), (2, FinalFailure, "would not help"), (3, Failure, "did not accept its report")])
def test_every_end_but_success_fails_the_task(run, status, failure, told):
    with pytest.raises(failure, match=told):
        run(f"exit {status}")


IGNORED = "trap '' TERM; "  # which what it starts inherits


@pytest.mark.parametrize("seconds, script, status", [
    (30, "{start}; wait", -signal.SIGTERM), (0.2, IGNORED + "{start}; wait", -signal.SIGKILL),
    (30, "{start}", None), (0.2, "(" + IGNORED + "{start}); sleep 600", -signal.SIGTERM),
], ids=["by SIGTERM", "only by SIGKILL", "after it ended itself", "by SIGTERM, the other only by SIGKILL"])
@pytest.mark.parametrize("asked", ["while it runs", "while it is being started"])
def test_a_job_can_be_ended_with_all_that_it_started(module, monkeypatch, tmp_path, seconds, script, status, asked):
    pid = Path(tmp_path, "pid")
    monkeypatch.setenv("O2O_BATCH", str(tmp_path))
    monkeypatch.setattr(module, "SECONDS_TO_END", seconds)
    (tmp_path / "run").write_text("#!/bin/bash\n" + script.format(start=f"sleep 600 & echo $! >{pid}.new; mv {pid}.new {pid}") + "\n")
    (tmp_path / "run").chmod(0o755)
    job = module.BatchJob(job="a_job")
    failures = []

    def started():
        return int(wait_until(lambda: pid.exists() and pid.read_text(), 30, "the job started"))

    def execute():
        try:
            job.execute({"dag_run": SimpleNamespace(data_interval_start=None, data_interval_end=None)})
        except Failure as failure:
            failures.append(str(failure))

    if asked == "while it is being started":
        class Killed(subprocess.Popen):
            def __init__(self, *arguments, **options):
                super().__init__(*arguments, **options)
                started()
                job.on_kill()

        monkeypatch.setattr(module.subprocess, "Popen", Killed)
    thread = threading.Thread(target=execute)
    thread.start()
    other = started()
    if asked == "while it runs":
        wait_until(lambda: job._process, 30, "the job is known")
        job.on_kill()
    thread.join(60)
    assert not thread.is_alive()
    wait_until(lambda: gone(other), 30, "what it started ended")
    job.on_kill()  # once more does nothing
    assert failures == ([f"a_job failed with exit status {status}; the log above says why"] if status else [])
