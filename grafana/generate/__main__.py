# SPDX-License-Identifier: Apache-2.0
"""Writes grafana/dashboards/*.json from the modules beside this file (`make dashboards`). The JSON is committed: it is what
Grafana reads, and what a change is reviewed by. A test holds the two together."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

# pylint: disable=wrong-import-position
from generate import alerts, api, business, exporter, flash_sale, home, infrastructure, order_explorer, orders, slo, vendors

DASHBOARDS = Path(__file__).resolve().parents[1] / "dashboards"

# File name -> page. Name and uid are a contract: Grafana does not take a file whose path stayed and whose uid changed.
PAGES = {
    "home.json": home.page,
    "orders.json": orders.page,
    "order-explorer.json": order_explorer.page,
    "vendors.json": vendors.page,
    "business.json": business.page,
    "flash-sale.json": flash_sale.page,
    "api.json": api.page,
    "infrastructure.json": infrastructure.page,
    "exporter.json": exporter.page,
    "slo.json": slo.page,
    "alerts.json": alerts.page,
}


def rendered():
    return {name: json.dumps(page().model(), indent=1, ensure_ascii=False) + "\n" for name, page in PAGES.items()}


def main():
    DASHBOARDS.mkdir(exist_ok=True)
    for name, content in rendered().items():
        (DASHBOARDS / name).write_text(content, encoding="utf-8")
        print(f"wrote grafana/dashboards/{name}")


if __name__ == "__main__":
    main()
