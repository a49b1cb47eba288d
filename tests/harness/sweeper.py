# SPDX-License-Identifier: Apache-2.0
"""Removes a scratch folder, and what a PostgreSQL killed in it left outside.

As a program, `python3 -I sweeper.py FOLDER`, it waits for the end of its input first: the kernel closes that when the
maker of the folder is gone."""

import glob
import os
import shutil
import signal
import subprocess
import sys
import time


def sweep(folder):
    """The processes that wrote into the folder may be dying at this moment, so a few tries are made."""
    for _ in range(50):
        for lock_file in glob.glob(os.path.join(glob.escape(folder), "**", "postmaster.pid"), recursive=True):
            _release_shared_memory(lock_file)
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.lexists(folder):
            return
        time.sleep(0.1)


def _release_shared_memory(lock_file):
    """A server that was killed leaves its System V segment; the last line but one of its lock file names it."""
    try:
        with open(lock_file, encoding="ascii") as file:
            words = file.read().splitlines()[6].split()
    except (OSError, IndexError, UnicodeDecodeError):
        return
    if len(words) == 2 and words[1].isdigit():
        subprocess.run(["ipcrm", "-m", words[1]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=10,
                       check=False)


def main():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    sweep(sys.argv[1])


if __name__ == "__main__":
    main()
