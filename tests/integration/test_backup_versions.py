# SPDX-License-Identifier: Apache-2.0
"""Dumps of another version of the schema: an older one is brought up to date by the exporter that meets it, a newer one is refused by it."""
import subprocess
from pathlib import Path

import pytest

from harness.batch_database import BatchDatabase
from harness.exporter import program
from harness.processes import clean_environment
from harness.simulator import Simulator

SQL = Path(__file__).resolve().parents[2] / "exporter" / "sql"
COUNTED = "SELECT sum(value)::int FROM o2o.order_tallies WHERE family = 'o2o_orders_ingested_total'"


@pytest.fixture(name="database")
def made_database(postgres, request):
    made = BatchDatabase(postgres, f"versions_{abs(hash(request.node.name)) % 10**9}")
    yield made
    made.drop()


@pytest.fixture(name="old")
def database_of_an_older_release(postgres, database):
    """Without what the last script adds; with two orders."""
    name = database.name + "_old"
    dsn = postgres.make_database(name)
    *scripts, last = [path.read_text() for path in sorted(SQL.glob("0*.sql"))]
    # How every release's last script ends.
    end = last[last.index("-- PostgreSQL lets everybody execute"):last.index("INSERT INTO schema_migrations")]
    text = "\n".join(["BEGIN; CREATE SCHEMA o2o; SET LOCAL search_path = o2o, pg_temp;", *scripts, end, "COMMIT;"])
    subprocess.run(["psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", dsn], input=text, text=True, check=True,
                   capture_output=True, timeout=60)
    postgres.query("INSERT INTO o2o.fact_orders_monitoring (order_id, status, order_type, updated_at) "
                   "VALUES ('A', 'NEW', 'pickup', now()), ('B', 'NEW', 'pickup', now())", database=name)
    yield name, dsn
    postgres.drop_database(name)


def ingest(scratch, dsn):
    with Simulator(scratch, ["--rate", "0"]) as simulator:
        simulator.seed(5)
        return subprocess.run([program(), "ingest", "--since", "1h"], capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL,
                              env=clean_environment(OMS_URL=simulator.url, OMS_API_KEY=simulator.api_key, PG_DSN=dsn))


def version(postgres, name):
    return postgres.query("SELECT max(version) FROM o2o.schema_migrations", database=name)[0][0]


def test_a_dump_of_an_older_schema_is_brought_up_to_date_and_counts_on(database, old, postgres, scratch):
    name, dsn = old
    newest = version(postgres, database.name)
    folder = Path(scratch.file("backups"))
    database.command("backup", str(folder), PG_DSN=dsn)
    (dump,) = folder.glob("*.dump")
    superuser = postgres.dsn(database.name)
    database.command("restore", "--overwrite", str(dump), PG_DSN=superuser)
    assert version(postgres, database.name) == newest - 1
    assert postgres.query(COUNTED, database=database.name) == [(2,)]
    done = ingest(scratch, superuser)
    assert done.returncode == 0, done.stderr
    assert version(postgres, database.name) == newest
    assert postgres.query(COUNTED, database=database.name) == [(7,)]


def test_a_dump_of_a_newer_schema_is_restored_and_refused_by_an_exporter_that_does_not_know_it(database, postgres, scratch):
    newest = version(postgres, database.name)
    database.sql("INSERT INTO schema_migrations (version, needs) VALUES (%s, %s)", (newest + 1, newest + 1))
    folder = Path(scratch.file("backups"))
    database.command("backup", str(folder))
    (dump,) = folder.glob("*.dump")
    superuser = postgres.dsn(database.name)
    database.command("restore", "--overwrite", str(dump), PG_DSN=superuser)
    done = ingest(scratch, superuser)
    assert done.returncode == 1
    assert f"the schema in this database is at version {newest + 1}, this o2o-exporter knows version {newest}" in done.stderr
    assert database.sql("SELECT count(*) FROM fact_orders_monitoring") == [(0,)]
