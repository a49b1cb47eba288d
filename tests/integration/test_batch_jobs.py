# SPDX-License-Identifier: Apache-2.0
"""The batch jobs, run as cron runs them, as their own role, on a database that the exporter made."""
import concurrent.futures
import os
import signal
import subprocess

import pytest

from harness.batch_database import BATCH, ENCODED, PASSWORD, BatchDatabase
from harness.processes import clean_environment


@pytest.fixture(name="database")
def made_database(postgres, request):
    made = BatchDatabase(postgres, f"batch_{abs(hash(request.node.name)) % 10**9}")
    yield made
    made.drop()


def day_totals(database):
    return database.sql("SELECT sum(orders)::int, sum(completed)::int, sum(failed)::int, sum(delayed)::int, sum(revenue)::float8 "
                        "FROM order_aggregates WHERE grain = 'day'")[0]


# --- the runner ---

def test_a_job_reports_that_it_succeeded_and_that_it_failed(database):
    database.run("my_job", "--", "true")
    assert database.job("my_job") == (True, False)
    said = database.run("my_job", "--", "false", expect=1)
    assert "my_job failed" in said and database.job("my_job") == (True, True)


def test_a_job_that_is_ended_from_outside_is_reported(database):
    """As systemd and Airflow do it: a signal to all of it."""
    run = subprocess.Popen([BATCH / "run", "my_job", "--", "sh", "-c", "echo here; exec sleep 600"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           env=clean_environment(PG_DSN=database.dsn), start_new_session=True)
    assert run.stdout.readline() == b"here\n"
    os.killpg(run.pid, signal.SIGTERM)
    assert run.wait(60) == 1 and database.job("my_job") == (False, True)
    run.stdout.close()


@pytest.mark.parametrize("arguments, problem", [
    ([], "needs the name"), (["Backup"], "is not a job name"), (["nothing_like_it"], "there is no"), (["retention", "keep_day=1"], "has no setting 'keep_day'"),
    (["retention", "30"], "is not SETTING=VALUE"), (["my_job", "--"], "no command")])
def test_wrong_usage_is_told_and_runs_nothing(database, arguments, problem):
    assert problem in database.run(*arguments, expect=2)
    assert database.sql("SELECT count(*) FROM batch_jobs") == [(0,)]


def test_the_runner_and_the_database_agree_on_names(database):
    for name in ("a", "a_1", "z" * 63, "z" * 64, "", "_a", "1a", "a-b", "a b", "Ab", "ä"):
        good = database.sql("SELECT is_batch_job_name(%s)", (name,)) == [(True,)]
        said = database.run(name, "--", "true", expect=0 if good else 2)
        assert good or "is not a job name" in said, name
        assert bool(database.sql("SELECT count(*)::int FROM batch_jobs WHERE batch_job = %s", (name,))[0][0]) == good, name


def test_a_job_that_cannot_report_has_failed(database):
    said = database.run("my_job", "--", "true", expect=3, PG_DSN=database.dsn.replace("o2o_batch:", "nobody:"))
    assert "could not be reported" in said and PASSWORD not in said and ENCODED not in said


def test_a_password_where_others_can_see_it_is_refused(database):
    assert "PGPASSFILE" in database.run("aggregate", expect=2, PG_DSN="host=127.0.0.1 password=secret1 dbname=x")


# --- aggregate ---

def test_aggregates_are_what_became_of_the_orders(database):
    database.order("A", "3 hours", amount="10.50")
    database.becomes("A", "DONE", "5 minutes")
    database.order("B", "3 hours", amount="7", item="Ramen")
    database.becomes("B", "COOKING", "20 minutes")  # more than NEW may take
    database.becomes("B", "DONE", "1 minute")
    database.order("C", "3 hours", status="FAILED", order_type="delivery")
    database.order("D", "3 hours")  # in NEW ever since
    database.order("E", "5 minutes", amount=None)
    database.run("aggregate")
    assert day_totals(database) == (5, 2, 1, 2, 17.5)
    assert database.sql("SELECT sum(orders)::int, sum(revenue)::float8 FROM order_top_items WHERE item_name = 'Ramen'") == [(1, 7.0)]
    for grain in ("minute", "hour"):
        assert database.sql("SELECT sum(orders)::int FROM order_aggregates WHERE grain = %s", (grain,)) == [(5,)]
    assert database.sql("SELECT DISTINCT date_trunc(grain, starts_at, 'UTC') = starts_at FROM order_aggregates") == [(True,)]
    assert database.job("aggregate") == (True, False)


def test_aggregates_twice_are_the_same_and_late_orders_change_their_day(database):
    database.order("A", "3 hours")
    database.run("aggregate")
    once = database.sql("SELECT * FROM order_aggregates ORDER BY 1, 2, 3")
    database.run("aggregate")
    assert database.sql("SELECT * FROM order_aggregates ORDER BY 1, 2, 3") == once
    database.order("OLD", "40 days")  # a back-fill
    database.becomes("A", "DONE", "1 hour")
    database.run("aggregate")
    assert day_totals(database)[:2] == (2, 1)
    assert database.sql("SELECT orders::int FROM order_aggregates WHERE grain = 'day' AND starts_at = "
                        "date_trunc('day', now() - interval '40 days', 'UTC')") == [(1,)]


def test_aggregates_of_archived_orders_stay_when_their_day_is_computed_again(database):
    database.order("A", "100 days", status="DONE")
    database.run("aggregate")
    database.run("retention")
    database.run("aggregate", "aggregate_from=" + database.sql("SELECT (now() - interval '101 days')::date::text")[0][0])
    assert day_totals(database)[:2] == (1, 1)


def test_two_aggregations_at_once_count_once(database):
    for number in range(50):
        database.order(f"O{number}", "3 hours")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for run in [pool.submit(database.run, "aggregate") for _ in range(3)]:
            run.result()
    assert day_totals(database)[0] == 50


@pytest.mark.parametrize("zone", ["America/New_York", "UTC", "Asia/Ho_Chi_Minh"])
def test_days_have_24_hours_wherever_clocks_are_set(database, zone):
    """Clocks in New York went back on 1 November 2026, and forward on 8 March."""
    for day in ("2026-03-08", "2026-11-01"):
        database.sql("INSERT INTO fact_orders_monitoring (order_id, status, order_type, updated_at) "
                     "SELECT %s || i, 'NEW', 'pickup', %s::timestamp AT TIME ZONE 'UTC' + i * interval '10 minutes' FROM generate_series(0, 143) i", (day, day))
    database.run("aggregate", PGTZ=zone)
    assert database.sql("SELECT to_char(starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), count(*)::int, min(orders)::int, max(orders)::int FROM order_aggregates "
                        "WHERE grain = 'hour' GROUP BY 1 ORDER BY 1") == [("2026-03-08", 24, 6, 6), ("2026-11-01", 24, 6, 6)]
    assert database.sql("SELECT to_char(starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), orders::int FROM order_aggregates WHERE grain = 'day' "
                        "ORDER BY 1") == [("2026-03-08 00:00", 144), ("2026-11-01 00:00", 144)]


def test_only_the_hundred_items_that_most_had_are_kept(database):
    database.sql("INSERT INTO fact_orders_monitoring (order_id, status, order_type, updated_at, item_name) "
                 "SELECT format('%s-%s', i, n), 'NEW', 'pickup', date_trunc('day', now()) - interval '2 days', 'item ' || i "
                 "FROM generate_series(1, 120) i, generate_series(1, CASE WHEN i <= 100 THEN 2 ELSE 1 END) n")
    database.run("aggregate")
    assert database.sql("SELECT count(*)::int, min(orders)::int FROM order_top_items") == [(100, 2)]


# --- retention ---

def test_retention_moves_finished_old_orders_and_their_history_and_no_counter(database):
    database.order("OLD", "100 days")
    database.becomes("OLD", "COOKING", "1 minute")
    database.becomes("OLD", "DONE", "1 minute")
    database.order("OPEN", "100 days")
    database.order("YOUNG", "80 days", status="DONE")
    before = database.tallies()
    database.run("retention", "rows_at_once=1")
    assert database.sql("SELECT order_id FROM fact_orders_monitoring ORDER BY 1") == [("OPEN",), ("YOUNG",)]
    assert database.sql("SELECT order_id, status, reached FROM orders_archive") == [("OLD", "DONE", ["completed"])]
    assert database.sql("SELECT from_status, to_status FROM order_status_changes_archive ORDER BY id") == [("NEW", "COOKING"), ("COOKING", "DONE")]
    assert database.sql("SELECT count(*) FROM order_status_changes") == [(0,)]
    assert database.tallies() == before
    database.sql("SELECT check_counting()")


def test_an_order_that_comes_back_counts_for_nothing_twice(database):
    database.order("A", "100 days")
    database.becomes("A", "FAILED", "1 minute")
    database.becomes("A", "DONE", "1 minute")
    database.run("retention")
    before = database.tallies()
    kept = database.sql("SELECT first_status, first_updated_at, ingested_at FROM orders_archive")
    assert database.merge("A", "FAILED", "1 minute") == (0, 1, 0, 0)  # it failed once already
    assert database.merge("A", "DONE", "0 minutes") == (0, 1, 0, 0)   # and was completed
    assert database.tallies() == before
    assert database.sql("SELECT first_status, first_updated_at, ingested_at FROM fact_orders_monitoring") == kept
    assert database.sql("SELECT count(*) FROM orders_archive") == [(0,)]
    assert database.sql("SELECT to_status FROM order_status_changes ORDER BY id") == [("FAILED",), ("DONE",), ("FAILED",), ("DONE",)]
    assert "tallies" not in database.run("data_checks").split("failed:")[-1].split("check ")[0]


def test_one_that_comes_back_for_another_end_counts_for_that(database):
    database.order("A", "100 days", status="FAILED")
    database.run("retention")
    database.merge("A", "DONE", "0 minutes")
    assert database.tallies() == {("o2o_orders_ingested_total", "pickup"): 1, ("o2o_orders_failed_total", "pickup", "FAILED"): 1,
                                  ("o2o_orders_completed_total", "pickup"): 1, ("o2o_orders_completed_amount_total", "pickup"): 10}


@pytest.mark.parametrize("status, counted", [("DONE", {}), ("FAILED", {("o2o_orders_failed_total", "pickup", "FAILED"): 1})])
def test_one_that_another_program_inserts_again_counts_for_nothing_twice(database, status, counted):
    database.order("A", "100 days", status="DONE")
    database.run("retention")
    before = database.tallies()
    database.order("A", "1 minute", status=status)
    assert database.tallies() == {**before, **counted}
    assert database.sql("SELECT count(*) FROM orders_archive") == [(0,)]


def test_an_old_row_shown_again_is_neither_new_nor_changed(database):
    database.order("A", "100 days", status="DONE")
    database.run("retention")
    assert database.merge("A", "NEW", "101 days") == (0, 0, 0, 1)
    assert database.tallies()[("o2o_orders_ingested_total", "pickup")] == 1


def test_months_of_the_archive_are_dropped_by_policy(database):
    database.order("ANCIENT", "800 days", status="DONE")
    database.order("OLD", "100 days", status="DONE")
    before = database.tallies()
    database.run("aggregate")
    days = day_totals(database)
    database.run("retention", "keep_archive_months=12")
    assert database.sql("SELECT order_id FROM orders_archive") == [("OLD",)]
    assert database.tallies() == before
    database.run("aggregate", "aggregate_from=2020-01-01")
    assert day_totals(database) == days  # a day that is no longer whole stays


def test_retention_while_orders_come_in(database):
    """Of a hundred months, so that partitions are made all the while."""
    database.sql("INSERT INTO fact_orders_monitoring (order_id, status, order_type, total_amount, updated_at) "
                 "SELECT 'old-' || i, 'DONE', 'pickup', 1, now() - (100 + i) * interval '1 day' FROM generate_series(1, 3000) i")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        retention = pool.submit(database.run, "retention", "rows_at_once=50", "keep_archive_months=200")
        came = inserted = 0
        while not retention.done() or came < 20:
            # On a busy machine what waits for the archive is put aside, and taken in with a later page.
            inserted += database.merge(f"new-{came}", "NEW", "0 minutes")[0]
            # An old one that is on its way out is shown once more: wherever it is by now, it is known.
            number = (3000 - came * 7) % 3000 + 1
            inserted += database.merge(f"old-{number}", "DONE", f"{100 + number} days")[0]
            came += 1
        retention.result()
    inserted += database.merge("new-0", "NEW", "0 minutes")[0]
    assert inserted == came
    assert database.job("retention") == (True, False)
    assert database.tallies()[("o2o_orders_ingested_total", "pickup")] == 3000 + came
    assert database.tallies()[("o2o_orders_completed_total", "pickup")] == 3000
    assert database.sql("SELECT (SELECT count(*) FROM fact_orders_monitoring) + (SELECT count(*) FROM orders_archive)") == [(3000 + came,)]
    database.run("data_checks")


def test_nothing_recent_can_be_archived(database):
    database.order("A", "2 hours", status="DONE")
    assert "want 1 or more" in database.run("retention", "keep_days=0", expect=1)
    assert database.job("retention") == (False, True)
    assert database.sql("SELECT count(*) FROM orders_archive") == [(0,)]


# --- data_checks ---

def checks(database, expect):
    """The checks that failed, by what they report."""
    said = database.run("data_checks", expect=expect)
    failed = {name.removeprefix("check_") for name, in database.sql("SELECT batch_job FROM batch_jobs WHERE failed AND batch_job LIKE 'check\\_%'")}
    assert bool(failed) == bool(expect) and all(name in said for name in failed)
    return failed


def test_good_orders_pass_every_check(database):
    assert checks(database, 0) == set()  # none at all
    database.order("A", "3 hours")
    database.becomes("A", "DONE", "5 minutes")
    database.run("aggregate")
    assert checks(database, 0) == set()
    assert {name for name, in database.sql("SELECT batch_job FROM batch_jobs")} == {"aggregate", "data_checks"} | {
        f"check_{name}" for name in ("duplicates", "archived_twice", "times", "amounts", "stuck_orders", "tallies", "outcomes", "gaps", "volume")}


@pytest.mark.parametrize("check, damage", [
    ("duplicates", "UPDATE fact_orders_monitoring SET customer_id = 'same', first_updated_at = '2026-01-01'"),
    ("times", "UPDATE fact_orders_monitoring SET updated_at = now() + interval '2 days' WHERE order_id = 'A'"),
    ("times", "UPDATE fact_orders_monitoring SET first_updated_at = now() WHERE order_id = 'A'"),
    ("amounts", "UPDATE fact_orders_monitoring SET total_amount = -1 WHERE order_id = 'A'"),
    ("amounts", "UPDATE fact_orders_monitoring SET total_amount = 'NaN' WHERE order_id = 'A'"),
    ("amounts", "UPDATE fact_orders_monitoring SET total_amount = 1000001 WHERE order_id = 'A'"),
    ("amounts", "UPDATE fact_orders_monitoring SET total_amount = NULL WHERE order_id = 'A'"),
    ("stuck_orders", "UPDATE fact_orders_monitoring SET status_since = now() - interval '25 hours', first_updated_at = now() - interval '26 hours' WHERE order_id = 'B'"),
    ("tallies", "INSERT INTO order_tally_entries (family, labels, value) VALUES ('o2o_orders_ingested_total', '{pickup}', 1)"),
    ("outcomes", "INSERT INTO order_tally_entries (family, labels, value) VALUES ('o2o_orders_completed_total', '{pickup}', -1)"),
    ("archived_twice", "SELECT make_archive_month(now()); INSERT INTO orders_archive SELECT order_id, customer_id, customer_name, status, order_type, "
                       "total_amount, updated_at, item_name, item_detail, ingested_at, first_status, first_updated_at, status_since, shown_at, '{}' "
                       "FROM fact_orders_monitoring WHERE order_id = 'A'"),
])
def test_each_check_finds_what_it_looks_for_and_passes_once_that_is_mended(database, check, damage):
    database.order("A", "3 hours", status="DONE")
    database.order("B", "3 hours")
    assert checks(database, 0) == set()
    database.sql("SET search_path = o2o; " + damage)
    assert checks(database, 1) == {check}
    assert database.job("data_checks") == (True, True) and database.job("check_" + check) == (True, True)


@pytest.mark.parametrize("factor, found", [(0, {"gaps", "volume"}), (0.4, {"volume"}), (1, set()), (2.5, {"volume"})])
def test_hours_are_held_against_those_of_the_weeks_before(database, factor, found):
    database.sql("INSERT INTO order_aggregates SELECT 'hour', h, 'pickup', CASE WHEN h < date_trunc('hour', now()) - interval '24 hours' THEN 20 "
                 "ELSE 20 * %s END, 0, 0, 0, 0 FROM generate_series(date_trunc('hour', now()) - interval '25 days', "
                 "date_trunc('hour', now()) - interval '1 hour', '1 hour') h", (factor,))
    database.sql("INSERT INTO batch_marks VALUES ('aggregated', now())")
    assert checks(database, 1 if found else 0) == found


def test_without_three_weeks_nothing_is_expected(database):
    database.sql("INSERT INTO order_aggregates SELECT 'hour', h, 'pickup', 20, 0, 0, 0, 0 FROM generate_series("
                 "date_trunc('hour', now()) - interval '10 days', date_trunc('hour', now()) - interval '2 days', '1 hour') h")
    database.sql("INSERT INTO batch_marks VALUES ('aggregated', now())")
    assert checks(database, 0) == set()
