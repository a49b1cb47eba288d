#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the README to the program: the metrics table is the program's own, its addresses are all that are served, links lead somewhere. With UPDATE=1 it rewrites the table."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from harness.exporter import Exporter, program
from harness.scratch import Scratch
from harness.web import request

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
TABLE = re.compile(r"(<!-- metrics: .*? -->\n)(.*?)(<!-- /metrics -->)", re.S)


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


@pytest.fixture(name="served", scope="module")
def what_an_exporter_serves():
    """{"GET /metrics", ..., "POST /-/reload"}, as the answer to an unknown path lists them; tests/integration/test_web.py shows that each answers."""
    with Scratch() as scratch:
        config = Path(scratch.file("sources.yml"))
        config.write_text("sources: [{name: flags, json: {url: http://127.0.0.1:1/}, metrics: [{name: flag_on, help: On., value: $value}]}]\n")
        with Exporter(scratch, config=config) as exporter:
            status, _, body = request(f"{exporter.url}/nothing")
    listed = {" ".join(line.split()) for line in body.decode().splitlines()[1:]}
    assert status == 404 and len(listed) > 5
    return listed


def as_listed(address):
    """`/api/NAME` as the exporter lists it: GET /api/..."""
    return (address if address.startswith("POST ") else f"GET {address}").replace("NAME", "...")


def test_addresses_are_those_that_are_served(served):
    table = README.read_text().split("It answers at\n")[1].split("###")[0]
    named = {address for row in re.findall(r"^\| (`.*?`) \|", table, re.M) for address in re.findall(r"`(.*?)`", row)}
    assert {as_listed(address) for address in named} == served


def test_help_names_every_address(served):
    said = subprocess.run([program(), "--help"], check=True, capture_output=True, text=True, timeout=30).stdout
    lines = said.split("It answers on")[1].split("Exit status")[0].splitlines()[1:]
    named = {address for line in lines for address in re.split(r", ", line.strip().partition("  ")[0]) if address}
    assert {as_listed(address) for address in named} == served


def test_links_lead_somewhere():
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("*/README.md")]:
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name} links to {link}"
