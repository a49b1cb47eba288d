# SPDX-License-Identifier: Apache-2.0
"""Child processes that never outlive the one that started them.

Start children from the main thread only: the kernel kills a child when the thread that started it ends."""

import ctypes
import itertools
import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)

_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_port_numbers = itertools.count(random.randrange(750))


class NotReady(Exception):
    """Something did not come up, or not in time; the text says what and shows the end of its log."""


def free_port():
    """A TCP port of 127.0.0.1 that is free now and was not given before. None of those that Linux gives to connections
    (they begin at 32768), so a server finds it free again after a restart; tests that run side by side draw from
    different ones."""
    for number in itertools.islice(_port_numbers, 750):
        port = 20000 + number % 750 * 16 + _WORKER % 16
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise NotReady("none of 750 ports is free")


def clean_environment(**extra):
    """The environment for children: without what would lead them to other servers than ours."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PG") and not name.lower().endswith("_proxy")
    }
    return {**kept, **extra}


def wait_until(condition, seconds, what, children=(), interval=0.1):
    """Calls `condition` until it returns something true, and returns that. Fails after `seconds`, or as soon as one
    of `children` has ended."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        for child in children:
            if not child.running():
                raise NotReady(f"{child.name} ended with {child.status_words()} before {what}:\n{child.log_tail()}")
        if time.monotonic() >= deadline:
            logs = "\n".join(f"--- {child.name}\n{child.log_tail()}" for child in children)
            raise NotReady(f"{what}: not within {seconds:g} s\n{logs}".rstrip())
        time.sleep(interval)


def state(pid):
    """Of a process the letter that ps shows; X for one that is not there."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):  # the second where it ends between opening and reading
        return "X"


def gone(pid):
    """Whether no such process runs (a zombie that its new parent has not reaped yet does not run)."""
    return state(pid) in "ZX"


def resident_bytes(pid):
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Child:
    """One child process: its own process group, output in a log file, killed by the kernel if we die.

    `user`: a pwd entry to run as; only root may give one."""

    def __init__(self, name, argv, log_path, env=None, cwd=None, user=None, stop_signal=signal.SIGTERM):
        self.name = name
        self.log_path = Path(log_path)
        self._stop_signal = stop_signal
        identity = {}
        if user is not None:
            identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        parent = os.getpid()

        def die_with_parent():
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

        with open(self.log_path, "ab") as log:
            self._process = subprocess.Popen(
                [str(word) for word in argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=clean_environment() if env is None else env,
                cwd=cwd,
                start_new_session=True,
                preexec_fn=die_with_parent,
                **identity,
            )

    @property
    def pid(self):
        return self._process.pid

    def exit_status(self):
        """As subprocess has it (negative: killed by that signal); None while it runs.

        Leaves the ended child unreaped until stop() or kill(), so that its number, which names its group, cannot be
        given to another process in between."""
        if self._process.returncode is None:
            ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is None:
                return None
            return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
        return self._process.returncode

    def running(self):
        return self.exit_status() is None

    def status_words(self):
        status = self.exit_status()
        if status is None:
            return "still running"
        if status < 0:
            return f"signal {signal.Signals(-status).name}"
        return f"exit status {status}"

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_tail(self, lines=25):
        return "\n".join(self.log().splitlines()[-lines:]) or "(its log is empty)"

    def send(self, number):
        if self.running():
            os.kill(self.pid, number)

    def wait(self, seconds):
        """The exit status; NotReady after `seconds`."""
        wait_until(lambda: not self.running(), seconds, f"{self.name} ended", interval=0.02)
        return self.exit_status()

    def kill(self):
        """SIGKILL to the whole group, now. Returns the exit status."""
        if self._process.returncode is None:
            try:
                os.killpg(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self._process.wait(timeout=30)
        return self._process.returncode

    def stop(self, grace_seconds=10):
        """Asks it to end and kills what is left of its group after `grace_seconds`. Returns its exit status. May be
        called twice."""
        if self._process.returncode is None:
            self.send(self._stop_signal)
            try:
                self.wait(grace_seconds)
            except NotReady:
                pass
        return self.kill()
