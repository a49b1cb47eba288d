# SPDX-License-Identifier: Apache-2.0
"""The process among its neighbours: a slow reader of its log, signals and scarce resources cannot blind it."""
import json
import os
import resource
import signal
import subprocess
import time

import pytest

from harness.exporter import Exporter, Samples, program
from harness.processes import clean_environment, free_port, wait_until
from harness.scripted_server import Answer, ScriptedServer
from harness.stand import events
from harness.web import answers_ok, request

SECONDS = 30


class Flapping(ScriptedServer):
    """Every other answer to /ill is a 500: a line or two of log per poll. `asked`: paths."""

    def __init__(self):
        super().__init__(self._answer)
        self.asked = []

    def _answer(self, asked):
        self.asked.append(asked.path)
        ill = asked.path == "/ill" and self.asked.count("/ill") % 2
        return Answer(b"" if ill else b'[{"k":"a","v":1}]', 500 if ill else 200, {"Content-Type": "application/json"})


@pytest.fixture(name="endpoint")
def running_endpoint():
    with Flapping() as endpoint:
        yield endpoint


def write_sources(scratch, endpoint, names=("well", "ill")):
    path = scratch.file("process.yml")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"sources": [{
            "name": name, "interval": "100ms", "timeout": "90ms", "stale_after": "60s", "json": {"url": f"{endpoint.url}/{name}"},
            "metrics": [{"name": f"rows_of_{name}", "help": "Rows.", "labels": {"k": "k"}, "value": "v"}]} for name in names]}, file)
    return path


class Started:
    """The program with descriptors, limits and flags of the test's own. Killed in the end."""

    def __init__(self, config, *flags, **popen):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen([str(program()), f"--config.file={config}", f"--web.listen-address=127.0.0.1:{self.port}", *flags],
                                        env=clean_environment(), **{"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **popen})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def until_it_answers(self):
        deadline = time.monotonic() + SECONDS
        while not answers_ok(f"{self.url}/-/healthy"):
            assert self.process.poll() is None, "it ended"
            assert time.monotonic() < deadline, "no answer"
            time.sleep(0.05)
        return self

    def samples(self):
        status, _, body = request(f"{self.url}/metrics", seconds=SECONDS)
        assert status == 200
        return Samples(body.decode())

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(SECONDS)


def polled_on(started, endpoint, name, times=10):
    before, deadline = endpoint.asked.count(f"/{name}"), time.monotonic() + SECONDS
    while endpoint.asked.count(f"/{name}") < before + times:
        assert started.process.poll() is None and time.monotonic() < deadline, f"{name} is not polled any more"
        time.sleep(0.05)


def dropped(started):
    return started.samples().value("o2o_exporter_log_lines_dropped_total")


# What it writes to

def full_pipe():
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writer, True)
    return reader, writer


@pytest.mark.parametrize("read_again", (False, True), ids=("never", "until the end"))
def test_nobody_reads_stderr(scratch, endpoint, read_again):
    """Polls, scrapes and SIGTERM work; what was logged meanwhile arrives once somebody reads."""
    reader, writer = full_pipe()
    with Started(write_sources(scratch, endpoint), stderr=writer) as started:
        os.close(writer)
        started.until_it_answers()
        polled_on(started, endpoint, "ill")
        polled_on(started, endpoint, "well")
        assert started.samples().value("o2o_source_up", source="well") == 1
        assert request(f"{started.url}/", seconds=SECONDS)[0] == 200
        if read_again:
            text = b""
            while text.count(b"source recovered") < 3:
                text += os.read(reader, 65536)
        began = time.monotonic()
        assert started.stop() == 0
        assert time.monotonic() - began < 5.5, "promised within 5 s"
    os.close(reader)


@pytest.mark.parametrize("how", ("closed pipe", "full disk"))
def test_stderr_cannot_be_written(scratch, endpoint, how):
    if how == "full disk":
        stderr = os.open("/dev/full", os.O_WRONLY)
    else:
        reader, stderr = os.pipe()
        os.close(reader)
    with Started(write_sources(scratch, endpoint), stderr=stderr) as started:
        os.close(stderr)
        started.until_it_answers()
        polled_on(started, endpoint, "ill")
        wait_for(lambda: dropped(started) > 0, "lost lines were counted")
        assert started.stop() == 0


def wait_for(condition, what):
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_log_lines_that_are_read_are_not_dropped(scratch, endpoint):
    with Exporter(scratch, config=write_sources(scratch, endpoint)) as exporter:
        wait_until(lambda: len(events(exporter.child, "source recovered")) >= 3, SECONDS, "it flapped", [exporter.child])
        assert exporter.samples().value("o2o_exporter_log_lines_dropped_total") == 0


COMMANDS = (("metrics",), ("--help",), ("--version",), ("--config.check",), ("probe", "well"))


def to_run(scratch, endpoint, command):
    return [str(program()), *command, *((f"--config.file={write_sources(scratch, endpoint)}",) if "probe" in command or "check" in command[0] else ())]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_command_whose_output_arrives_ends_with_0(scratch, endpoint, command):
    ended = subprocess.run(to_run(scratch, endpoint, command), env=clean_environment(), capture_output=True, timeout=SECONDS, check=False)
    assert ended.returncode == 0 and ended.stdout and not ended.stderr


@pytest.mark.parametrize("how", ("full disk", "closed pipe", "closed"))
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_command_whose_output_is_lost_says_so(scratch, endpoint, command, how):
    if how == "closed":
        ended = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *to_run(scratch, endpoint, command)], env=clean_environment(),
                               stderr=subprocess.PIPE, timeout=SECONDS, check=False)
    else:
        reader, stdout = os.pipe()
        if how == "full disk":
            os.close(stdout)
            stdout = os.open("/dev/full", os.O_WRONLY)
        os.close(reader)
        ended = subprocess.run(to_run(scratch, endpoint, command), env=clean_environment(), stdout=stdout, stderr=subprocess.PIPE,
                               timeout=SECONDS, check=False)
        os.close(stdout)
    assert ended.returncode == 1
    assert ended.stderr == b"o2o-exporter: the output could not be written to stdout\n"


