# SPDX-License-Identifier: Apache-2.0
"""A private nginx that sends the files of a folder."""

import os

from bench.measure import WrongResult
from harness.processes import Child, clean_environment, free_port, wait_until
from harness.web import answers_ok

PLACES = ("/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx")

# sendfile and tcp_nopush as in Debian's own configuration. FILE.gz goes to whoever takes gzip. One process, so that its
# CPU time is all there is.
CONFIG = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  gzip_static on;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  default_type "text/plain; version=0.0.4; charset=utf-8";
  server {{
    listen 127.0.0.1:{port};
    root {folder}/files;
  }}
}}
"""


def program():
    for path in PLACES:
        if os.access(path, os.X_OK):
            return path
    raise WrongResult(f"there is no nginx at {', '.join(PLACES)}: `make bench` installs it")


class Nginx:
    """Use as a context manager; what stands in `files` is there at its URL path."""

    def __init__(self, scratch):
        self._folder = scratch.folder("nginx")
        self.files = scratch.folder("nginx/files")
        self.port = free_port()
        self.child = None

    def __enter__(self):
        config = os.path.join(self._folder, "nginx.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(folder=self._folder, port=self.port))
        with open(os.path.join(self.files, "alive"), "w", encoding="ascii") as file:
            file.write("yes\n")
        errors = os.path.join(self._folder, "error.log")
        self.child = Child("nginx", [program(), "-e", errors, "-p", self._folder, "-c", config],
                           os.path.join(self._folder, "log"), env=clean_environment())
        try:
            wait_until(lambda: answers_ok(f"http://127.0.0.1:{self.port}/alive"), 15, "nginx answered", [self.child])
        except BaseException:
            self.child.stop()
            raise
        return self

    def __exit__(self, *_):
        self.child.stop()
