# SPDX-License-Identifier: Apache-2.0
"""`make demo` as its users meet it, but for the installation and the build."""
import os
import pty
import re
import select
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from harness.processes import clean_environment, wait_until

DEMO = Path(__file__).resolve().parents[1] / "demo" / "demo.py"


def start(duration, folder, **options):
    # Short, as a socket's path has to fit; listed afterwards, so that nothing else may be in it.
    env = clean_environment(DURATION=duration, TMPDIR=folder, PYTHONDONTWRITEBYTECODE="1", PYTHONIOENCODING="utf-8")
    env.pop("MAKELEVEL", None)
    return subprocess.Popen(["/usr/bin/python3", str(DEMO)], env=env, stdin=subprocess.DEVNULL, start_new_session=True,
                            **options)


@pytest.fixture(name="folder")
def short_folder():
    path = tempfile.mkdtemp(prefix="o2o-", dir="/tmp")
    os.chmod(path, 0o711)
    yield path
    assert os.listdir(path) == []
    os.rmdir(path)


def processes_below(folder):
    """Processes that have the folder in their command line or environment: all that a demo with this TMPDIR started."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and folder.encode() in (entry / "environ").read_bytes() + \
                    (entry / "cmdline").read_bytes():
                found.append((entry / "cmdline").read_bytes())
        except OSError:
            continue
    return found


def left_nothing(folder):
    wait_until(lambda: not processes_below(folder), 15, "every process of the demo ended")
    wait_until(lambda: not os.listdir(folder), 15, "every file of the demo was removed")
    return True


def test_ends_by_itself_when_everything_worked(folder):
    with start("50", folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as demo:
        said, _ = demo.communicate(timeout=240)
    assert demo.returncode == 0, said
    assert "all order counters equal the shop's own account" in said
    assert "the watchdog was delivered" in said
    assert "Prometheus scrapes o2o-exporter" in said
    assert "every vendor, its products and its discount stock equal the shop's own account" in said
    assert re.search(r"orders [1-9]\d* \| \d+ a minute", said)
    assert re.search(r"vendors online \d+/1[0-2], sold out \d+", said)
    assert said.endswith("Everything worked.\n")
    assert left_nothing(folder)


def read_until(terminal, text, seconds):
    seen = b""
    deadline = time.monotonic() + seconds
    while text not in seen and time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.5)[0]:
            seen += os.read(terminal, 65536)
    return seen


@pytest.mark.parametrize("how", ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL", "terminal closed"])
def test_stops_on_request_and_leaves_nothing(folder, how):
    terminal, inside = pty.openpty()
    demo = start("0", folder, stdout=inside, stderr=inside)
    os.close(inside)
    try:
        assert b"a minute" in read_until(terminal, b"a minute", 90)
        if how == "terminal closed":
            os.close(terminal)
            terminal = None
        else:
            demo.send_signal(signal.Signals[how])
        assert demo.wait(timeout=40) == {"SIGKILL": -9, "terminal closed": 1}.get(how, 0)
        assert left_nothing(folder)
    finally:
        demo.kill()
        demo.wait()
        if terminal is not None:
            os.close(terminal)


def test_bad_duration_is_explained(folder):
    with start("soon", folder, stdout=subprocess.PIPE, text=True) as demo:
        said, _ = demo.communicate(timeout=60)
    assert demo.returncode == 1
    assert said == ("The demo cannot continue: DURATION=soon: give a number of seconds, for example DURATION=60, "
                    "or none for no end\n")
