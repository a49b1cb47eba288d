# SPDX-License-Identifier: Apache-2.0
"""batch/backup, batch/restore and batch/restore_drill: a dump has its name only when it is good, a restore is everything or nothing, and a drill leaves nothing behind."""
import os
import re
import resource
import signal
import subprocess
import time
from pathlib import Path

import pytest

from harness.batch_database import BATCH, BatchDatabase
from harness.processes import clean_environment, wait_until


@pytest.fixture(name="database")
def made_database(postgres, request):
    made = BatchDatabase(postgres, f"backup_{abs(hash(request.node.name)) % 10**9}")
    made.order("OLD", "100 days", status="DONE")
    made.order("A", "3 hours")
    made.becomes("A", "FAILED", "5 minutes")
    made.order("B", "2 hours", amount="12.34")
    made.run("retention")  # a partition, which was made after the grants
    yield made
    made.drop()


@pytest.fixture(name="folder")
def empty_folder(scratch):
    return Path(scratch.file("backups"))


def dumps(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def kept(dump):
    """A dump and what lies beside it."""
    return [dump.name, dump.name + ".contents", dump.name + ".sha256"]


def back_up(database, folder):
    database.command("backup", str(folder))
    return next(folder.glob("*.dump"))


def superuser(database, name):
    return {"PG_DSN": database.postgres.dsn(name)}


def contents(postgres, name):
    return [postgres.query(f"SELECT t::text FROM o2o.{table} t ORDER BY 1", database=name) for table in (
        "fact_orders_monitoring", "order_tallies", "order_status_changes", "orders_archive", "order_outcomes", "batch_jobs", "schema_migrations")]


@pytest.fixture(name="target")
def empty_database(postgres, database):
    name = database.name + "_new"
    postgres.query(f'CREATE DATABASE "{name}"')
    yield name
    postgres.drop_database(name)


def test_what_was_backed_up_is_restored_and_counts_on(database, folder, target, postgres):
    dump = back_up(database, folder)
    assert dumps(folder) == kept(dump)
    assert {oct(path.stat().st_mode & 0o777) for path in folder.iterdir()} == {"0o600"}  # it names customers
    said = database.command("restore", str(dump), **superuser(database, target))
    assert "restore: 2 orders" in said and "restore: done" in said
    assert contents(postgres, target) == contents(postgres, database.name)
    # Roles and triggers are as before: a batch job reports, an order counts, one of the archive counts for nothing twice.
    postgres.query(f"GRANT CONNECT, TEMPORARY ON DATABASE \"{target}\" TO o2o_batch")
    database.run("my_job", "--", "true", PG_DSN=database.dsn.replace("/" + database.name, "/" + target))
    count = "SELECT sum(value)::int FROM o2o.order_tallies WHERE family = 'o2o_orders_ingested_total'"
    before = postgres.query(count, database=target)[0][0]
    postgres.query("INSERT INTO o2o.fact_orders_monitoring (order_id, status, order_type, updated_at) "
                   "VALUES ('C', 'NEW', 'pickup', now()), ('OLD', 'DONE', 'pickup', now())", database=target)
    assert postgres.query(count, database=target)[0][0] == before + 1


def test_it_runs_as_a_job(database, folder):
    database.run("backup", "--", str(BATCH / "backup"), str(folder))
    assert database.job("backup") == (True, False) and len(dumps(folder)) == 3


def test_orders_that_are_there_are_kept_unless_told_otherwise(database, folder, postgres):
    dump = back_up(database, folder)
    before = contents(postgres, database.name)
    database.order("LATER", "1 minute")
    here = superuser(database, database.name)
    assert "--overwrite" in database.command("restore", str(dump), expect=1, **here)
    assert database.sql("SELECT count(*) FROM fact_orders_monitoring WHERE order_id = 'LATER'") == [(1,)]
    database.command("restore", "--overwrite", str(dump), **here)
    assert contents(postgres, database.name) == before


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "without checksum", "empty checksum"])
def test_a_damaged_dump_is_recognised_and_changes_nothing(database, folder, postgres, damage):
    dump = back_up(database, folder)
    whole, checksum = dump.read_bytes(), Path(str(dump) + ".sha256")
    middle = len(whole) // 2
    if damage == "cut":
        dump.write_bytes(whole[:middle])
    elif damage == "flipped":
        dump.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1:])
    elif damage == "empty":
        dump.write_bytes(b"")
    elif damage == "without checksum":
        checksum.unlink()
    else:
        checksum.write_text("")
    before = contents(postgres, database.name)
    said = database.command("restore", "--overwrite", str(dump), expect=1, **superuser(database, database.name))
    assert "nothing was changed" in said
    assert contents(postgres, database.name) == before


