# SPDX-License-Identifier: Apache-2.0
"""A mutant on trial: where it is, what it changes, and how that ended."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass

from .tokens import Mutant, change_of, line_of


class TestsFail(Exception):
    pass


@dataclass
class Trial:
    file: str
    line: int
    line_text: str
    change: str
    mutant: Mutant
    ending: str | None = None  # killed, timed out, survived, does not compile
    switch: int = 0

    @classmethod
    def of(cls, file, text, mutant):
        return cls(file, *line_of(text, mutant.start), change_of(text, mutant), mutant)

    @property
    def key(self):
        """Names the mutant wherever its line moves."""
        return f"{self.file}: {self.line_text} | {self.change}"


def run_tests(command, deadline, **environment):
    """How a test program ended: killed where a test failed, survived where none did, timed out."""
    child = subprocess.Popen([str(word) for word in command], env={**os.environ, **environment}, start_new_session=True,
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return "killed" if child.wait(timeout=deadline) else "survived"
    except subprocess.TimeoutExpired:
        return "timed out"
    finally:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        child.wait()


def passing_seconds(command, **environment):
    """How long the tests take without a mutant."""
    start = time.monotonic()
    if run_tests(command, 900, **environment) != "survived":
        raise TestsFail("without a mutant already: " + " ".join(map(str, command)))
    return time.monotonic() - start
