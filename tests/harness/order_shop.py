# SPDX-License-Identifier: Apache-2.0
"""A shop whose orders another program writes into the exporter's database, while its own OMS has nothing to say."""

import threading
import time
from contextlib import closing

from .scripted_oms import ScriptedOms
from .stand import Stand

ADD = ("INSERT INTO fact_orders_monitoring (order_id, status, order_type, total_amount, updated_at) "
       "SELECT gen_random_uuid(), %s, %s, %s, now() - %s * interval '1 hour' FROM generate_series(1, %s)")


class OrderShop:
    """`stack`: keeps what runs. `interval`: of the polls."""

    def __init__(self, stack, scratch, postgres, env=None, interval="1s"):
        self.oms = stack.enter_context(ScriptedOms())
        self.stand = stack.enter_context(
            Stand(scratch, postgres, shop=self.oms, env=env, changes={"interval": interval}))
        self._connection = stack.enter_context(closing(postgres.connect(self.stand.database)))
        self._lock = threading.Lock()
        self._rates, self._amount, self._due, self._since = {}, 0, {}, time.monotonic()

    def sql(self, statement, parameters=None):
        with self._lock, self._connection.cursor() as cursor:
            cursor.execute(statement, parameters)

    def add(self, count, status, order_type="delivery", hours_ago=0, amount=10):
        self.sql(ADD, (status, order_type, amount, hours_ago, count))

    def move(self, before, after):
        self.sql("UPDATE fact_orders_monitoring SET status = %s, updated_at = now() WHERE status = %s", (after, before))

    def report(self, job, failed, hours_ago=0):
        self.sql("SELECT o2o.report_batch_job(%s, 1, %s)", (job, failed))
        self.sql("UPDATE o2o.batch_jobs SET last_success_at = now() - %s * interval '1 hour' WHERE batch_job = %s", (hours_ago, job))

    def sell(self, rates, amount=10):
        """From now on: order type -> orders a second, each completed at once, for that amount. Customers write them."""
        self._rates, self._amount = rates, amount

    def write_sold(self):
        now = time.monotonic()
        for order_type, rate in self._rates.items():
            due = self._due.get(order_type, 0) + rate * (now - self._since)
            self._due[order_type] = due % 1
            if due >= 1:
                self.add(int(due), "COMPLETED", order_type, amount=self._amount)
        self._since = now


class Customers:
    """Order what the shops sell, for as long as the block lasts. However busy the machine is, none is left out."""

    def __init__(self, shops):
        self._shops = shops
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._order, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join(30)

    def _order(self):
        while not self._end.wait(0.25):
            for shop in self._shops:
                shop.write_sold()

