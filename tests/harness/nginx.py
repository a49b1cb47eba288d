# SPDX-License-Identifier: Apache-2.0
"""Debian's nginx with a configuration of ours, in the foreground."""

import os
from pathlib import Path

from .processes import Child, NotReady, clean_environment, wait_until
from .service import Service
from .web import request

PLACES = ("/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx")


def program():
    for path in PLACES:
        if os.access(path, os.X_OK):
            return path
    raise NotReady(f"there is no nginx at {', '.join(PLACES)}; Debian has it in the package nginx-light")


def command(folder, config, *flags):
    """nginx with this configuration file, which looks for relative names in `folder` and beside the file."""
    return [program(), "-e", os.path.join(folder, "error.log"), "-p", folder, "-c", config, *flags]


class Nginx(Service):
    """`config`: the text of nginx.conf. `folder` may hold others."""

    def __init__(self, folder, config, port):
        self._folder = folder
        self._config = config
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.child = None

    def start(self):
        config = os.path.join(self._folder, "nginx.conf")
        Path(config).write_text(self._config)
        self.child = Child("nginx", command(self._folder, config, "-g", "daemon off;"),
                           os.path.join(self._folder, "log"), env=clean_environment())
        wait_until(self._answers, 15, "nginx answered", [self.child])
        return self

    def stop(self):
        if self.child:
            self.child.stop()

    def _answers(self):
        try:
            request(self.url, seconds=2)
            return True
        except OSError:
            return False
