# SPDX-License-Identifier: Apache-2.0
"""airflow/dags in a real Airflow: they load without a warning, each run of them does what the shop's own account says, and a real scheduler runs them for
intervals that are not empty."""

import json
import re
from collections import Counter
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pytest

from bundle.shipped import run
from harness.batch_database import BATCH, ENCODED, PASSWORD, BatchDatabase
from harness.processes import gone, wait_until
from harness.simulator import Simulator

from .airflow import DAGS, PARTS, Airflow
from .seaweedfs import BUCKET, SeaweedFS

pytestmark = pytest.mark.xdist_group("seaweedfs")  # which opens ports that nobody can choose

ORDERS = 300
DAG_IDS = {"o2o_reconcile", "o2o_reconcile_nightly", "o2o_aggregate", "o2o_data_checks", "o2o_retention", "o2o_backup", "o2o_restore_drill"}
LOADED = """
import json, sys
from pathlib import Path
from airflow.dag_processing.dagbag import BundleDagBag
bag = BundleDagBag(sys.argv[1], bundle_path=Path(sys.argv[1]), bundle_name="dags-folder")
print("LOADED " + json.dumps({
    "errors": bag.import_errors, "warnings": bag.captured_warnings,
    "dags": {dag.dag_id: {"schedule": type(dag.timetable).__name__, "catchup": dag.catchup, "max_active_runs": dag.max_active_runs, "doc": dag.doc_md or "",
                          "limit": bool(dag.dagrun_timeout),
                          "tasks": {task.task_id: {"retries": task.retries, "backoff": bool(task.retry_exponential_backoff),
                                                   "timeout": bool(task.execution_timeout)} for task in dag.tasks}}
             for dag in bag.dags.values()}}))
"""
# As `airflow dags test`, for one DAG after the other in one process.
DAGS_TEST = """
import sys
from airflow.cli import cli_parser
parser = cli_parser.get_parser()
for line in sys.argv[1:]:
    arguments = parser.parse_args(["dags", "test", *line.split()])
    arguments.func(arguments)
"""


class Shop:
    """A simulated shop, its database, and an Airflow that knows both by Connections."""

    def __init__(self, scratch, postgres, command):
        self.simulator = Simulator(scratch, ["--rate", "0", "--speed", "2000"])
        self.postgres = postgres
        self.database = BatchDatabase(postgres, "o2o")
        postgres.grant_roles("o2o", {"o2o_writer": PASSWORD})
        self.dumps = Path(scratch.folder("dumps"))
        self._scratch, self._command = scratch, command
        self.airflow = None

    def __enter__(self):
        self.simulator.start()
        self.airflow = Airflow(self._scratch, self.postgres, self._command, {
            "o2o_batch_password": PASSWORD, "o2o_writer_password": PASSWORD, "postgres_password": self.postgres.password, "oms_api_key": self.simulator.api_key,
        }, self.simulator.url, {"O2O_BATCH": str(BATCH), "O2O_BACKUPS": str(self.dumps)})
        return self

    def __exit__(self, *_):
        if self.airflow:
            self.airflow.__exit__()
        self.simulator.stop()

    def sells(self, count):
        """So many orders, and how each of them ends."""
        self.simulator.seed(count)
        wait_until(lambda: not sum(sum(kinds.values()) for kinds in self.truth()["open"].values()), 120, "every order ended")

    def truth(self):
        return self.simulator.truth()

    def tallies(self, family):
        return dict(self.database.sql("SELECT labels[1], sum(value)::int FROM order_tallies WHERE family = %s AND value <> 0 GROUP BY 1", (family,)))

    def counted(self):
        return {"ingested": self.tallies("o2o_orders_ingested_total"), "completed": self.tallies("o2o_orders_completed_total")}

    def true_counts(self):
        return {name: {kind: count for kind, count in self.truth()[name].items() if count} for name in ("ingested", "completed")}


@pytest.fixture(name="shop", scope="module")
def living_shop(scratch, postgres, tool):
    with Shop(scratch, postgres, tool("airflow")) as shop:
        shop.airflow.migrate()
        shop.sells(ORDERS)
        yield shop


