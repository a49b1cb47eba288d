# SPDX-License-Identifier: Apache-2.0
"""What a child process believes of the machine, by a library that is preloaded into it (tests/fakes)."""
import mmap
import os
import struct
import subprocess
from pathlib import Path

FAKES = Path(__file__).resolve().parents[1] / "fakes"


def build(scratch, name):
    """The path of fakes/`name`.c as a library."""
    library = scratch.file(f"{name}.so")
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", "-o", library, FAKES / f"{name}.c", "-ldl",
                    "-lpthread"], check=True, timeout=60)
    return library


class FewThreads:
    """How many threads it may have. `env`: what it is to be started with; there is no limit until one is set."""

    def __init__(self, scratch):
        self._limit = scratch.file("threads")
        self.env = {"LD_PRELOAD": build(scratch, "few_threads"), "FEW_THREADS": self._limit}

    def allow(self, count):
        """So many at once beside the first; None: as many as it wants."""
        part = self._limit + ".part"
        Path(part).write_text("-1" if count is None else str(count), encoding="ascii")
        os.replace(part, self._limit)


class SetClock:
    """Its wall clock. `env`: what it is to be started with; use as a context manager."""

    def __init__(self, scratch):
        path = scratch.file("clock")
        Path(path).write_bytes(struct.pack("q", 0))
        self.env = {"LD_PRELOAD": build(scratch, "set_clock"), "SET_CLOCK": path}
        with open(path, "r+b") as file:
            self._shared = mmap.mmap(file.fileno(), 8)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._shared.close()

    def set(self, seconds):
        """So far ahead of the real one."""
        self._shared[:8] = struct.pack("q", seconds)


def threads_of(pid):
    """Beside the first."""
    return len(os.listdir(f"/proc/{pid}/task")) - 1
