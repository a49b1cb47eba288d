# SPDX-License-Identifier: Apache-2.0
"""What is wrong at the start is said once and clearly, with exit status 1; a database that is merely down is not a reason
not to start."""
import re
import socket
import subprocess

import pytest

from harness.exporter import Exporter, program, write_config
from harness.processes import clean_environment, wait_until
from harness.simulator import Simulator
from harness.stand import events
from harness.web import request

GOOD = {"OMS_URL": "http://127.0.0.1:9", "OMS_API_KEY": "very-secret-key",
        "PG_DSN": "postgresql://orders:very-secret-password@127.0.0.1:9/orders"}
SECRETS = ("very-secret-key", "very-secret-password")


def run(*flags, seconds=15, **environment):
    """(exit status, stderr) of a program that ends by itself; what stdout says is in front."""
    given = {name: value for name, value in {**GOOD, **environment}.items() if value is not None}
    ended = subprocess.run([str(program()), *flags], env=clean_environment(**given), stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds, check=False)
    for secret in SECRETS:
        assert secret not in ended.stdout
    return ended.returncode, ended.stdout


def assert_refused(status_and_words, *words):
    status, said = status_and_words
    assert status == 1, said
    assert len(said.splitlines()) == 1, said
    for word in words:
        assert word in said
    return said


def changed(scratch, old, new):
    """The shipped configuration with one text replaced by another."""
    path = write_config(scratch.file("changed.yml"))
    text = open(path, encoding="utf-8").read()
    assert old in text
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new, 1))
    return path


@pytest.mark.parametrize("old, new, words", [
    ("    interval: 15s", "    intervall: 15s", ["intervall", "interval"]),
    ("    interval: 15s", "    interval: soon", ["interval", "soon"]),
    ("      limit: 1000", "      limit: -3", ["limit", "-3"]),
    ("      limit: 1000", "      limit: 10\n      limit: 20", ["limit"]),
    ("      url: ${OMS_URL}", "      url: ftp://127.0.0.1", ["url", "http"]),
    ("      timezone: UTC", "      timezone: Mars/Olympus", ["timezone", "Mars/Olympus"]),
    ("      api_key: ${OMS_API_KEY}", "      api_key: ${NO_SUCH_KEY}", ["api_key", "NO_SUCH_KEY"]),
    ("      api_key: ${OMS_API_KEY}", "      api_key_file: /no/such/secret", ["api_key_file", "/no/such/secret"]),
    ("  dsn: ${PG_DSN}", "  dsn_file: /no/such/secret", ["dsn_file", "/no/such/secret"]),
])
def test_one_mistake_is_one_line_that_names_it(scratch, old, new, words):
    path = changed(scratch, old, new)
    said = assert_refused(run(f"--config.file={path}"), *words)
    assert re.match(rf"^{re.escape(path)}:\d+:\d+: \S+: ", said), said
    assert run(f"--config.file={path}", "--config.check") == (1, said)


def test_several_mistakes_are_told_at_once(scratch):
    path = changed(scratch, "    interval: 15s", "    interval: soon\n    colour: red")
    status, said = run(f"--config.file={path}", "--config.check")
    assert status == 1 and "soon" in said and "colour" in said and len(said.splitlines()) == 2


def test_good_configuration_is_checked_without_starting(scratch):
    status, said = run(f"--config.file={write_config(scratch.file('good.yml'))}", "--config.check")
    assert (status, said) == (0, "configuration ok\n")


def test_missing_variables_are_named():
    status, said = run(PG_DSN=None)
    assert status == 1 and "PG_DSN" in said
    status, said = run(OMS_API_KEY=None)
    assert status == 1 and "OMS_API_KEY" in said
    status, said = run(OMS_URL=None, PG_DSN=None)
    assert status == 1 and "OMS_URL" in said


@pytest.mark.parametrize("path, word", [("/no/such/file.yml", "/no/such/file.yml"), ("/", "/")])
def test_configuration_that_cannot_be_read(path, word):
    assert_refused(run(f"--config.file={path}"), word)


