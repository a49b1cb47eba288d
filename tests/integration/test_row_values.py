# SPDX-License-Identifier: Apache-2.0
"""How values of an answer become labels, numbers and times, by YAML alone."""
import json
import subprocess

import pytest

from harness.exporter import Exporter, program
from harness.processes import clean_environment, wait_until
from harness.scripted_server import Answer, ScriptedServer

ZONE = "Asia/Ho_Chi_Minh"
TEN_UTC, TEN_THERE, MIDNIGHT_UTC = 1795168800, 1795143600, 1795132800  # of 20 November 2026


class Rows(ScriptedServer):
    """Answers with `rows`."""

    def __init__(self, rows):
        super().__init__(lambda asked: Answer(json.dumps(self.rows).encode(), headers={"Content-Type": "application/json"}))
        self.rows = rows


@pytest.fixture(name="upstream")
def running_upstream():
    with Rows([]) as upstream:
        yield upstream


def configured(scratch, upstream, *metrics, **keys):
    source = {"name": "rows", "interval": "300ms", "timeout": "250ms", "stale_after": "60s", "json": {"url": upstream.url},
              "metrics": [{"help": "A number.", **metric} for metric in metrics], **keys}
    path = scratch.file("rows.yml")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"sources": [source]}, file)
    return path


def becomes(exporter, name, expected, **labels):
    wait_until(lambda: exporter.samples().value(name, **labels) == expected, 20, f"{name}{labels} was {expected}", [exporter.child])


def rejected(exporter):
    return exporter.samples().total("o2o_source_rejected_rows_total", source="rows")


def polls(exporter):
    return exporter.samples().total("o2o_source_polls_total", source="rows")


def after_two_polls(exporter):
    before = polls(exporter)
    wait_until(lambda: polls(exporter) >= before + 2, 20, "two polls ended", [exporter.child])


def test_times_without_a_zone_are_of_the_one_that_is_told(scratch, upstream):
    upstream.rows = [{"k": "none", "at": "2026-11-20T10:00:00"}, {"k": "utc", "at": "2026-11-20T10:00:00Z"},
                     {"k": "database", "at": "2026-11-20 10:00:00+07"}]
    path = configured(scratch, upstream, {"name": "changed_seconds", "labels": {"k": "k"}, "value": "at", "unit": "time"}, timezone=ZONE)
    with Exporter(scratch, config=path) as exporter:
        becomes(exporter, "changed_seconds", TEN_THERE, k="none")
        becomes(exporter, "changed_seconds", TEN_UTC, k="utc")
        becomes(exporter, "changed_seconds", TEN_THERE, k="database")


def test_dates_written_as_numbers_are_dates(scratch, upstream):
    rows = {"text": ("20261120", MIDNIGHT_UTC), "number": (20261120, MIDNIGHT_UTC), "minutes": ("202611201000", TEN_UTC),
            "iso": ("2026-11-20", MIDNIGHT_UTC), "seconds": (TEN_UTC, TEN_UTC), "millis": (TEN_UTC * 1000, TEN_UTC),
            "never": ("9999-12-31T23:59:59Z", 253402300799), "before": ("1969-12-31T23:59:59Z", -1)}
    upstream.rows = [{"k": key, "at": at} for key, (at, _) in rows.items()] + [{"k": "spreadsheet", "at": 46346}]
    path = configured(scratch, upstream, {"name": "ends_seconds", "labels": {"k": "k"}, "value": "at", "unit": "time"})
    with Exporter(scratch, config=path) as exporter:
        for key, (_, seconds) in rows.items():
            becomes(exporter, "ends_seconds", seconds, k=key)
        samples = exporter.samples()
        assert samples.value("ends_seconds", k="spreadsheet") is None
        assert samples.value("o2o_source_rejected_rows_total", source="rows", reason="bad_value") >= 1


