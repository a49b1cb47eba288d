# SPDX-License-Identifier: Apache-2.0
"""A private nginx that sends the files of a folder."""

from harness import nginx
from harness.processes import free_port

# sendfile and tcp_nopush as in Debian's own configuration. Clients that accept gzip get FILE.gz. One process, so that its
# CPU time is all there is.
CONFIG = """
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


class Nginx(nginx.Nginx):
    """Use as a context manager; serves each file of `files` at its URL path."""

    def __init__(self, scratch):
        folder = scratch.folder("nginx")
        self.files = scratch.folder("nginx/files")
        port = free_port()
        super().__init__(folder, CONFIG.format(folder=folder, port=port), port)
