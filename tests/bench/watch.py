# SPDX-License-Identifier: Apache-2.0
"""What a running process takes, seen from outside."""

import re
import time
from pathlib import Path


def cpu_seconds(pid):
    """User and system time of all its threads since it began, to the nanosecond."""
    return time.clock_gettime((~pid << 3) | 2)  # as clock_getcpuclockid(3) has it


def peak_bytes(pid):
    """The most that was resident, since it began or since forget_peak()."""
    return _status_bytes(pid, "VmHWM")


def forget_peak(pid):
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


def _status_bytes(pid, name):
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    return int(re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE).group(1)) * 1024
