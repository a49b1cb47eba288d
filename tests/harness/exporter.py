# SPDX-License-Identifier: Apache-2.0
"""The exporter as a child process, and what its /metrics say."""

import os
import re
from decimal import Decimal
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from .processes import Child, NotReady, clean_environment, free_port, wait_until
from .scale_clock import scale_yaml
from .service import Service
from .web import answers_ok, get_json, request

ROOT = Path(__file__).resolve().parents[2]

# What the default configuration reads; a value from our own environment would lead the exporter elsewhere.
VARIABLE_PREFIXES = ("OMS_", "METABASE_", "QUESTION_ID_", "VENDOR_", "DISCOUNT_", "APP_", "O2O_")


# Durations of the shipped configuration that no faster clock of rules and polls makes shorter: the OMS keeps time as
# usual and is asked in whole minutes, and PostgreSQL takes the time it takes.
UNSCALED = ("overlap", "initial_lookback", "connect_timeout", "statement_timeout", "lock_timeout", "retention")


def write_config(path, factor=1, changes=None, unscaled=UNSCALED):
    """The shipped configuration on a clock that runs `factor` times faster. `changes`: key -> text to use instead
    of its value, unscaled: of the source of orders, else of all that comes before the sources. Returns `path`."""
    text = scale_yaml((ROOT / "exporter" / "config" / "default.yml").read_text(), factor, unscaled)
    above, orders, below = re.split(r"(?m)^(?=  - name: )", text + "  - name: ", maxsplit=2)
    for key, value in (changes or {}).items():
        # Also where it is a comment, which shows the default.
        line, new = re.compile(rf"(?m)^( *)(?:# )?{key}:(?: .*)?$"), rf"\g<1>{key}: {value}"
        orders, found = line.subn(new, orders)
        if not found:
            above, found = line.subn(new, above)
        if found != 1:
            raise NotReady(f"the key {key} appears {found} times in the configuration, not once")
    Path(path).write_text((above + orders + below).removesuffix("  - name: "))
    return path


def program():
    """The exporter to run: $O2O_EXPORTER, else what `make build` leaves."""
    path = Path(os.environ.get("O2O_EXPORTER") or ROOT / "build" / "o2o-exporter")
    if not os.access(path, os.X_OK):
        raise NotReady(f"there is no program at {path}: `make build` makes it")
    return path


class Samples:
    """The samples of one scrape."""

    def __init__(self, text):
        self.text = text
        self._samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]

    def series(self, name):
        """[(labels, value)] of one sample name (`..._total`, `..._bucket` included)."""
        return [(sample.labels, sample.value) for sample in self._samples if sample.name == name]

    def value(self, name, **labels):
        """The value of the one series with exactly these labels; None where there is none."""
        for found, value in self.series(name):
            if found == labels:
                return value
        return None

    def total(self, name, **labels):
        """The sum over all series that have these labels; 0 without any."""
        return sum(value for found, value in self.series(name) if labels.items() <= found.items())


class Exporter(Service):
    """Restarts keep the port. `config`: a configuration file; None: the default one, built in. `stderr`: the path of what
    its log goes to instead of the child's."""

    def __init__(self, scratch, oms_url=None, api_key=None, dsn=None, config=None, flags=(), env=None,
                 name="exporter", stderr=None):
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.address}"
        self._log = os.path.join(scratch.folder(name), "log")
        self.config = config
        self._stderr = stderr
        self._argv = [*(["--config.file", str(config)] if config else []),
                      f"--web.listen-address={self.address}", *flags]
        given = {"OMS_URL": oms_url, "OMS_API_KEY": api_key, "PG_DSN": dsn, "APP_PORT": str(self.port), **(env or {})}
        inherited = {key: value for key, value in clean_environment().items()
                     if not key.startswith(VARIABLE_PREFIXES)}
        self._env = {**inherited, **{key: value for key, value in given.items() if value is not None}}
        self.child = None

    def start(self, ready_seconds=30):
        """Waits until it answers; that it is ready (has polled) is what wait_ready() waits for."""
        elsewhere = ["/bin/sh", "-c", 'exec "$@" 2>"$0"', self._stderr] if self._stderr else []
        self.child = Child("o2o-exporter", [*elsewhere, program(), *self._argv], self._log, env=self._env)
        wait_until(lambda: answers_ok(f"{self.url}/-/healthy"), ready_seconds, "the exporter answered", [self.child])
        return self

    def wait_ready(self, seconds=30):
        wait_until(lambda: answers_ok(f"{self.url}/-/ready"), seconds, "the exporter was ready", [self.child])
        return self

    def running(self):
        return self.child is not None and self.child.running()

    def stop(self):
        """Its exit status."""
        return self.child.stop() if self.child else None

    def kill(self):
        return self.child.kill() if self.child else None

    def samples(self):
        status, _, body = request(f"{self.url}/metrics")
        if status != 200:
            raise OSError(f"{self.url}/metrics answered {status}")
        return Samples(body.decode())

    def sources(self):
        return get_json(f"{self.url}/api/v1/sources")


