#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the README to the program: the metrics table is the program's own, its addresses are all that are served, links lead somewhere. With UPDATE=1 it rewrites the table."""

import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
TABLE = re.compile(r"(<!-- metrics: .*? -->\n)(.*?)(<!-- /metrics -->)", re.S)


def program():
    path = pathlib.Path(os.environ.get("O2O_EXPORTER") or ROOT / "build" / "o2o-exporter")
    assert os.access(path, os.X_OK), f"there is no program at {path}: `make build` makes it"
    return path


def test_metrics_table_is_the_programs_own():
    table = subprocess.run([program(), "metrics"], check=True, capture_output=True, text=True, timeout=30).stdout
    text = README.read_text()
    if os.environ.get("UPDATE") == "1":
        README.write_text(TABLE.sub(lambda match: match.group(1) + table + match.group(3), text))
        return
    assert TABLE.search(text).group(2) == table, "after a change of the catalogue: UPDATE=1 /usr/bin/python3 -m pytest tests/structure"


def closed_values(metric):
    """The values of the metric's closed label as `o2o-exporter metrics` prints them."""
    return set(re.findall(r"`(\w+)`", re.search(rf"^\| `{metric}` \| \w+ \| (`.*) \|$", README.read_text(), re.M).group(1)))


def test_each_reason_of_failure_has_its_advice():
    """The table of what is wrong names every reason, and no other."""
    advice = README.read_text().split("## When something is wrong")[1].split("\n## ")[0]
    named = set()
    for row in re.findall(r"^\| ([^|]*`reason=[^|]*) \|", advice, re.M):
        named |= set(re.findall(r"`(?:reason=)?([a-z_]+)`", row))
    assert named == closed_values("o2o_source_failures_total")


def test_addresses_are_those_that_are_served():
    table = README.read_text().split("It answers at\n")[1].split("###")[0]
    named = {address for row in re.findall(r"^\| (`.*?`) \|", table, re.M) for address in re.findall(r"`(.*?)`", row)}
    served = set(re.findall(r'get\("(.*?)"', (ROOT / "exporter/src/web/pages.cc").read_text()))
    assert {address.removeprefix("POST ").replace("NAME", "") for address in named} == served


def test_help_names_every_address():
    said = subprocess.run([program(), "--help"], check=True, capture_output=True, text=True, timeout=30).stdout
    named = set(re.findall(r"/[\w/-]*(?:NAME)?", said.split("It answers on")[1].split("Exit status")[0].partition("\n")[2]))
    served = set(re.findall(r'get\("(.*?)"', (ROOT / "exporter/src/web/pages.cc").read_text()))
    assert served <= {address.removesuffix("NAME") for address in named}


def test_links_lead_somewhere():
    for page in [README, ROOT / "ARCHITECTURE.md", *ROOT.glob("docs/*.md"), *ROOT.glob("*/README.md")]:
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name} links to {link}"
