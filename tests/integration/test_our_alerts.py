# SPDX-License-Identifier: Apache-2.0
"""Alerts on what the exporter itself publishes: each has a trouble of its own, in one of several shops that one Prometheus scrapes
side by side, since what happens in one silences nothing in another. See harness/every_alert.py."""

from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from harness.every_alert import FACTOR, Way, in_rhythm, shown_in
from harness.exporter import Exporter
from harness.live_business import LiveBusiness, Sale
from harness.order_shop import OrderShop
from harness.preloaded import SetClock
from harness.prometheus import Prometheus
from harness.scratch import Scratch
from harness.scripted_oms import row
from harness.simulator import Simulator
from harness.stand import Stand
from harness.web import post_json, request

VENDORS = {f"V{number:03d}": f"Vendor {number}" for number in range(1, 11)}
QUESTIONS = {"status": 7163, "products": 7196, "stock": 7179}
SALES_FACTOR = 10  # their polls have timeouts, which a busy machine needs


class Vendors:
    """A simulated shop whose Metabase says what is to be shown of its vendors."""

    def __init__(self, stack, scratch, postgres):
        self.simulator = stack.enter_context(
            Simulator(scratch, ["--rate", "600", "--speed", "60", "--failure-ratio", "0"], metabase=True))
        self.simulator.control(vendors_paused=True)
        self.show()
        self.stand = stack.enter_context(
            Stand(scratch, postgres, shop=self.simulator, factor=FACTOR, env=self.simulator.metabase_env))
        self._config = Path(self.stand.config).read_text()

    def show(self, offline=(), stock=None):
        """All are online, each with 30 pieces of Gyoza, but for those named."""
        rows = {
            "status": (["Status"], [["offline" if code in offline else "online"] for code in VENDORS]),
            "products": (["State", "Products"], [["active", 20] for _ in VENDORS]),
            "stock": (["Product", "Stock Left"], [["Gyoza", (stock or {}).get(code, 30)] for code in VENDORS]),
        }
        for question, (columns, values) in rows.items():
            data = [[code, name, *value] for (code, name), value in zip(VENDORS.items(), values)]
            post_json(f"{self.simulator.url}/control/metabase/card/{QUESTIONS[question]}",
                      {"columns": ["Vendor Code", "Vendor Name", *columns], "data": data})

    def configure(self, more=""):
        Path(self.stand.config).write_text(self._config + more)
        request(f"{self.stand.exporter.url}/-/reload", "POST")


class Estate(Way):
    """Named after what will happen in each shop."""

    def __init__(self, stack, scratch, postgres):
        super().__init__(scratch)
        self.vendors = Vendors(stack, scratch, postgres)
        self.page, self.ticket, self.away, self.unmeasured = (OrderShop(stack, scratch, postgres) for _ in range(4))
        self.clock = stack.enter_context(SetClock(scratch))
        self.late = OrderShop(stack, scratch, postgres, env=self.clock.env)
        self.sales = stack.enter_context(LiveBusiness("stalls", "errs", "queues", "sells"))
        config = scratch.file("sales.yml")
        Path(config).write_text("sources:\n")
        self.sales.add_to(config, SALES_FACTOR)
        self.replicas = [stack.enter_context(Exporter(scratch, config=config, name=f"trade-{each}")) for each in "ab"]

    def targets(self):
        shops = {
            "vendors": [self.vendors.stand.exporter], "trade": self.replicas, "gone": self.replicas[:1],
            **{name: [getattr(self, name).stand.exporter] for name in ("page", "ticket", "away", "unmeasured", "late")}}
        return [{"targets": [exporter.address for exporter in exporters], "labels": {"shop": shop}}
                for shop, exporters in shops.items()]


@pytest.fixture(name="estate")
def running_estate(postgres):
    with Scratch() as scratch, ExitStack() as stack:
        estate = stack.enter_context(Estate(stack, scratch, postgres))
        estate.prometheus = stack.enter_context(
            Prometheus(scratch, {"o2o-exporter": estate.targets()}, estate.alertmanager.address, FACTOR, edit=in_rhythm()))
        yield estate


def without_some(text):
    """Prometheus' configuration, where somebody takes out a shop, and drops counters because they are many."""
    config = yaml.safe_load(text)
    job = next(job for job in config["scrape_configs"] if job["job_name"] == "o2o-exporter")
    job["static_configs"] = [each for each in job["static_configs"] if each["labels"]["shop"] != "gone"]
    job["metric_relabel_configs"] = [
        {"source_labels": ["shop", "__name__"], "regex": "unmeasured;o2o_orders_.*_total", "action": "drop"}]
    return yaml.safe_dump(config, sort_keys=False)


def break_everything(estate):
    estate.prometheus.reload(without_some)
    estate.replicas[1].kill()
    estate.vendors.show(offline=list(VENDORS)[:4], stock={"V005": 0, "V006": 2})
    estate.vendors.simulator.control(limit_cap=5)
    estate.vendors.configure("nonsense: true\n")
    estate.page.add(30, "FAILED")
    estate.page.add(30, "COMPLETED")
    estate.page.add(30, "PENDING", hours_ago=1)
    estate.ticket.add(1000, "COMPLETED")
    estate.ticket.add(5, "FAILED", "pickup")
    estate.ticket.add(20, "COMPLETED", "pickup")
    estate.ticket.add(8, "PENDING", hours_ago=1)
    estate.ticket.add(2, "ON_HOLD")
    estate.ticket.oms.page = [row(f"R-{number}", "PENDING", "2026-01-01T00:00:00Z", total_amount="ten") for number in range(3)]
    estate.ticket.report("aggregate", failed=True)
    estate.ticket.report("retention", failed=False, hours_ago=240)
    estate.away.oms.status = 500
    estate.clock.set(3600)
    estate.sales.run_sale("stalls", Sale(accepted=0))
    estate.sales.run_sale("errs", Sale(errors=20))
    estate.sales.run_sale("queues", Sale(queue=2500))
    estate.sales.run_sale("sells", Sale(half_life=7))
    estate.sales.away = {"/monitoring/shop"}


def recover(estate):
    estate.prometheus.reload()
    estate.replicas[1].start()
    estate.vendors.show()
    estate.vendors.configure()
    estate.vendors.simulator.control(limit_cap=0)
    for shop in (estate.page, estate.ticket):
        for status in ("PENDING", "ON_HOLD"):
            shop.move(status, "COMPLETED")
    for job in ("aggregate", "retention"):
        estate.ticket.report(job, failed=False)
    estate.ticket.oms.page = []
    estate.away.oms.status = 200
    estate.clock.set(0)
    for name in ("stalls", "errs", "queues", "sells"):
        estate.sales.run_sale(name, Sale())
    estate.sales.away = set()


def test_alerts_from_the_exporter(estate):
    expected = shown_in(Path(__file__).stem)
    for job in ("aggregate", "retention"):
        estate.ticket.report(job, failed=False)
    estate.until(lambda: estate.prometheus.number("count(job_vendor:vendor_board:band)") == 3 * len(VENDORS), "the board was filled")
    estate.until(lambda: estate.prometheus.number('job:o2o_orders_failed:increase10m{shop="page"}') == 0, "10 minutes had passed")
    estate.until_quiet(expected)

    break_everything(estate)
    estate.until_fired(expected)
    recover(estate)
    estate.until_resolved(expected)
