# SPDX-License-Identifier: Apache-2.0
"""Takes in the orders that the exporter may have missed, by the exporter's own `ingest`: what is there already changes nothing and counts for nothing twice.

`o2o_reconcile` looks at the last hours, every 5 minutes; `o2o_reconcile_nightly` at the last days. `hours` is how far before its interval a run looks. A run for a
past interval looks at everything since then.

It fails where the OMS did not show all orders of that time (exit status 3 of `ingest`). What was ingested stays, and the next try continues from there; where an OMS cannot look back
that far, run it with fewer `hours`."""

from datetime import timedelta

from airflow.sdk import DAG, Param
from o2o_batch_job import COMMON, ORDERS, BatchJob, every


def reconcile(job, cron, hours, limit):
    with DAG(
        dag_id=f"o2o_{job}",
        schedule=every(cron),
        doc_md=__doc__,
        dagrun_timeout=3 * limit,
        params={"hours": Param(hours, type="number", minimum=0.1, maximum=24 * 360, description="how far before the interval to look")},
        **COMMON,
    ) as dag:
        BatchJob(
            job=job,
            command=["o2o-exporter", "ingest", "--since={{ minutes_back(dag_run.data_interval_start, params.hours) }}m"],
            role="o2o_writer",
            oms=True,
            outlets=[ORDERS],
            execution_timeout=limit,
        )
    return dag


last_hours = reconcile("reconcile", "*/5 * * * *", 2, timedelta(minutes=10))
last_days = reconcile("reconcile_nightly", "30 1 * * *", 72, timedelta(hours=1))
