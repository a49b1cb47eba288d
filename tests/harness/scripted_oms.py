# SPDX-License-Identifier: Apache-2.0
"""An OMS that answers what a test says, page by page: for sequences and words that no living shop comes up with."""

import json
import time
from email.utils import formatdate

from .scripted_server import Answer, ScriptedServer


def row(order_id, status, updated_at, **fields):
    return {"order_id": order_id, "customer_id": "C-1", "customer_name": "An Lê", "status": status,
            "order_type": "delivery", "total_amount": "10.00", "updated_at": updated_at, "item_name": "Phở",
            "item_detail": None, **fields}


class ScriptedOms(ScriptedServer):
    """`page`: the rows shown from now on; `date`: the OMS's clock in seconds, None: the real one; `status`: of the answer.
    Setting `page` is seen whole by every request that begins after it."""

    api_key = "scripted-key"

    def __init__(self, page=(), port=0):
        super().__init__(self._show, port)
        self.page = list(page)
        self.date = None
        self.status = 200

    def _show(self, _asked):
        rows = self.page
        counts = {}
        for shown in rows:
            counts[shown["status"]] = counts.get(shown["status"], 0) + 1
        body = json.dumps({"total": len(rows), "statusCounts": counts, "data": rows}).encode()
        now = time.time() if self.date is None else self.date
        return Answer(body, status=self.status, headers={"Date": formatdate(now, usegmt=True), "Content-Type": "application/json"})
