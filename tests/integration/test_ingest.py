# SPDX-License-Identifier: Apache-2.0
"""`ingest --since`, the catch-up run: what it reports at its end, and what a terminal shows meanwhile."""
import datetime
import itertools
import json
import os
import pty
import re
import signal
import subprocess
import threading

import pytest

from harness.exporter import program
from harness.processes import clean_environment, wait_until


# Begins where the line of progress does, and so writes over it.
LOG_LINE = re.compile(r"(?<=[\r\n])ts=[^\n]*\n")


@pytest.fixture(name="shop")
def shop_with_orders(stand):
    """Its exporter has made the schema and is gone; 50 orders have not been taken in."""
    shop = stand(changes={"lock_timeout": "60s", "statement_timeout": "60s", "limit": "20"})
    assert shop.exporter.stop() == 0
    shop.simulator.seed(50)
    return shop


def ingest(shop, *flags, stderr=subprocess.PIPE, time=("--since", "1h")):
    """The run, started."""
    environment = clean_environment(OMS_URL=shop.simulator.url, OMS_API_KEY=shop.simulator.api_key, PG_DSN=shop.dsn)
    return subprocess.Popen([program(), "ingest", *time, "--config.file", str(shop.config), *flags], env=environment,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_interrupted_while_the_database_hangs_is_a_failure(shop, how):
    connection = shop.lock_orders()
    try:
        run = ingest(shop)
        shop.until_blocked()
        run.send_signal(how)
        said, wrong = run.communicate(timeout=20)
    finally:
        connection.close()
    assert run.returncode == 1, wrong
    assert said == b"" and b"interrupted" in wrong and b"uncommitted" in wrong
    assert b"level=error" in wrong


def test_interrupted_while_the_oms_is_silent_is_a_failure(shop):
    shop.simulator.control(fault="silent")
    asked = shop.simulator.stats()["requests"]
    run = ingest(shop)
    wait_until(lambda: shop.simulator.stats()["requests"] > asked, 20, "the OMS was asked")
    run.send_signal(signal.SIGTERM)
    said, wrong = run.communicate(timeout=20)
    assert run.returncode == 1 and said == b"" and b"ingest failed" in wrong


def test_without_a_terminal_it_says_its_result_and_nothing_else(shop):
    said, wrong = ingest(shop).communicate(timeout=30)
    assert said == b"inserted 50, updated 0, unchanged 0, stale 0, rejected 0\n"
    assert b"\r" not in wrong and b"ingest:" not in wrong


def test_what_was_taken_in_is_said_although_more_is_missing(shop):
    shop.simulator.control(limit_cap=30)
    run = ingest(shop)
    said, wrong = run.communicate(timeout=30)
    assert run.returncode == 3 and b"older ones are missing" in wrong
    assert said == b"inserted 30, updated 0, unchanged 0, stale 0, rejected 0\n"


def on_a_terminal(shop, meanwhile=lambda: None, **run_options):
    """(exit status, stdout, what the terminal was sent)."""
    ours, theirs = pty.openpty()
    run = ingest(shop, stderr=theirs, **run_options)
    os.close(theirs)
    shown = []

    def read():
        try:
            while piece := os.read(ours, 4096):
                shown.append(piece)
        except OSError:
            pass  # its other end was closed

    reader = threading.Thread(target=read)
    reader.start()
    try:
        meanwhile()
        said, _ = run.communicate(timeout=30)
    finally:
        run.kill()
        reader.join(10)
        os.close(ours)
    return run.returncode, said.decode(), b"".join(shown).decode()


def lines_of(shown):
    """The successive texts of the line of progress."""
    return [line.rstrip() for line in LOG_LINE.sub("", shown).split("\r") if line.strip()]


def test_a_terminal_shows_one_line_of_progress_that_goes_away(shop):
    status, said, shown = on_a_terminal(shop)
    assert (status, said) == (0, "inserted 50, updated 0, unchanged 0, stale 0, rejected 0\n")
    lines = lines_of(shown)
    assert all(re.fullmatch(r"ingest: .*, \d+s", line) and len(line) < 80 for line in lines), lines
    phases = [phase for phase, _ in itertools.groupby(re.sub(r", \d+s$", "", line) for line in lines)]
    assert phases[0] == "ingest: asking the database where to begin"
    assert re.fullmatch(r"ingest: asking for 6[0-9] min, at most 20 rows", phases[1])
    assert re.fullmatch(r"ingest: asking for 6[0-9] min, at most 80 rows, 20 so far", phases[2])
    assert re.fullmatch(r"ingest: storing 50 rows", phases[-1])
    # One line, written over and over, and blank when it ends.
    rest = LOG_LINE.sub("", shown)  # a log line may come after it
    assert "\n" not in rest and re.search(r"\r +\r$", rest)


def test_the_line_shows_time_passing_while_nothing_else_happens(shop):
    connection = shop.lock_orders()

    def let_go_later():
        shop.until_blocked()
        threading.Event().wait(2.5)
        connection.close()

    status, _, shown = on_a_terminal(shop, let_go_later)
    assert status == 0
    seconds = {int(line.rsplit(", ", 1)[1][:-1]) for line in lines_of(shown)}
    assert len(seconds) >= 2, shown


def test_a_failure_begins_on_a_line_of_its_own(shop):
    shop.simulator.control(fault="status_500")
    status, said, shown = on_a_terminal(shop)
    assert (status, said) == (1, "")
    assert re.search(r"\r +\rts=\S+ level=error msg=\"ingest failed\"", shown), shown


# --- for scripts ---

NOTHING = {"inserted": 0, "updated": 0, "unchanged": 0, "stale": 0, "rejected": 0}


def as_json(run):
    """(exit status, what was said); it is one line."""
    said, _ = run.communicate(timeout=60)
    assert said.count(b"\n") == 1
    said = json.loads(said)
    back_to = said.pop("back_to", None)
    assert (back_to is None) == (said["result"] == "failed" or said.get("reason") == "truncated"), said
    return run.returncode, said


def test_scripts_get_json_of_every_end(shop):
    shop.simulator.control(limit_cap=30)
    status, said = as_json(ingest(shop, "--output=json"))
    assert (status, said["result"], said["inserted"], said["reason"]) == (3, "incomplete", 30, "truncated")
    shop.simulator.control(limit_cap=0)
    assert as_json(ingest(shop, "--output=json")) == (0, {"result": "complete", **NOTHING, "inserted": 20, "unchanged": 30})
    shop.simulator.control(fault="status_500")
    status, said = as_json(ingest(shop, "--output=json"))
    assert (status, said["result"], {name: said[name] for name in NOTHING}) == (1, "failed", NOTHING)
    assert said["reason"] and "500" in said["error"]


# --- window after window ---

DAY = ("--since", "24h")


@pytest.fixture(name="old_shop")
def shop_of_a_day(stand):
    """Ten orders each that last changed 20 hours, 5 hours and half an hour ago; none has been taken in."""
    shop = stand(changes={"lock_timeout": "60s", "statement_timeout": "60s"})
    assert shop.exporter.stop() == 0
    for hours in (20, 5, 0.5):
        shop.simulator.control(clock_skew_seconds=-hours * 3600)
        shop.simulator.seed(10)
    shop.simulator.control(clock_skew_seconds=0)
    return shop


def hours_asked(shop, since):
    """Of the requests after the first so many."""
    stats = shop.simulator.stats()
    return [query["minutes"] // 60 for query in stats["recent_queries"][len(stats["recent_queries"]) - stats["requests"] + since:]]


def test_each_window_is_taken_in_by_itself_and_said_in_a_line(old_shop):
    asked = old_shop.simulator.stats()["requests"]
    said, wrong = ingest(old_shop, time=DAY).communicate(timeout=60)
    assert said == b"inserted 30, updated 0, unchanged 0, stale 0, rejected 0\n"
    lines = re.findall(r'msg="window stored" window=(\d) of=3 back_to=\S+ rows=(\d+) inserted=(\d+)', wrong.decode())
    assert lines == [("1", "10", "10"), ("2", "20", "10"), ("3", "30", "10")], wrong
    assert hours_asked(old_shop, asked) == [1, 6, 24]
    assert old_shop.row_differences() == []


def test_a_terminal_shows_windows_rows_rate_and_time_left(old_shop):
    _, said, shown = on_a_terminal(old_shop, time=DAY)
    assert said.startswith("inserted 30,")
    lines = lines_of(shown)
    assert all(len(line) < 80 for line in lines), lines
    assert lines[0].startswith("ingest: asking the database where to begin, ")
    assert re.fullmatch(r"ingest \[-{10}\] 1 of 3: asking for 9\d min, \d+s", lines[1]), lines
    assert any(re.fullmatch(r"ingest \[##-{8}\] 3 of 3: storing 10 rows, 20 rows, \d+/s, \d+s left, \d+s", line) for line in lines), lines


def test_a_window_that_fails_leaves_the_others_and_the_next_run_continues_there(old_shop):
    old_shop.simulator.control(fault="status_500", fault_minutes=1000)
    status, said = as_json(ingest(old_shop, "--output=json", time=DAY))
    assert (status, said["result"], said["inserted"], said["reason"]) == (3, "incomplete", 20, "http_status")
    assert re.match(r"all since 20\S+Z is stored, but what is older is missing: .*500", said["error"])
    old_shop.simulator.control(fault="none")
    asked = old_shop.simulator.stats()["requests"]
    assert as_json(ingest(old_shop, "--output=json", time=DAY)) == (0, {"result": "complete", **NOTHING, "inserted": 10, "unchanged": 20})
    assert hours_asked(old_shop, asked) == [24]
    assert old_shop.row_differences() == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_it_continues_where_it_ended(old_shop, how):
    old_shop.simulator.control(fault="silent", fault_minutes=1000)
    run = ingest(old_shop, "--output=json", time=DAY)
    wait_until(lambda: old_shop.sql("SELECT count(*)::int FROM fact_orders_monitoring") == [(20,)]
               and old_shop.simulator.stats()["last_query"]["minutes"] > 1000, 30, "the third window was asked for")
    run.send_signal(how)
    if how == signal.SIGINT:
        status, said = as_json(run)
        assert (status, said["result"], said["inserted"], said["reason"]) == (3, "incomplete", 20, "cancelled")
    else:
        run.communicate(timeout=60)
    old_shop.simulator.control(fault="none")
    asked = old_shop.simulator.stats()["requests"]
    said, wrong = ingest(old_shop, time=DAY).communicate(timeout=60)
    assert said.startswith(b"inserted 10, ") and b'msg="taking up an interrupted run"' in wrong
    assert hours_asked(old_shop, asked) == [24]
    assert old_shop.row_differences() == []


def test_two_times_name_what_is_taken_in(old_shop):
    now = datetime.datetime.now(datetime.timezone.utc)
    ago = [(now - datetime.timedelta(hours=hours)).isoformat() for hours in (10, 2)]
    status, said = as_json(ingest(old_shop, "--output=json", time=("--from", ago[0], "--to", ago[1])))
    assert (status, said) == (0, {"result": "complete", **NOTHING, "inserted": 10})
    assert old_shop.sql("SELECT count(*)::int FROM fact_orders_monitoring WHERE updated_at BETWEEN now() - interval '6h' AND now() - interval '4h'") == [(10,)]
    assert all(watermark is None for _, watermark, _ in watermarks(old_shop)), "the exporter still takes in all since"


# --- faults, and company ---

def watermarks(shop):
    return shop.sql("SELECT source, watermark, gaps FROM ingest_sources")


def test_a_window_without_orders_is_complete(stand):
    shop = stand()
    assert shop.exporter.stop() == 0
    assert as_json(ingest(shop, "--output=json")) == (0, {"result": "complete", **NOTHING})

@pytest.mark.parametrize("fault", ["cut", "truncated_json", "status_503"])
def test_an_oms_that_fails_half_way_leaves_nothing_half_written_and_the_next_run_takes_all(shop, fault):
    before = watermarks(shop)
    shop.simulator.control(fault=fault)
    assert as_json(ingest(shop, "--output=json"))[0] == 1
    assert shop.sql("SELECT count(*) FROM fact_orders_monitoring") == [(0,)] and watermarks(shop) == before
    shop.simulator.control(fault="none")
    assert as_json(ingest(shop, "--output=json")) == (0, {"result": "complete", **NOTHING, "inserted": 50})
    assert shop.row_differences() == []


def test_a_database_restarted_in_the_middle_ends_in_all_or_nothing(shop):
    connection = shop.lock_orders()
    run = ingest(shop, "--output=json")
    shop.until_blocked()
    shop.postgres.restart()
    connection.close()
    status, said = as_json(run)
    taken = shop.sql("SELECT count(*)::int FROM fact_orders_monitoring")[0][0]
    assert (status, taken) in ((0, 50), (1, 0)), said
    assert as_json(ingest(shop, "--output=json"))[0] == 0
    assert shop.row_differences() == []
    assert shop.sql("SELECT sum(value)::int FROM order_tallies WHERE family = 'o2o_orders_ingested_total'") == [(50,)]


def test_two_at_once_beside_a_live_exporter_double_nothing(shop):
    shop.simulator.control(paused=False)
    live = shop.add_exporter()
    live.start()
    results = [as_json(run) for run in [ingest(shop, "--output=json") for _ in range(2)]]
    assert all(status == 0 for status, _ in results), results
    live.wait_ready()
    shop.agree(exporters=[live])
    assert sum(said["inserted"] for _, said in results) <= 50
