# SPDX-License-Identifier: Apache-2.0
"""Are the orders as orders can be, and do the counters equal them? Duplicates, impossible times and amounts, stuck orders, tallies, hours without orders, volume.

Each check reports as a batch job of its own, `check_NAME`, so that the alert O2OBatchJobFailed says which. The run fails where one does; its log says which orders.
Trying again at once finds the same, so there is one retry, for a database that was away."""

from datetime import timedelta

from airflow.sdk import DAG, Param
from o2o_batch_job import AGGREGATES, COMMON, BatchJob, every

with DAG(
    dag_id="o2o_data_checks",
    schedule=every("20 * * * *"),
    doc_md=__doc__,
    dagrun_timeout=timedelta(minutes=50),
    params={
        "stuck_after": Param("24 hours", type="string", description="longer in a status that is not final: stuck"),
        "most_amount": Param(1000000, type="number", description="an order of more is a mistake"),
        "checked_since": Param("2 days", type="string", description="how far back duplicates are searched"),
    },
    **COMMON,
):
    BatchJob(
        job="data_checks",
        settings=["stuck_after={{ params.stuck_after }}", "most_amount={{ params.most_amount }}", "checked_since={{ params.checked_since }}"],
        inlets=[AGGREGATES],
        retries=1,
        execution_timeout=timedelta(minutes=20),
    )