def test_configuration_that_is_not_yaml(scratch):
    path = scratch.file("broken.yml")
    with open(path, "wb") as file:
        file.write(b"sources: [\x00\xff")
    assert_refused(run(f"--config.file={path}"), path)


def test_port_in_use():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        said = assert_refused(run(f"--web.listen-address={address}"), address)
    assert "is already listening there" in said


@pytest.mark.parametrize("flag", ["--web.listen-address=nonsense", "--log.level=loud", "--no.such.flag", "dance"])
def test_bad_flags(flag):
    assert_refused(run(flag), flag.split("=")[-1])


def down_then_up(scratch, postgres, dsn, make_good):
    """Starts without a database, is scraped, then gets it."""
    config = write_config(scratch.file("exporter.yml"), 15)
    with Simulator(scratch, ["--rate", "300"]) as simulator, \
            Exporter(scratch, simulator.url, simulator.api_key, dsn, config) as exporter:
        simulator.seed(20)
        exporter.wait_ready()
        wait_until(lambda: exporter.samples().series("o2o_orders_recent"), 15, "the OMS's gauges came",
                   [exporter.child])
        samples = exporter.samples()
        assert samples.value("o2o_store_up") == 0 and samples.value("o2o_source_up", source="orders") == 1
        assert samples.series("o2o_orders_ingested_total") == [], "0 where nothing is known is a lie"
        log = exporter.child.log()
        down = events(exporter.child, "store down")
        assert len(down) == 1, log
        make_good()
        wait_until(lambda: exporter.samples().value("o2o_store_up") == 1, 40, "the database was found",
                   [exporter.child])
        wait_until(lambda: exporter.samples().total("o2o_orders_ingested_total") >= 20, 40, "orders were taken in",
                   [exporter.child])
        for page in ("/", "/api/v1/sources", "/ready", "/metrics"):
            assert b"very-secret" not in request(exporter.url + page)[2]
        assert "very-secret" not in exporter.child.log()
        assert exporter.stop() == 0
    return down[0]["error"]


def test_database_that_is_down_is_waited_for(scratch, postgres):
    dsn = postgres.make_database("late")
    postgres.stop()
    error = down_then_up(scratch, postgres, dsn, postgres.start)
    assert "refused" in error


def test_wrong_password_is_reported_without_showing_it(scratch, postgres):
    dsn = postgres.make_database("guarded")
    error = down_then_up(
        scratch, postgres, re.sub(r":[^:@/]+@", ":very-secret-pass%20word%2Fx@", dsn),
        lambda: postgres.query("ALTER ROLE guarded PASSWORD 'very-secret-pass word/x'"))
    assert "password authentication failed" in error and "guarded" in error


def test_database_that_does_not_exist_is_named(scratch, postgres):
    dsn = postgres.make_database("some_role")
    error = down_then_up(scratch, postgres, dsn.removesuffix("/some_role") + "/not_there_yet",
                         lambda: postgres.query('CREATE DATABASE not_there_yet OWNER some_role'))
    assert "not_there_yet" in error


MALFORMED = ("postgresql://u:very-secret%zz@127.0.0.1/x", "host=127.0.0.1 password='very-secret",
             "host=127.0.0.1 very-secret", "postgresql://u:very-secret@127.0.0.1:port/x", "nonsense")


@pytest.mark.parametrize("dsn", MALFORMED)
def test_malformed_dsn_is_refused_without_showing_it(dsn):
    """libpq would quote what it could not parse, and only when it connects."""
    for flags in ((), ("--config.check",)):
        assert "very-secret" not in assert_refused(run(*flags, PG_DSN=dsn), "store.dsn", "want")


def test_misspelled_option_of_the_dsn_is_pointed_out():
    assert_refused(run("--config.check", PG_DSN="hostt=x"), "store.dsn", "did you mean host?")
