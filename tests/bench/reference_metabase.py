#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What our way of a Metabase answer to an exposition is held against: the usual one in Python. Fetches the answer,
parses it, makes a sample of each row, renders them.

    reference_metabase.py URL HOW [FILE]

HOW: `gauge` sets a gauge for each row, as most exporters do; `family` collects the rows without any gauges, which is
the cheapest way that prometheus_client has. FILE, if given, gets the exposition."""

import json
import os
import sys
import urllib.request
import zlib

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import GaugeMetricFamily

NAME = "vendor_stock_left"
HELP = "Pieces that the vendor has left, as of the last poll."
LABELS = ["vendor_code", "vendor_name", "product"]
COLUMNS = ["Vendor Code", "Vendor Name", "Product"]
VALUE = "Stock Left"


def fetch(url):
    asked = urllib.request.Request(url, data=b"parameters=[]&format_rows=false", method="POST", headers={
        "X-API-KEY": os.environ["METABASE_API_KEY"], "Accept-Encoding": "gzip"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(asked, timeout=120) as answer:
        body = answer.read()
        packed = answer.headers.get("Content-Encoding") == "gzip"
    return json.loads(zlib.decompress(body, wbits=31) if packed else body)


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
