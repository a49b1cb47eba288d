# SPDX-License-Identifier: Apache-2.0
"""What a whole process takes, from its start to its end, and what a server does meanwhile."""

import os
from dataclasses import dataclass
from pathlib import Path

from harness.processes import Child, NotReady, wait_until

_LAUNCHER = Path(__file__).with_name("launch.py")


class WrongResult(Exception):
    """Something was measured that did not do its work."""


@dataclass(frozen=True)
class Usage:
    seconds: float
    cpu_seconds: float  # user and system
    peak_bytes: int     # resident
    output: str


def run_measured(name, argv, env, scratch, deadline_seconds):
    """NotReady where it fails or takes longer than `deadline_seconds`. Its output must be no secret: errors show it."""
    result, log = Path(scratch.file("usage")), Path(scratch.file("output"))
    for old in (result, log):
        old.unlink(missing_ok=True)
    child = Child(name, ["/usr/bin/python3", "-I", "-S", _LAUNCHER, result, *argv], log, env=env)
    try:
        status = child.wait(deadline_seconds)
        if status != 0:
            raise NotReady(f"{name} failed:\n{child.log_tail()}")
    finally:
        child.kill()
    seconds, cpu_seconds, peak_bytes = result.read_text(encoding="ascii").split()
    return Usage(float(seconds), float(cpu_seconds), int(peak_bytes), child.log())


class ServerCpu:
    """CPU time of a server that forks a process for each client (PostgreSQL), between start and seconds()."""

    def __init__(self, pid):
        self._pid = pid
        self._children = set(self._family()) - {pid}
        self._before = self._ticks()

    def seconds(self):
        """Waits until the processes that came since are gone: only then is their time known in full."""
        wait_until(lambda: set(self._family()) - {self._pid} <= self._children, 30, "the server's sessions ended",
                   interval=0.01)
        return (self._ticks() - self._before) / os.sysconf("SC_CLK_TCK")

    def _ticks(self):
        """Of the server, of those who live, and of those who have ended."""
        family = self._family()
        own = family[self._pid]
        return sum(user + system for user, system, _ in family.values()) + own[2]

    def _family(self):
        """{pid: (user, system, those of ended children)} in clock ticks, of the server and its children."""
        found = {}
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                # Behind the name, which may hold blanks: state, parent, ...
                words = (folder / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(folder.name) == self._pid or int(words[1]) == self._pid:
                found[int(folder.name)] = (int(words[11]), int(words[12]), int(words[13]) + int(words[14]))
        return found