def test_closed_descriptors_do_not_become_sockets(scratch, endpoint):
    port = free_port()
    process = subprocess.Popen(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", str(program()), f"--config.file={write_sources(scratch, endpoint)}",
                                f"--web.listen-address=127.0.0.1:{port}"], env=clean_environment())
    try:
        wait_for(lambda: answers_ok(f"http://127.0.0.1:{port}/-/healthy"), "it answers")
        assert [os.readlink(f"/proc/{process.pid}/fd/{number}") for number in range(3)] == ["/dev/null"] * 3
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 0
    finally:
        process.kill()
        process.wait()


# Signals

@pytest.mark.parametrize("stray", (signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM, signal.SIGPIPE, signal.SIGVTALRM, signal.SIGPROF,
                                   signal.SIGIO, signal.SIGRTMIN, signal.SIGRTMAX))
def test_stray_signal_does_not_end_it(scratch, endpoint, stray):
    with Exporter(scratch, config=write_sources(scratch, endpoint, ("well",))) as exporter:
        exporter.child.send(stray)
        exporter.wait_ready()
        assert exporter.stop() == 0


def test_hangups_from_the_first_moment_on_do_not_end_it(scratch, endpoint):
    config = write_sources(scratch, endpoint, ("well",))
    with Started(config, stderr=subprocess.DEVNULL) as started:
        # Until its own mask is there, a signal meets what it inherits: nothing that it could do anything about.
        # (While it waits for signals the kernel shows them as not blocked; then it answers.)
        wait_for(lambda: int(status_of(started.process.pid)["SigBlk"], 16) & 1 or answers_ok(f"{started.url}/-/healthy"),
                 "SIGHUP was blocked")
        for _ in range(100):
            started.process.send_signal(signal.SIGHUP)
        started.until_it_answers()
        assert started.stop() == 0


# Resources

def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def limits_of(pid, what):
    with open(f"/proc/{pid}/limits", encoding="utf-8") as file:
        line, = (line for line in file if line.startswith(what))
    return line[len(what):].split()[:2]


def with_limit(kind, soft, hard):
    return lambda: resource.setrlimit(kind, (soft, hard))


def test_descriptors_are_raised_to_the_hard_limit(scratch, endpoint):
    with Started(write_sources(scratch, endpoint, ("well",)), stderr=subprocess.PIPE,
                 preexec_fn=with_limit(resource.RLIMIT_NOFILE, 64, 1000)) as started:
        started.until_it_answers()
        assert limits_of(started.process.pid, "Max open files") == ["1000", "1000"]
        assert started.stop() == 0
        assert b"descriptors" not in started.process.stderr.read()


@pytest.mark.parametrize("limit, status", ((30, 1), (200, 0)), ids=("too few to work", "few"))
def test_too_few_descriptors_are_said_at_the_start(scratch, endpoint, limit, status):
    with Started(write_sources(scratch, endpoint, ("well",)), stderr=subprocess.PIPE,
                 preexec_fn=with_limit(resource.RLIMIT_NOFILE, limit, limit)) as started:
        if status == 0:
            started.until_it_answers()
            assert started.stop() == 0
        assert started.process.wait(SECONDS) == status
        said = started.process.stderr.read().decode()
        assert "file descriptors" in said and f"limit={limit}" in said and "LimitNOFILE" in said


@pytest.mark.parametrize("flags, dumpable", (((), False), (("--debug.core-dumps",), True)), ids=("as usual", "asked for"))
def test_a_crash_leaves_no_core_dump_unless_asked_for(scratch, endpoint, flags, dumpable):
    with Started(write_sources(scratch, endpoint, ("well",)), *flags, stderr=subprocess.DEVNULL, cwd=scratch.folder("cores"),
                 preexec_fn=with_limit(resource.RLIMIT_CORE, 1 << 30, 1 << 30)) as started:
        started.until_it_answers()
        assert limits_of(started.process.pid, "Max core file size") == ([str(1 << 30)] * 2 if dumpable else ["0", "0"])
        started.process.send_signal(signal.SIGABRT)
        started.process.wait(SECONDS)
    if not dumpable:
        assert os.listdir(scratch.folder("cores")) == []
