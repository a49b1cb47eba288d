# SPDX-License-Identifier: Apache-2.0
"""Runs a command and notes what it took: `launch.py RESULT_FILE COMMAND...`; see measure.py.

A process of its own because Linux counts a parent's memory into its child's peak, also across exec.
Hence also so few imports: no command can seem smaller than this program."""

import os
import sys
import time


def main():
    result_path, *argv = sys.argv[1:]
    started = time.monotonic()
    pid = os.posix_spawnp(argv[0], argv, os.environ)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.monotonic() - started
    with open(result_path, "w", encoding="ascii") as file:
        file.write(f"{seconds} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss * 1024}")
    return 1 if os.waitstatus_to_exitcode(status) else 0


if __name__ == "__main__":
    sys.exit(main())
