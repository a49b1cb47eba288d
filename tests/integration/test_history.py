# SPDX-License-Identifier: Apache-2.0
"""`history --since`: weeks that Prometheus never saw, from the orders in PostgreSQL."""
import subprocess
import time

import pytest

from harness.exporter import program
from harness.processes import clean_environment, wait_until
from harness.prometheus import RULES, Prometheus
from harness.stand import Stand

DAY = 86400


def history(shop, *flags, dsn=None):
    return subprocess.run([program(), "history", *flags], env=clean_environment(PG_DSN=dsn or shop.dsn), capture_output=True,
                          text=True, timeout=60)


def samples_of(text):
    """series -> [(time, value)], as they come."""
    series = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, value, at = line.rsplit(" ", 2)
            series.setdefault(name, []).append((int(at), value))
    return series


@pytest.fixture(name="shop")
def shop_of_nine_days(stand):
    """An order at the 30th second of each hour of the last nine days: the even ones completed two minutes later, for 1.50 each,
    and every third of the others failed at once."""
    shop = stand()
    assert shop.exporter.stop() == 0
    hour = int(time.time()) // 3600 * 3600
    shop.sql("INSERT INTO fact_orders_monitoring (order_id, status, order_type, total_amount, updated_at) "
             "SELECT 'h' || n, CASE WHEN n %% 6 = 1 THEN 'FAILED' ELSE 'PENDING' END, 'delivery', 1.50, to_timestamp(%s) - n * interval '1 hour' "
             "+ interval '30 s' FROM generate_series(1, 9 * 24) n", (hour,))
    shop.sql("UPDATE fact_orders_monitoring SET status = 'COMPLETED', updated_at = updated_at + interval '2 min' "
             "WHERE substr(order_id, 2)::int % 2 = 0")
    return shop


def test_prometheus_reads_the_weeks_before_it(scratch, shop):
    run = history(shop, "--since", "8d", "--label", "instance=exporter:9847", "--label", 'region="sg"')
    assert run.returncode == 0 and run.stderr == ""
    lines = run.stdout.splitlines()
    assert lines[-1] == "# EOF"
    assert [line for line in lines if line.startswith("# TYPE")] == [
        "# TYPE o2o_orders_completed_amount counter", "# TYPE o2o_orders_completed counter",
        "# TYPE o2o_orders_failed counter", "# TYPE o2o_orders_ingested counter"]
    target = 'instance="exporter:9847",job="o2o-exporter",region="\\"sg\\""'
    series = samples_of(run.stdout)
    assert set(series) == {f'o2o_orders_{each}{{{target},order_type="delivery"{more}}}' for each, more in (
        ("completed_amount_total", ""), ("completed_total", ""), ("failed_total", ',status="FAILED"'), ("ingested_total", ""))}
    for name, samples in series.items():
        times = [at for at, _ in samples]
        assert times == list(range(times[0], times[-1] + 1, 60)) and times[0] % 60 == 0, name
        assert 8 * DAY - 60 <= times[-1] - times[0] <= 8 * DAY + 60 and time.time() - times[-1] < 120, name
    path = scratch.file("history.om")
    with open(path, "w", encoding="utf-8") as file:
        file.write(run.stdout)
    with Prometheus(scratch, {}, history=path) as prometheus:
        hour = int(time.time()) // 3600 * 3600
        week_ago = hour - 7 * DAY

        def at(metric, when):
            return prometheus.number(f'sum({metric}{{job="o2o-exporter",order_type="delivery"}} @ {when})')

        def gained(metric, begin, end):
            return at(metric, end) - at(metric, begin)

        assert gained("o2o_orders_ingested_total", week_ago, week_ago + 6 * 3600) == 6
        assert gained("o2o_orders_ingested_total", week_ago, week_ago + 29) == 0
        assert gained("o2o_orders_ingested_total", week_ago, week_ago + 60) == 1
        assert gained("o2o_orders_completed_total", week_ago, week_ago + 6 * 3600) == 3
        assert gained("o2o_orders_completed_amount_total", week_ago, week_ago + 6 * 3600) == 4.5
        assert gained("o2o_orders_failed_total", week_ago, week_ago + 6 * 3600) == 1
        assert at("o2o_orders_ingested_total", hour - 3600 + 60) == 9 * 24, "it ends at today's counter"


def test_rules_know_the_weeks_before_them(scratch, stand):
    """As docs/expected-orders.md says, for the hours around this time a week ago: an order a minute, 60 an hour."""
    shop = stand()
    assert shop.exporter.stop() == 0
    shop.sql("INSERT INTO fact_orders_monitoring (order_id, status, order_type, total_amount, updated_at) "
             "SELECT 'm' || n, 'PENDING', 'delivery', 1.50, now() - interval '1 week 5 hours' + n * interval '1 minute' FROM generate_series(1, 420) n")
    path = scratch.file("history.om")
    with open(path, "wb") as file:
        subprocess.run([program(), "history", "--since", "176h", "--label", "instance=exporter:9847"], stdout=file, check=True,
                       env=clean_environment(PG_DSN=shop.dsn), timeout=60)
    week_ago = int(time.time()) - 7 * DAY
    with Prometheus(scratch, {}, history=path) as prometheus:
        # A rule that reads another one's results needs them loaded: sums, what 10 minutes brought, what hours brought.
        for _ in range(3):
            subprocess.run(["promtool", "tsdb", "create-blocks-from", "rules", "--url", prometheus.url, f"--start={week_ago - 4 * 3600}",
                            f"--end={week_ago + 3600}", "--eval-interval=1m", f"--output-dir={prometheus.data}", RULES / "o2o-orders.yml"],
                           check=True, timeout=300)
            prometheus.stop()
            prometheus.start()  # loads the blocks, as it would within a minute
        wait_until(lambda: prometheus.number('job_week:o2o_orders_ingested:increase10m_low1h{week="1"}') == 10, 60, "the week was known",
                   [prometheus.child])
        assert prometheus.number('job_window_week:o2o_orders_ingested:increase{week="1",window="1h"}') == 60
        assert prometheus.number('job_window_week:o2o_orders_ingested:increase{week="1",window="2h"}') == 120


def test_it_continues_in_the_counter_that_is_served(shop):
    samples = samples_of(history(shop, "--since", "1h", "--step", "5m").stdout)
    shop.exporter.start().wait_ready()
    for name, values in samples.items():
        metric = name.split("{")[0]
        assert float(values[-1][1]) == shop.exporter.samples().total(metric), metric
        assert {after - before for (before, _), (after, _) in zip(values, values[1:])} == {300}


def test_without_orders_it_is_empty_and_valid(stand):
    shop = stand()
    run = history(shop, "--since", "1h")
    assert (run.returncode, run.stdout, run.stderr) == (0, "# EOF\n", "")


def test_what_cannot_be_read_is_said_and_leaves_no_end(shop):
    run = history(shop, "--since", "1h", dsn=shop.dsn.replace(shop.database, "no_such"))
    assert run.returncode == 1 and run.stdout == "" and "reading the history" in run.stderr


def test_a_reader_that_has_enough_ends_it(shop):
    run = subprocess.Popen([program(), "history", "--since", "3650d"], env=clean_environment(PG_DSN=shop.dsn),
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    run.stdout.read(100)
    run.stdout.close()
    assert b"could not be written" in run.stderr.read()
    assert run.wait(30) == 1
