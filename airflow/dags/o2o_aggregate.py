# SPDX-License-Identifier: Apache-2.0
"""Orders per minute, hour and day, what became of them, revenue and top items, into `order_aggregates` and `order_top_items`.

Only days in which something changed since the last run are computed again, as a whole: late orders and refunds are right afterwards, and a run twice changes nothing.
`aggregate_from`, a day like 2026-10-01, computes every day from then on again."""

from datetime import timedelta

from airflow.sdk import DAG, Param
from o2o_batch_job import AGGREGATES, COMMON, ORDERS, BatchJob, every

with DAG(
    dag_id="o2o_aggregate",
    schedule=every("*/10 * * * *"),
    doc_md=__doc__,
    dagrun_timeout=timedelta(hours=3),
    params={"aggregate_from": Param(None, type=["null", "string"], format="date", description="compute every day from this one on again")},
    **COMMON,
):
    BatchJob(
        job="aggregate",
        settings=["{{ 'aggregate_from=' ~ params.aggregate_from if params.aggregate_from else '' }}"],
        inlets=[ORDERS],
        outlets=[AGGREGATES],
    )
