# SPDX-License-Identifier: Apache-2.0
"""Dumps the exporter's schema into the folder of the variable O2O_BACKUPS of the worker (/var/backups/o2o), with its checksum and what it holds beside it. A dump has its
name only once it is whole and readable; those older than `keep_days` go. A copy goes into the bucket of the Connection `o2o_s3`, if there is one. Each good dump starts `o2o_restore_drill`."""

from datetime import timedelta

from airflow.sdk import DAG, Param
from o2o_batch_job import BACKUPS, COMMON, ORDERS, BatchJob, every

with DAG(
    dag_id="o2o_backup",
    schedule=every("10 4 * * *"),
    doc_md=__doc__,
    dagrun_timeout=timedelta(hours=12),
    params={"keep_days": Param(30, type="integer", minimum=1, maximum=99999, description="days until a dump is removed")},
    **COMMON,
):
    BatchJob(
        job="backup",
        command=["{{ batch() }}/backup", "--keep-days={{ params.keep_days }}", "{{ backups() }}"],
        s3=True,
        inlets=[ORDERS],
        outlets=[BACKUPS],
        execution_timeout=timedelta(hours=3),
    )