def differences(samples, truth):
    """Where the exporter's order counters are not the simulator's truth, in words; [] where they agree exactly. Money
    is compared as decimal text, not as a double."""
    found = []

    def compare(name, labels, expected):
        value = samples.value(name, **labels)
        if value is None:
            if expected:
                found.append(f"{name}{labels} is missing, the truth is {expected}")
        elif value != expected:
            found.append(f"{name}{labels} is {value:g}, the truth is {expected}")

    for order_type, count in truth["ingested"].items():
        compare("o2o_orders_ingested_total", {"order_type": order_type}, count)
    for order_type, count in truth["completed"].items():
        compare("o2o_orders_completed_total", {"order_type": order_type}, count)
    for order_type, statuses in truth["failed"].items():
        for status, count in statuses.items():
            compare("o2o_orders_failed_total", {"order_type": order_type, "status": status}, count)
    for order_type, statuses in truth["open"].items():
        for status, count in statuses.items():
            compare("o2o_orders_open", {"order_type": order_type, "status": status}, count)
    for order_type, amount in truth["completed_amount"].items():
        line = f'o2o_orders_completed_amount_total{{order_type="{order_type}"}} '
        shown = [row[len(line):] for row in samples.text.splitlines() if row.startswith(line)]
        if [Decimal(text) for text in shown] != [Decimal(amount)] and (shown or Decimal(amount)):
            found.append(f"{line.strip()} is {' '.join(shown) or 'missing'}, the truth is {amount}")
    if samples.total("o2o_orders_ingested_total") != truth["orders"]:
        found.append(f"all of o2o_orders_ingested_total are {samples.total('o2o_orders_ingested_total'):g}, the truth is {truth['orders']}")
    for name, known in (("o2o_orders_completed_total", truth["completed"]), ("o2o_orders_failed_total", truth["failed"]),
                        ("o2o_orders_open", truth["open"])):
        for labels, value in samples.series(name):
            kinds = known.get(labels["order_type"])
            if value and (kinds is None or "status" in labels and labels["status"] not in kinds):
                found.append(f"{name}{labels} is {value:g}, the truth is that there is none")
    return found


def counting_differences(samples, transitions, endings):
    """Where the counters of what happened between polls differ from the rows of the database, in words; [] where
    they are exactly these and no others. The shop's account cannot know them: an order may pass a status unseen, or be
    seen only when it has ended. `transitions`: (from, to) -> status changes seen. `endings`: (order type, outcome) ->
    endings of orders that had been seen open, each order's completion and each of its failed statuses once."""
    found = []

    def compare(name, expected, labels):
        shown = {tuple(series[label] for label in labels): value for series, value in samples.series(name)}
        for key in sorted(shown.keys() | expected.keys()):
            if shown.get(key, 0) != expected.get(key, 0):
                found.append(f"{name}{dict(zip(labels, key))} is {shown.get(key, 0):g}, the truth is {expected.get(key, 0)}")

    compare("o2o_order_transitions_total", transitions, ("from", "to"))
    compare("o2o_order_duration_seconds_count", endings, ("order_type", "outcome"))
    return found


def vendor_differences(samples, truth):
    """Where the exporter's vendor series are not the simulator's truth of its vendors, in words; [] where they are
    exactly these and no others."""
    expected = {"vendor_online": {}, "vendor_products": {}, "vendor_discount_stock": {}}
    for code, vendor in truth["vendors"].items():
        labels = {"vendor_code": code, "vendor_name": vendor["name"]}

        def expect(name, value, labels=labels, **more):
            expected[name][frozenset({**labels, **more}.items())] = value

        expect("vendor_online", int(vendor["status"] == "online"))
        for state, count in vendor["products"].items():
            expect("vendor_products", count, state=state)
        for product, left in vendor["discount_stock"].items():
            expect("vendor_discount_stock", left, product=product)
    found = []
    for name, series in expected.items():
        shown = {frozenset(labels.items()): value for labels, value in samples.series(name)}
        for labels in sorted(series.keys() | shown.keys(), key=sorted):
            if shown.get(labels) != series.get(labels):
                value, true_value = shown.get(labels, "missing"), series.get(labels, "that there is none")
                found.append(f"{name}{dict(sorted(labels))} is {value}, the truth is {true_value}")
    return found