@pytest.fixture(name="loaded", scope="module")
def loaded_dags(shop):
    said = shop.airflow.python(LOADED, str(DAGS))
    return json.loads(re.search(r"^LOADED (.*)$", said, re.M).group(1))


def test_they_load_without_a_warning(loaded):
    assert loaded["errors"] == {} and loaded["warnings"] == {}
    assert loaded["dags"].keys() == DAG_IDS


def test_every_run_is_bounded_and_explained(loaded):
    for name, dag in loaded["dags"].items():
        assert dag["catchup"] is False and dag["max_active_runs"] == 1 and dag["limit"], name
        assert len(dag["doc"]) > 100, name
        for task in dag["tasks"].values():
            assert task["retries"] >= 1 and task["backoff"] and task["timeout"], name


def test_intervals_are_those_between_two_moments_of_cron(loaded):
    """But for the drill, which a good backup starts."""
    assert {name: dag["schedule"] for name, dag in loaded["dags"].items()} == {
        name: "AssetTriggeredTimetable" if name == "o2o_restore_drill" else "CronDataIntervalTimetable" for name in DAG_IDS}


def test_nothing_that_airflow_3_took_away_is_used(tool):
    run(tool("ruff"), "check", "--no-cache", "--isolated", "--preview", "--select", "AIR", DAGS)


def test_what_airflow_3_took_away_would_be_seen(tool, tmp_path):
    (tmp_path / "old.py").write_text("from airflow.operators.python import PythonOperator\nfrom airflow import DAG\nDAG('a', schedule_interval='@daily')\n")
    assert "schedule_interval" in run(tool("ruff"), "check", "--no-cache", "--isolated", "--preview", "--select", "AIR", tmp_path, status=1)


