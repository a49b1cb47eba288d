# SPDX-License-Identifier: Apache-2.0
"""A database with the exporter's schema and roles, and the commands of batch/ on it."""
import subprocess
from pathlib import Path

from harness.exporter import program
from harness.processes import clean_environment

BATCH = Path(__file__).resolve().parents[2] / "batch"
PASSWORD = "p%:w/d @1"  # what a URL must encode
ENCODED = "p%25%3Aw%2Fd%20%401"
STATUSES = (("NEW", 10, "open", "10 minutes"), ("COOKING", 20, "open", None), ("DONE", 30, "completed", None), ("FAILED", 40, "failed", None))


class BatchDatabase:
    """Use drop() in the end."""

    def __init__(self, postgres, name):
        self.postgres, self.name = postgres, name
        owner = postgres.make_database(name)
        subprocess.run([program(), "ingest", "--since", "1h"], capture_output=True, check=False, timeout=60, stdin=subprocess.DEVNULL,
                       env=clean_environment(OMS_URL="http://127.0.0.1:9", OMS_API_KEY="unused", PG_DSN=owner))
        postgres.grant_roles(name, {"o2o_batch": PASSWORD})
        for status, rank, outcome, delayed in STATUSES:
            self.sql("INSERT INTO order_statuses VALUES (%s, %s, %s, %s, true) ON CONFLICT (status) DO UPDATE SET rank = excluded.rank, "
                     "outcome = excluded.outcome, delayed_after = excluded.delayed_after, known = true", (status, rank, outcome, delayed))
        self.dsn = f"postgresql://o2o_batch:{ENCODED}@127.0.0.1:{postgres.port}/{name}"

    def sql(self, statement, parameters=None):
        return self.postgres.query(statement, parameters, self.name)

    def run(self, *arguments, expect=0, **environment):
        """`batch/run` with these arguments; what it said."""
        return self.command("run", *arguments, expect=expect, **environment)

    def command(self, name, *arguments, expect=0, **environment):
        done = subprocess.run([BATCH / name, *arguments], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, check=False,
                              env=clean_environment(**{"PG_DSN": self.dsn, **environment}))
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout + done.stderr

    def order(self, order_id, age, status="NEW", order_type="pickup", amount="10", item="Gyoza"):
        """As a program that knows nothing of us writes it: an order that changed so long ago."""
        self.sql("INSERT INTO fact_orders_monitoring (order_id, customer_id, status, order_type, total_amount, updated_at, item_name) "
                 "VALUES (%s, %s, %s, %s, %s, now() - %s::interval, %s)", (order_id, order_id, status, order_type, amount, age, item))

    def becomes(self, order_id, status, after):
        self.sql("UPDATE fact_orders_monitoring SET status = %s, updated_at = updated_at + %s::interval WHERE order_id = %s", (status, after, order_id))

    def merge(self, order_id, status, age):
        """As the exporter takes it in."""
        connection = self.postgres.connect(self.name)
        connection.autocommit = False
        try:
            cursor = connection.cursor()
            cursor.execute("SELECT prepare_order_staging()")
            cursor.execute("INSERT INTO staged_orders VALUES (%s, 'c', 'C', %s, 'pickup', 10, now() - %s::interval, 'Gyoza', NULL)", (order_id, status, age))
            cursor.execute("SELECT inserted, updated, unchanged, stale FROM merge_staged_orders(now())")
            result = cursor.fetchone()
            connection.commit()
            return result
        finally:
            connection.close()

    def tallies(self):
        return {(family, *labels): value for family, labels, value in self.sql(
            "SELECT family, labels, value::float8 FROM order_tallies WHERE value <> 0 AND family LIKE 'o2o\\_orders%'")}

    def job(self, name):
        """(succeeded ever, failed)"""
        rows = self.sql("SELECT last_success_at IS NOT NULL, failed FROM batch_jobs WHERE batch_job = %s", (name,))
        return rows[0] if rows else None

    def drop(self):
        self.postgres.drop_database(self.name)
