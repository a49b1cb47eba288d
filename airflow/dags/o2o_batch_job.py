# SPDX-License-Identifier: Apache-2.0
"""What the DAGs beside it have in common: the operator BatchJob, which runs one of batch/'s commands with the Connections of Airflow, and how often, how
long and how many times it may. docs/airflow.md says which Connections to create.

Scheduler and dag-processor read this file every half a minute: nothing here asks anybody for anything before a task runs."""

import math
import os
import signal
import subprocess
import time
from datetime import datetime, timedelta, timezone
from urllib.parse import quote, urlencode

from airflow.sdk import Asset, BaseHook, BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowNotFoundException
from airflow.timetables.interval import CronDataIntervalTimetable

ORDERS = Asset("o2o_orders")
AGGREGATES = Asset("o2o_order_aggregates")
BACKUPS = Asset("o2o_backups")



def batch():
    """The folder of the repository that holds the commands, on the worker."""
    return os.environ.get("O2O_BATCH", "/opt/o2o/batch")


def backups():
    """The folder of the dumps, on the worker."""
    return os.environ.get("O2O_BACKUPS", "/var/backups/o2o")


def minutes_back(start, hours, now=None):
    """What `ingest --since` has to reach back for: the beginning of the run's interval, however long that is past, and so many hours before it. A run
    by hand may have no interval."""
    now = now or datetime.now(timezone.utc)
    return math.ceil(hours * 60 + max(0.0, (now - (start or now)).total_seconds()) / 60)


# Of every DAG. Jobs lock what they must in the database; one run of each at a time spares the work twice.
COMMON = {
    "start_date": datetime(2026, 1, 1, tzinfo=timezone.utc),
    "catchup": False,
    "max_active_runs": 1,
    "tags": ["o2o"],
    "user_defined_macros": {"batch": batch, "backups": backups, "minutes_back": minutes_back},  # rendered on the worker
    "default_args": {
        "owner": "o2o",
        "retries": 3,
        "retry_delay": timedelta(seconds=30),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=10),
        "execution_timeout": timedelta(hours=1),
    },
}

# Of the worker's environment the commands see what is not Airflow's own and leads to no other database, OMS or bucket.
KEPT_FROM_COMMANDS = ("AIRFLOW", "PG", "OMS_", "AWS_", "O2O_S3_")
# Of a Connection's extra, what libpq knows.
LIBPQ = ("sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "target_session_attrs")
SECONDS_TO_END = 20
USAGE, UNREPORTED = 2, 3  # exit statuses of batch/run


def every(cron):
    """By UTC, whose days all have 24 hours. A plain cron string would give runs whose interval is empty."""
    return CronDataIntervalTimetable(cron, timezone="UTC")


def dsn(connection):
    """What PG_DSN wants, as a URL."""
    host = connection.host or ""
    if ":" in host:
        host = f"[{host}]"
    login = quote(connection.login or "", safe="") + (f":{quote(connection.password, safe='')}" if connection.password else "")
    extra = connection.extra_dejson
    options = urlencode({name: extra[name] for name in LIBPQ if name in extra}, quote_via=quote)
    return (f"postgresql://{login}@{host}{f':{connection.port}' if connection.port else ''}/{quote(connection.schema or '', safe='')}"
            f"{'?' + options if options else ''}")


def oms_url(connection):
    host = connection.host or ""
    if "://" not in host:
        host = f"{connection.schema or 'https'}://{host}"
    return host.rstrip("/") + (f":{connection.port}" if connection.port else "")


class BatchJob(BaseOperator):
    """`batch/run JOB [SETTING=VALUE...]`, or with `command` `batch/run JOB -- COMMAND...`, as the role of the Connection o2o_database.

    `settings`, `command`: templates; a setting that renders to nothing is left out. `role`: the id of the Connection by which the command, and it alone,
    reaches the database. `oms`: the command gets the address and key of the Connection o2o_oms. `s3`: it gets those of o2o_s3, where there is one."""

    template_fields = ("settings", "command")

    def __init__(self, *, job, settings=(), command=(), role=None, oms=False, s3=False, **options):
        super().__init__(task_id=job, **options)
        self.job = job
        self.settings = list(settings)
        self.command = list(command)
        self.role = role
        self.oms = oms
        self.s3 = s3
        self._process = None
        self._killed = False

    def execute(self, context):
        argv = [f"{batch()}/run", self.job]
        if self.command:
            # A variable, since everybody sees the arguments of a process.
            take = ["sh", "-c", 'PG_DSN=$O2O_JOB_DSN; unset O2O_JOB_DSN; export PG_DSN; exec "$@"', self.job] if self.role else []
            argv += ["--", *take, *self.command]
        else:
            argv += [setting for setting in self.settings if setting]
        run = context["dag_run"]
        self.log.info("Run for %s to %s: %s", run.data_interval_start or "now", run.data_interval_end or "now",
                      " ".join([self.job, *self.command, *filter(None, self.settings)]))
        status = self._run(argv, self._environment())
        if status == USAGE:
            raise AirflowFailException(f"{self.job} was called in a way it does not know, see the log above; trying again would not help")
        if status == UNREPORTED:
            raise AirflowException(f"{self.job} succeeded, but the database did not accept its report: the exporter still publishes the run before")
        if status:
            raise AirflowException(f"{self.job} failed with exit status {status}; the log above says why")

    def on_kill(self):
        """Ends the job and all that it started: when its time is up, and when somebody ends the task. A transaction that is cut off has done nothing."""
        self._killed = True
        if process := self._process:
            self._end(process)

    def _end(self, process):
        """The whole group: what the job started may outlive it."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + SECONDS_TO_END
            try:
                os.killpg(process.pid, number)
                while time.monotonic() < deadline:
                    process.poll()  # a job that nobody waited for still counts as one of its group
                    os.killpg(process.pid, 0)
                    time.sleep(0.05)
            except ProcessLookupError:
                return
            self.log.warning("%s did not end within %s s of %s", self.job, SECONDS_TO_END, number.name)

    def _environment(self):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(KEPT_FROM_COMMANDS) or name == "PGOPTIONS"}
        given = {"PG_DSN": dsn(BaseHook.get_connection("o2o_database"))}
        if self.role:
            given["O2O_JOB_DSN"] = dsn(BaseHook.get_connection(self.role))
        if self.oms:
            oms = BaseHook.get_connection("o2o_oms")
            given |= {"OMS_URL": oms_url(oms), "OMS_API_KEY": oms.password or ""}
        if self.s3:
            given |= self._s3_environment()
        return kept | given

    def _s3_environment(self):
        try:
            bucket = BaseHook.get_connection("o2o_s3")
        except AirflowNotFoundException:
            self.log.info("There is no Connection o2o_s3, so no copy goes to a bucket")
            return {}
        return {"O2O_S3_URL": bucket.host or "", "AWS_ACCESS_KEY_ID": bucket.login or "", "AWS_SECRET_ACCESS_KEY": bucket.password or "",
                "AWS_REGION": bucket.extra_dejson.get("region", "us-east-1")}

    def _run(self, argv, environment):
        """The exit status. What it says goes line by line into the task's log."""
        # No `with`: it would wait for the job before on_kill() can end it.
        process = self._process = subprocess.Popen(argv, env=environment, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                                   stderr=subprocess.STDOUT, text=True, errors="backslashreplace", start_new_session=True)
        try:
            if self._killed:  # while it was being started
                self._end(process)
            for line in process.stdout:
                self.log.info("%s", line.rstrip("\n"))
            return process.wait()
        except BaseException:
            self._end(process)
            raise
        finally:
            self._process = None
            process.stdout.close()