def test_every_dag_does_what_the_shop_says(shop):
    yesterday = (datetime.now(timezone.utc) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    # The nightly one for an interval of the past: from there until now.
    said = shop.airflow.python(DAGS_TEST, "o2o_reconcile", f"o2o_reconcile_nightly {yesterday}", "o2o_aggregate", "o2o_data_checks")
    assert shop.counted() == shop.true_counts()
    amounts = {kind: Decimal(amount) for kind, amount in shop.truth()["completed_amount"].items()}
    for grain in ("minute", "hour", "day"):
        totals = {kind: Counter(orders=orders, completed=completed, revenue=revenue) for kind, orders, completed, revenue in shop.database.sql(
            "SELECT order_type, sum(orders)::int, sum(completed)::int, sum(revenue) FROM order_aggregates WHERE grain = %s GROUP BY 1", (grain,))}
        assert {kind: total["orders"] for kind, total in totals.items()} == shop.true_counts()["ingested"]
        assert {kind: total["revenue"] for kind, total in totals.items() if total["revenue"]} == {kind: v for kind, v in amounts.items() if v}
    reached_back = [int(minutes) for minutes in re.findall(r"ingest --since=(\d+)m", said)]
    assert min(reached_back) >= 2 * 60 and max(reached_back) >= (72 + 24) * 60, "from the interval of yesterday on"
    for secret in (PASSWORD, ENCODED, shop.simulator.api_key, shop.postgres.password):
        assert secret not in said
    jobs = {name: shop.database.job(name) for name in ("reconcile", "reconcile_nightly", "aggregate", "data_checks", "check_tallies")}
    assert set(jobs.values()) == {(True, False)}, said


def test_old_orders_move_and_the_dump_of_the_rest_is_restored(shop, scratch, tool):
    shop.database.sql("INSERT INTO fact_orders_monitoring (order_id, status, order_type, updated_at) VALUES ('OLD', 'COMPLETED', 'old', now() - interval '99 days')")
    before = shop.counted()
    with SeaweedFS(scratch, tool("weed")) as bucket:
        shop.airflow.connect("o2o_s3", conn_type="http", host=f"http://{bucket.endpoint}/{BUCKET}/o2o", **bucket.login())
        said = shop.airflow.python(DAGS_TEST, "o2o_retention", "o2o_backup", "o2o_restore_drill")
        dump = next(shop.dumps.glob("*.dump"))
        assert bucket.read(f"o2o/{dump.name}") == dump.read_bytes()
        assert bucket.read(f"o2o/{dump.name}.sha256").decode().split() == [sha256(dump.read_bytes()).hexdigest(), dump.name]
        assert bucket.login()["password"] not in said
    shop.airflow.connect("o2o_s3")
    assert shop.database.sql("SELECT order_id FROM orders_archive") == [("OLD",)] and shop.counted() == before
    assert "are those of the dump" in said
    assert shop.database.job("backup") == shop.database.job("restore_drill") == (True, False)
    assert shop.postgres.query("SELECT datname FROM pg_database WHERE datname LIKE 'o2o\\_drill%'") == []


SLOW = """
from datetime import timedelta
from airflow.sdk import DAG
from o2o_batch_job import COMMON, BatchJob
with DAG(dag_id="slow", schedule=None, **{**COMMON, "default_args": {"retries": 0}}):
    BatchJob(job="slow", command=["sh", "-c", "sleep 600 & echo started $!; wait"], execution_timeout=timedelta(seconds=3))
"""


def test_a_job_whose_time_is_up_is_ended_with_all_that_it_started_and_reported(shop, tmp_path):
    (tmp_path / "slow.py").write_text(SLOW)
    (tmp_path / "o2o_batch_job.py").symlink_to(DAGS / "o2o_batch_job.py")
    with pytest.raises(AssertionError) as problem:
        shop.airflow.python(DAGS_TEST, "slow", AIRFLOW__CORE__DAGS_FOLDER=str(tmp_path))
    said = str(problem.value)
    assert gone(int(re.search(r"started (\d+)", said).group(1)))
    assert shop.database.job("slow") == (False, True)


# --- a real scheduler

def runs(shop, token, dag):
    """Those of the scheduler's own; `dags test` makes some by hand."""
    found = shop.airflow.get(f"dags/{dag}/dagRuns", token)
    return [one for one in found["dag_runs"] if one["run_type"] != "manual"] if found else []


def of_state(shop, token, dag, state):
    return [one for one in runs(shop, token, dag) if one["state"] == state]


def test_a_real_scheduler_runs_all_of_them_and_retries_what_failed(shop):
    shop.sells(50)
    before = shop.counted()
    shop.simulator.control(fault="status_503")
    airflow = shop.airflow
    with airflow:
        airflow.start()
        with pytest.raises(OSError, match="401"):
            airflow.token("not the password")
        token = airflow.token()
        first = wait_until(lambda: runs(shop, token, "o2o_reconcile"), 600, "o2o_reconcile was scheduled", interval=1)[0]
        task = f"dags/o2o_reconcile/dagRuns/{first['dag_run_id']}/taskInstances/reconcile"
        wait_until(lambda: airflow.get(task, token)["state"] == "up_for_retry", 600, "reconcile waits to try again", interval=1)
        assert shop.counted() == before, "an OMS that is down leaves nothing half-written"
        assert shop.database.job("reconcile")[1] is True

        shop.simulator.reset_faults()
        wait_until(lambda: of_state(shop, token, "o2o_reconcile", "success"), 600, "reconcile succeeded", interval=1)
        again = airflow.get(task, token)
        assert again["state"] == "success" and again["try_number"] >= 2
        assert shop.counted() == {name: {**before[name], **counts} for name, counts in shop.true_counts().items()}
        assert shop.database.job("reconcile") == (True, False)

        for dag in DAG_IDS:  # the drill is started by the backup
            wait_until(lambda dag=dag: of_state(shop, token, dag, "success"), 600, f"{dag} succeeded", interval=1)
        length = {"o2o_reconcile": 5, "o2o_reconcile_nightly": 24 * 60, "o2o_aggregate": 10, "o2o_data_checks": 60, "o2o_retention": 24 * 60, "o2o_backup": 24 * 60}
        for dag, minutes in length.items():
            for one in runs(shop, token, dag):
                start, end = (datetime.fromisoformat(one[f"data_interval_{edge}"].replace("Z", "+00:00")) for edge in ("start", "end"))
                assert end - start == timedelta(minutes=minutes), dag
        for name in PARTS:
            airflow.check_health(name)
        rendered = again["rendered_fields"]["command"]
        back = int(re.search(r"--since=(\d+)m", str(rendered)).group(1))
        assert back >= 120 + 5, "two hours, and the interval"
    assert airflow.processes() == []
