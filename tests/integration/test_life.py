# SPDX-License-Identifier: Apache-2.0
"""Stopping and reloading, at the worst moments."""
import os
import signal
import socket
import threading
import time

import pytest

from harness.counter_watch import CounterWatch
from harness.exporter import write_config
from harness.processes import resident_bytes, wait_until
from harness.stand import UNSCALED, events
from harness.web import request

LIVELY = ("--rate", "600", "--speed", "60")
# What takes long may take longer than a stop.
SHIPPED = {"factor": 1, "changes": {"interval": "2s", "timeout": "1s", "lock_timeout": "20s"}}


def stop_within(exporter, seconds=5.0, how=signal.SIGTERM):
    started = time.monotonic()
    exporter.child.send(how)
    status = exporter.child.wait(seconds + 5)
    took = time.monotonic() - started
    exporter.child.stop()
    assert status == 0, exporter.child.log_tail()
    assert took < seconds, f"it took {took:.1f} s to stop"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_stops_when_asked(stand, how):
    shop = stand(shop=LIVELY)
    stop_within(shop.exporter, 2, how)
    assert len(events(shop.exporter.child, "stopped")) == 1


def test_stops_in_the_middle_of_a_hanging_poll(stand):
    shop = stand(shop=LIVELY, factor=1, wait_ready=False)  # as shipped: a poll may take 10 s
    shop.simulator.control(fault="silent")
    shop.exporter.start()
    shop.until(lambda: shop.simulator.stats()["requests"] == 1, "a poll hung")
    stop_within(shop.exporter, 2)


def test_stops_in_the_middle_of_a_blocked_statement(stand):
    shop = stand(shop=LIVELY, **SHIPPED)
    held = shop.lock_orders()
    try:
        shop.until_blocked()
        stop_within(shop.exporter)
    finally:
        held.close()


def freeze_sessions(shop, number):
    for pid, in shop.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'o2o-exporter' "
                         "AND datname = current_database()"):
        os.kill(pid, number)


def test_stops_while_the_database_hangs(stand):
    shop = stand(shop=LIVELY, factor=1, changes={"interval": "2s", "timeout": "1s"})
    freeze_sessions(shop, signal.SIGSTOP)
    try:
        shop.simulator.seed(10)
        time.sleep(2.5)  # more than an interval: a call has begun by now
        stop_within(shop.exporter)
    finally:
        freeze_sessions(shop, signal.SIGCONT)


@pytest.mark.parametrize("by", ["SIGHUP", "POST"])
def test_stops_in_the_middle_of_a_reload(stand, by):
    """A reload replaces a source whose poll waits for the database."""
    shop = stand(shop=LIVELY, **SHIPPED)
    held = shop.lock_orders()
    try:
        shop.until_blocked()
        change_interval(shop, 1)
        if by == "SIGHUP":
            shop.exporter.child.send(signal.SIGHUP)
        else:
            threading.Thread(target=lambda: quietly(request, f"{shop.exporter.url}/-/reload", "POST", seconds=30),
                             daemon=True).start()
        time.sleep(0.5)
        stop_within(shop.exporter)
    finally:
        held.close()


def quietly(call, *arguments, **named):
    try:
        call(*arguments, **named)
    except OSError:
        pass


def test_stops_while_clients_do_not_read(stand):
    shop = stand(shop=LIVELY)
    clients = []
    try:
        for _ in range(20):
            client = socket.create_connection(("127.0.0.1", shop.exporter.port))
            client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n")  # and no end
            clients.append(client)
        stop_within(shop.exporter)
    finally:
        for client in clients:
            client.close()


def test_stops_while_it_waits_for_a_database_that_is_down(stand):
    shop = stand(shop=LIVELY, factor=1, changes={"interval": "2s", "timeout": "1s"})
    shop.postgres.stop()
    try:
        shop.until_value(0, "o2o_store_up")
        stop_within(shop.exporter, 2)
    finally:
        shop.postgres.start()


def change_interval(shop, step):
    """So that a reload has something to do: what did not change is left alone."""
    write_config(shop.config, 15, {"interval": f"{1000 + step}ms"}, UNSCALED)


def reload_with(shop, how):
    """The status of a reload; by signal it is what the metrics say."""
    if how == "POST":
        return request(f"{shop.exporter.url}/-/reload", "POST")[0]
    seen = len(events(shop.exporter.child, "configuration reloaded")) + \
        len(events(shop.exporter.child, "reload failed, keeping the previous configuration"))
    shop.exporter.child.send(signal.SIGHUP)
    shop.until(lambda: len(events(shop.exporter.child, "configuration reloaded")) + len(
        events(shop.exporter.child, "reload failed, keeping the previous configuration")) > seen, "it reloaded")
    return 200 if shop.value("o2o_exporter_config_last_reload_successful") == 1 else 500


