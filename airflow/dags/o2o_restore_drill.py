# SPDX-License-Identifier: Apache-2.0
"""Restores the newest dump into a scratch database, compares the rows of every table and every counter with what they were when the dump was taken, and drops the scratch
database. Runs after each good backup. A backup that was never restored is a hope."""

from datetime import timedelta

from airflow.sdk import DAG
from o2o_batch_job import BACKUPS, COMMON, BatchJob

with DAG(
    dag_id="o2o_restore_drill",
    schedule=[BACKUPS],
    doc_md=__doc__,
    dagrun_timeout=timedelta(hours=12),
    **COMMON,
):
    BatchJob(
        job="restore_drill",
        command=["{{ batch() }}/restore_drill", "{{ backups() }}"],
        role="o2o_restore",
        inlets=[BACKUPS],
        execution_timeout=timedelta(hours=3),
    )
