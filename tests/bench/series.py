# SPDX-License-Identifier: Apache-2.0
"""Very many series: what they are, and an exporter that publishes them."""

import json
from contextlib import contextmanager
from pathlib import Path

from bench.files import FileServer
from bench.measure import WrongResult
from harness.exporter import Exporter
from harness.processes import wait_until
from harness.web import get_json

CITIES = ("hanoi", "danang", "saigon", "hue", "can-tho", "dalat", "vinh")
STATES = ("on_sale", "sold_out", "hidden")

# Polled once, then left alone for as long as anybody measures.
CONFIG = """
sources:
  - name: stock
    interval: 1d
    timeout: 10m
    stale_after: 7d
    json:
      url: {url}/stock
    ceilings:
      max_rows: 10000000
      max_series: 10000000
      max_published: 4GiB
    metrics:
      - name: shop_stock_left
        help: Pieces that are left, as of the last poll.
        labels: {{city: city, product: product, state: state, vendor_code: vendor_code}}
        value: left
"""


def rows(count):
    """(city, product, state, vendor code, pieces left), no two alike; a line of about 96 bytes each."""
    return [(CITIES[number % 7], f"product-{number * 31 % 997:03}", STATES[number * 7 % 3], f"V{number:07}",
             number * 7919 % 1000) for number in range(count)]


def lines(wanted):
    """The exposition's lines, in any order."""
    return {f'shop_stock_left{{city="{city}",product="{product}",state="{state}",vendor_code="{vendor}"}} {left}'
            for city, product, state, vendor, left in wanted}


def write_json(path, wanted):
    with open(path, "w", encoding="utf-8") as file:
        file.write("[")
        for number, (city, product, state, vendor, left) in enumerate(wanted):
            file.write(",\n" if number else "\n")
            file.write(json.dumps({"city": city, "product": product, "state": state, "vendor_code": vendor,
                                   "left": left}))
        file.write("\n]\n")


def write_words(path, wanted):
    """What bench_exposer reads."""
    with open(path, "w", encoding="utf-8") as file:
        file.writelines("\t".join(map(str, row)) + "\n" for row in wanted)


def wait_polled(exporter, count, deadline_seconds):
    """Until the exporter, which has one source, publishes `count` series of it."""
    def polled():
        state = get_json(f"{exporter.url}/api/v1/sources")["sources"][0]
        if state.get("last_error") or state["series"] not in (0, count):
            raise WrongResult(f"the exporter was to publish {count} series: {state}")
        return state["series"] == count

    wait_until(polled, deadline_seconds, f"{count} series were published", [exporter.child], interval=0.02)


@contextmanager
def published(scratch, wanted):
    """An exporter that has polled `wanted`, and publishes it."""
    with FileServer() as server:
        path = scratch.file("stock.json")
        write_json(path, wanted)
        server.show("/stock", path)
        config = scratch.file("stock.yml")
        Path(config).write_text(CONFIG.format(url=server.url), encoding="utf-8")
        with Exporter(scratch, config=config, flags=("--log.level=warn",)) as exporter:
            wait_polled(exporter, len(wanted), 300)
            yield exporter
