# SPDX-License-Identifier: Apache-2.0
"""Moves finished orders that did not change for `keep_days` into the archive, with their history, and drops months of the archive older than
`keep_archive_months`. Counters stay, and an order that comes back counts for nothing twice. It may be stopped at any time, and continues where it was."""

from datetime import timedelta

from airflow.sdk import DAG, Param
from o2o_batch_job import COMMON, ORDERS, BatchJob, every

with DAG(
    dag_id="o2o_retention",
    schedule=every("40 3 * * *"),
    doc_md=__doc__,
    dagrun_timeout=timedelta(hours=12),
    params={
        "keep_days": Param(90, type="integer", minimum=1, description="days without a change until an order moves into the archive"),
        "keep_archive_months": Param(24, type="integer", minimum=1, description="whole months of the archive"),
        "keep_minutes_days": Param(60, type="integer", minimum=1, description="days of aggregates by the minute"),
    },
    **COMMON,
):
    BatchJob(
        job="retention",
        settings=["keep_days={{ params.keep_days }}", "keep_archive_months={{ params.keep_archive_months }}",
                  "keep_minutes_days={{ params.keep_minutes_days }}"],
        inlets=[ORDERS],
        execution_timeout=timedelta(hours=3),
    )
