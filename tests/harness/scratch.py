# SPDX-License-Identifier: Apache-2.0
"""A temporary folder that disappears with whoever made it, also when that one is killed."""

import os
import shutil
import subprocess
import tempfile

# Room for a socket's name below it: a Unix socket's path has at most 107 bytes.
LONGEST_BASE = 60

# Waits for the end of its input, which the kernel closes when the maker is gone; the children that wrote into the
# folder are killed in the same moment, so a few tries see it empty.
_SWEEPER = """
import shutil, signal, sys, time
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
sys.stdin.buffer.read()
for _ in range(50):
    shutil.rmtree(sys.argv[1], ignore_errors=True)
    try:
        open(sys.argv[1]).close()
    except FileNotFoundError:
        break
    except OSError:
        time.sleep(0.1)
"""


class Scratch:
    """Use as a context manager; `path` is the folder. Others may enter it but not list it."""

    def __init__(self, prefix="o2o-"):
        base = tempfile.gettempdir()
        if len(base) > LONGEST_BASE:
            base = "/tmp"
        self.path = tempfile.mkdtemp(prefix=prefix, dir=base)
        os.chmod(self.path, 0o711)
        self._sweeper = subprocess.Popen(
            ["/usr/bin/python3", "-I", "-c", _SWEEPER, self.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )

    def folder(self, name):
        path = os.path.join(self.path, name)
        os.makedirs(path, exist_ok=True)
        return path

    def file(self, name):
        return os.path.join(self.path, name)

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)
        if self._sweeper.poll() is None:
            self._sweeper.stdin.close()
            self._sweeper.wait(timeout=30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()