def test_a_dump_that_breaks_off_although_its_checksum_fits_changes_nothing(database, folder, postgres):
    dump = back_up(database, folder)
    dump.write_bytes(dump.read_bytes()[:-200])
    total = subprocess.run(["sha256sum", str(dump)], capture_output=True, check=True, text=True, timeout=30).stdout
    Path(str(dump) + ".sha256").write_text(total)
    before = contents(postgres, database.name)
    assert "nothing was changed" in database.command("restore", "--overwrite", str(dump), expect=1, **superuser(database, database.name))
    assert contents(postgres, database.name) == before


def test_a_disk_that_is_full_leaves_no_dump(database, folder):
    good = back_up(database, folder)
    whole = good.stat().st_size
    run = subprocess.run([BATCH / "backup", str(folder)], capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
                         env=clean_environment(PG_DSN=database.dsn),
                         preexec_fn=lambda: (signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
                                             resource.setrlimit(resource.RLIMIT_FSIZE, (whole // 2, whole // 2))))
    assert run.returncode == 1 and "File too large" in run.stderr, run.stderr
    assert dumps(folder) == kept(good)


def test_a_database_that_is_away_leaves_no_dump(database, folder):
    database.command("backup", str(folder), expect=1, PG_DSN=database.dsn + "_gone")
    assert dumps(folder) == []


def test_one_that_is_killed_leaves_no_dump_and_the_next_one_clears_up(database, folder, postgres):
    holder = postgres.connect(database.name)
    holder.autocommit = False
    holder.cursor().execute("LOCK TABLE o2o.fact_orders_monitoring IN ACCESS EXCLUSIVE MODE")
    run = subprocess.Popen([BATCH / "backup", str(folder)], stdin=subprocess.DEVNULL, env=clean_environment(PG_DSN=database.dsn), start_new_session=True)
    try:
        wait_until(lambda: database.sql("SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"), 30,
                   "the dump waits")
        assert "another one is writing" in database.command("backup", str(folder), expect=1)
        (folder / ".partial-left").write_bytes(b"left")
    finally:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait(30)
        holder.close()
    assert not list(folder.glob("o2o-*"))
    wait_until(lambda: not database.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'pg_dump' AND datname = current_database()"), 30,
               "the dump's session ended")
    back_up(database, folder)
    assert not list(folder.glob(".partial*"))


def test_old_dumps_go_and_the_newest_stays(database, folder):
    folder.mkdir()
    for name, days in (("o2o-old.dump", 31), ("o2o-young.dump", 29), ("notes.txt", 99)):
        for path in (folder / name, folder / (name + ".sha256")):
            path.write_text("x")
            os.utime(path, (time.time() - days * 86400 - 60,) * 2)
    back_up(database, folder)
    left = dumps(folder)
    assert "o2o-old.dump" not in left and "o2o-old.dump.sha256" not in left
    assert "o2o-young.dump" in left and "notes.txt" in left and len([n for n in left if n.endswith(".dump")]) == 2
    # A failure removes nothing.
    os.utime(folder / "o2o-young.dump", (0, 0))
    database.command("backup", str(folder), expect=1, PG_DSN=database.dsn + "_gone")
    assert dumps(folder) == left


def test_a_bucket_that_cannot_be_had_is_a_failure_that_keeps_all_dumps(database, folder):
    """(A real S3 server takes one in `make conformance`.)"""
    folder.mkdir()
    old = folder / "o2o-old.dump"
    old.write_text("x")
    os.utime(old, (0, 0))
    bucket = {"O2O_S3_URL": "http://127.0.0.1:9/bucket/o2o", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "the-secret"}
    said = database.command("backup", str(folder), expect=1, **bucket)
    assert "was not taken" in said and "the-secret" not in said
    new = next(path for path in folder.glob("*.dump") if path != old)
    assert set(dumps(folder)) == {old.name, *kept(new)}
    assert "not both set" in database.command("backup", str(folder), expect=1, O2O_S3_URL="http://127.0.0.1:9/bucket")
    assert "usage" in database.command("s3_put", "http://127.0.0.1:9/", str(new), expect=2, **bucket)


@pytest.mark.parametrize("command, arguments", [("backup", []), ("backup", ["--keep-days=0", "x"]), ("backup", ["--keep=1", "x"]), ("backup", ["a", "b"]),
                                                ("restore", []), ("restore", ["--force", "x"])])
def test_wrong_usage_is_told(database, command, arguments):
    assert "usage" in database.command(command, *arguments, expect=2)


def test_the_steps_of_the_page_restore_into_a_new_database(database, folder, postgres):
    """Literally, but for the folder, and the name of the database."""
    dump = back_up(database, folder)
    page = (BATCH.parent / "docs" / "batch.md").read_text()
    steps = re.search(r"((?:^    .*\n)+)", page[page.index("    createdb "):], re.M).group(1)
    target = database.name + "_steps"
    script = re.sub(r"\bo2o$|(?<=dbname=)o2o\b|(?<=-d )o2o\b", target, steps, flags=re.M).replace("/var/backups/o2o/o2o-TIME.dump", str(dump))
    assert script.count(target) == 4 and str(dump) in script
    try:
        subprocess.run(["bash", "-euc", script], cwd=BATCH.parent, check=True, timeout=120, stdin=subprocess.DEVNULL, env=clean_environment(
            PGHOST="127.0.0.1", PGPORT=str(postgres.port), PGUSER="postgres", PGPASSWORD=postgres.password))
        assert contents(postgres, target) == contents(postgres, database.name)
        database.run("aggregate", PG_DSN=database.dsn.replace("/" + database.name, "/" + target))
    finally:
        postgres.drop_database(target)


# --- the drill

def scratch_databases(postgres):
    return postgres.query("SELECT datname FROM pg_database WHERE datname LIKE 'o2o\\_drill\\_%'")


def drill(database, folder, expect=0, dsn=None):
    """As the batch job that it is: it reports as o2o_batch, and works as a superuser."""
    return database.run("restore_drill", "--", "env", f"PG_DSN={dsn or database.postgres.dsn().replace(':' + database.postgres.password, '')}",
                        f"PGPASSWORD={database.postgres.password}", str(BATCH / "restore_drill"), str(folder), expect=expect)


def test_a_drill_restores_the_newest_dump_and_leaves_nothing(database, folder, postgres):
    newest = back_up(database, folder)
    (folder / "o2o-20200101T000000Z.dump").write_text("an older one, which is none")
    database.order("LATER", "1 minute")  # what came in since does not count as a difference
    said = drill(database, folder)
    assert newest.name in said and "restore: 2 orders" in said
    tables, counters = map(int, re.search(r"the rows of (\d+) tables and (\d+) counters are those of the dump", said).groups())
    assert tables == postgres.query("SELECT count(*)::int FROM pg_class WHERE relnamespace = 'o2o'::regnamespace AND relkind = 'r'",
                                    database=database.name)[0][0]
    assert counters == database.sql("SELECT count(*)::int FROM order_tallies")[0][0] > 0
    assert scratch_databases(postgres) == [] and database.job("restore_drill") == (True, False)


def test_a_drill_takes_every_form_of_dsn(database, folder, postgres):
    back_up(database, folder)
    for form in ("host=127.0.0.1 port={port} user=postgres dbname=postgres", "postgresql://postgres@127.0.0.1:{port}/postgres?connect_timeout=5",
                 "postgresql://postgres@127.0.0.1:{port}"):
        assert "are those of the dump" in drill(database, folder, dsn=form.format(port=postgres.port)), form


def test_a_drill_fails_on_what_is_not_as_it_was(database, folder, postgres):
    folder.mkdir()
    assert "there is no dump" in drill(database, folder, expect=1)
    dump = back_up(database, folder)
    listed = Path(str(dump) + ".contents")
    good = listed.read_text()
    for damaged, told in ((good.replace("rows fact_orders_monitoring 2", "rows fact_orders_monitoring 9"), "dumped   rows fact_orders_monitoring 9"),
                          (re.sub(r"counter o2o_orders_ingested_total .*\n", "", good), "restored counter o2o_orders_ingested_total"),
                          ("", "restored rows fact_orders_monitoring 2")):
        assert damaged != good
        listed.write_text(damaged)
        assert told in drill(database, folder, expect=1)
    listed.unlink()
    assert "to compare with" in drill(database, folder, expect=1)
    listed.write_text(good)
    dump.write_bytes(dump.read_bytes()[:-50])
    assert "cut or damaged" in drill(database, folder, expect=1)
    assert scratch_databases(postgres) == [] and database.job("restore_drill") == (False, True)


def test_what_a_dump_holds_is_counted_in_its_own_moment(database, folder, postgres):
    """Orders that come in while it is counted and dumped are in neither."""
    before = contents(postgres, database.name)
    holder = postgres.connect(database.name)
    holder.autocommit = False
    holder.cursor().execute("LOCK TABLE o2o.batch_jobs IN ACCESS EXCLUSIVE MODE")
    run = subprocess.Popen([BATCH / "backup", str(folder)], stdin=subprocess.DEVNULL, env=clean_environment(PG_DSN=database.dsn))
    try:
        wait_until(lambda: database.sql("SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"), 30,
                   "the count waits")
        database.order("MEANWHILE", "1 minute")
    finally:
        holder.close()
        status = run.wait(60)
    assert status == 0
    assert "rows fact_orders_monitoring 2\n" in next(folder.glob("*.contents")).read_text()
    assert "are those of the dump" in drill(database, folder)
    assert contents(postgres, database.name) != before
