# SPDX-License-Identifier: Apache-2.0
"""A temporary folder that disappears with the process that made it, also when that one is killed."""

import os
import subprocess
import tempfile

from . import sweeper

# Room for a socket's name below it: a Unix socket's path has at most 107 bytes.
LONGEST_BASE = 60


class Scratch:
    """Use as a context manager; `path` is the folder. Others may enter it but not list it."""

    def __init__(self, prefix="o2o-"):
        base = tempfile.gettempdir()
        if len(base) > LONGEST_BASE:
            base = "/tmp"
        self.path = tempfile.mkdtemp(prefix=prefix, dir=base)
        os.chmod(self.path, 0o711)
        self._sweeper = subprocess.Popen(
            ["/usr/bin/python3", "-I", sweeper.__file__, self.path],
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
        sweeper.sweep(self.path)
        if self._sweeper.poll() is None:
            self._sweeper.stdin.close()
            self._sweeper.wait(timeout=30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()