def test_a_count_of_none_is_0_where_it_was_1(scratch, upstream):
    upstream.rows = [{"state": "stuck"}, {"state": "fine"}]
    path = configured(scratch, upstream, {"name": "stuck", "aggregate": "count", "where": {"state": "stuck"}, "static_labels": {"shop": "north"}},
                      {"name": "listed", "aggregate": "count"}, {"name": "states", "aggregate": "count", "labels": {"state": "state"}})
    with Exporter(scratch, config=path) as exporter:
        becomes(exporter, "stuck", 1, shop="north")
        upstream.rows = [{"state": "fine"}]
        becomes(exporter, "stuck", 0, shop="north")
        upstream.rows = []
        becomes(exporter, "listed", 0)
        samples = exporter.samples()
        assert samples.series("states") == [] and samples.value("o2o_source_up", source="rows") == 1


def test_a_value_that_may_be_missing_rejects_nothing(scratch, upstream):
    upstream.rows = [{"v": "V1", "rating": 4.5}, {"v": "V2", "rating": None}, {"v": "V3"}]
    path = configured(scratch, upstream, {"name": "rating", "labels": {"v": "v"}, "value": "rating", "null": "skip"})
    with Exporter(scratch, config=path) as exporter:
        becomes(exporter, "rating", 4.5, v="V1")
        after_two_polls(exporter)
        assert len(exporter.samples().series("rating")) == 1 and rejected(exporter) == 0


def test_a_word_that_nobody_listed_is_the_rest(scratch, upstream):
    upstream.rows = [{"status": "ok"}]
    path = configured(scratch, upstream, {"name": "healthy", "value": "status", "values": {"ok": 1, "*": 0}})
    with Exporter(scratch, config=path) as exporter:
        becomes(exporter, "healthy", 1)
        upstream.rows = [{"status": "degraded"}]
        becomes(exporter, "healthy", 0)
        assert rejected(exporter) == 0


def test_where_finds_2_and_2_0(scratch, upstream):
    upstream.rows = [{"n": 2}, {"n": 2.0}, {"n": 3}]
    path = configured(scratch, upstream, {"name": "pairs", "aggregate": "count", "where": {"n": 2}},
                      {"name": "more", "aggregate": "count", "where": {"n": {"gt": 2}}})
    with Exporter(scratch, config=path) as exporter:
        becomes(exporter, "pairs", 2)
        becomes(exporter, "more", 1)


def test_an_answer_beyond_the_ceiling_of_bytes_keeps_the_last_good_one(scratch, upstream):
    upstream.rows = [{"v": "V1", "n": 1}]
    path = configured(scratch, upstream, {"name": "stock", "labels": {"v": "v"}, "value": "n"}, ceilings={"max_published": "64KiB"})
    with Exporter(scratch, config=path) as exporter:
        becomes(exporter, "stock", 1, v="V1")
        upstream.rows = [{"v": "L" * 900 + str(number), "n": 1} for number in range(100)]
        wait_until(lambda: exporter.samples().value("o2o_source_failures_total", source="rows", reason="too_large"), 20,
                   "a poll failed", [exporter.child])
        samples = exporter.samples()
        assert samples.series("stock") == [({"v": "V1"}, 1)] and samples.value("o2o_source_up", source="rows") == 0


def test_probe_says_what_it_assumed(scratch, upstream):
    upstream.rows = [{"at": "2026-11-20T10:00:00", "n": "1.234", "state": "fine"}]
    path = configured(scratch, upstream, {"name": "changed_seconds", "value": "at", "unit": "time"}, {"name": "price", "value": "n"},
                      {"name": "stuck", "aggregate": "count", "where": {"state": "stuck"}}, timezone=ZONE)
    ended = subprocess.run([program(), "probe", "rows", "--config.file", str(path)], env=clean_environment(), stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 0, ended.stderr
    for note in ("changed_seconds: the times of column `at` came without a zone, taken as those of Asia/Ho_Chi_Minh (`timezone`)",
                 "price: each text of column `n` with a point or comma would be another number with `decimal: \",\"`",
                 "stuck: `where` leaves out every row"):
        assert f"Note: {note}" in ended.stdout, ended.stdout