@pytest.mark.parametrize("how", ["SIGHUP", "POST"])
def test_reloads_whole_or_not_at_all(stand, how):
    shop = stand(shop=LIVELY)
    shop.simulator.seed(50)
    shop.polled(1)
    with CounterWatch(shop.exporter.url) as watch:
        loaded = shop.value("o2o_exporter_config_last_reload_success_timestamp_seconds")
        write_config(shop.config, 15, {"interval": "700ms", "timeout": "600ms"}, UNSCALED)
        assert reload_with(shop, how) == 200
        assert shop.value("o2o_source_interval_seconds", source="orders") == 0.7
        assert shop.value("o2o_exporter_config_last_reload_success_timestamp_seconds") > loaded
        polls = shop.value("o2o_source_polls_total", source="orders")
        assert polls >= 2, "a reload must not reset a counter"

        with open(shop.config, "a", encoding="utf-8") as config:
            config.write("\nnonsense: true\n")
        assert reload_with(shop, how) == 500
        assert shop.value("o2o_exporter_config_last_reload_successful") == 0
        assert shop.value("o2o_source_interval_seconds", source="orders") == 0.7
        failed = events(shop.exporter.child, "reload failed, keeping the previous configuration")
        assert len(failed) == 1 and "nonsense" in failed[0]["error"]
        shop.polled(2)  # continues with the old one

        write_config(shop.config, 15, {"interval": "800ms", "timeout": "600ms"}, UNSCALED)
        assert reload_with(shop, how) == 200
        assert shop.value("o2o_exporter_config_last_reload_successful") == 1
        shop.agree()
    assert watch.went_back == []


def test_reload_makes_no_value_last_for_ever(stand):
    """What an earlier poll published gets old, also where the first poll after the reload fails."""
    shop = stand(shop=LIVELY)
    shop.simulator.control(fault="status_500")
    shop.until_value(0, "o2o_source_up", source="orders")
    change_interval(shop, 1)
    assert reload_with(shop, "POST") == 200
    shop.until(lambda: not shop.exporter.samples().series("o2o_orders_recent"), "the old values were gone", 10)
    assert shop.value("o2o_source_stale", source="orders") == 1


def test_many_reloads_under_load_lose_nothing(stand):
    shop = stand(shop=("--rate", "3000", "--speed", "60"))
    with CounterWatch(shop.exporter.url) as watch:
        for step in range(15):
            shop.simulator.seed(50)
            change_interval(shop, step)
            if step % 2:
                shop.exporter.child.send(signal.SIGHUP)
            else:
                assert request(f"{shop.exporter.url}/-/reload", "POST")[0] == 200
            time.sleep(0.05 * (step % 4))
        shop.agree()
    assert watch.went_back == [] and watch.scrapes > 5
    wait_until(lambda: shop.value("o2o_source_up", source="orders") == 1, 10, "it polled", [shop.exporter.child])


def test_memory_does_not_grow_with_reloads(stand):
    """Each reload starts new threads, and each polls a page of megabytes."""
    shop = stand(changes={"interval": "1s", "timeout": "950ms"})
    shop.simulator.seed(5000)
    for _ in range(400):  # every thread of the web server has its stack
        shop.exporter.samples()
    resting = []
    for step in range(12):
        write_config(shop.config, 15, {"interval": f"{1000 + step}ms", "timeout": "950ms"}, UNSCALED)
        assert reload_with(shop, "POST") == 200
        shop.polled(1)
        resting.append(min(resident_bytes(shop.exporter.child.pid) for _ in range(20) if not time.sleep(0.02)))
    assert max(resting[-3:]) < min(resting[:3]) + 3e6, resting


def test_reload_does_not_blind_a_scrape(stand):
    """While a poll hangs whose source a reload replaces, scrapes and pages answer."""
    shop = stand(shop=LIVELY, **SHIPPED)
    held = shop.lock_orders()
    try:
        shop.until_blocked()
        change_interval(shop, 1)
        shop.exporter.child.send(signal.SIGHUP)
        for _ in range(10):
            started = time.monotonic()
            for page in ("/metrics", "/", "/-/healthy", "/api/v1/sources"):
                assert request(shop.exporter.url + page)[0] == 200
            assert time.monotonic() - started < 1
    finally:
        held.close()
