#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What our way of a Metabase answer to an exposition is held against: the usual one in Python. Fetches the answer,
parses it, makes a sample of each row, renders them.

    reference_metabase.py URL HOW [FILE]

HOW: `gauge` sets a gauge for each row, as most exporters do; `family` collects the rows without any gauges, which is
the cheapest way that prometheus_client has. FILE, if given, gets the exposition."""

import os
import sys

import requests
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import GaugeMetricFamily

NAME = "vendor_stock_left"
HELP = "Pieces that the vendor has left, as of the last poll."
LABELS = ["vendor_code", "vendor_name", "product"]
COLUMNS = ["Vendor Code", "Vendor Name", "Product"]
VALUE = "Stock Left"


def fetch(url):
    with requests.Session() as session:
        session.trust_env = False  # no proxy, no netrc
        answer = session.post(url, data={"parameters": "[]", "format_rows": "false"}, timeout=120,
                              headers={"X-API-KEY": os.environ["METABASE_API_KEY"]})
    answer.raise_for_status()
    return answer.json()


def into_gauges(registry, rows):
    gauge = Gauge(NAME, HELP, LABELS, registry=registry)
    for row in rows:
        gauge.labels(*[row[column] for column in COLUMNS]).set(row[VALUE])


def into_family(registry, rows):
    class Rows:
        def collect(self):
            family = GaugeMetricFamily(NAME, HELP, labels=LABELS)
            for row in rows:
                family.add_metric([row[column] for column in COLUMNS], row[VALUE])
            yield family

    registry.register(Rows())


def main():
    url, how, *file = sys.argv[1:]
    registry = CollectorRegistry(auto_describe=False)
    {"gauge": into_gauges, "family": into_family}[how](registry, fetch(url))
    text = generate_latest(registry)
    if file:
        with open(file[0], "wb") as output:
            output.write(text)
    print(text.count(b"\n" + NAME.encode()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
