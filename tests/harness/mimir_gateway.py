# SPDX-License-Identifier: Apache-2.0
"""Debian's nginx with the shipped configuration of the way to Mimir. Changed are addresses and folders, and nothing else."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from .nginx import Nginx
from .processes import NotReady, free_port

SHIPPED = Path(__file__).resolve().parents[2] / "compose" / "mimir"


def hashed(password):
    """As make-secrets.sh does it."""
    return subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=password, check=True, capture_output=True, text=True,
                          timeout=30).stdout.strip()


def mimir_gateway(scratch, mimir_port, users, tenants=None):
    """`users`: name -> password. `tenants`: text instead of the shipped tenants.conf."""
    folder = scratch.folder("mimir-gateway")
    port = free_port()
    file = Path(folder, "users")
    file.write_text("".join(f"{name}:{hashed(password)}\n" for name, password in users.items()))
    # nginx's workers are another user where we are root.
    os.chmod(file, 0o644)
    if tenants is None:
        shutil.copy(SHIPPED / "tenants.conf", folder)
    else:
        Path(folder, "tenants.conf").write_text(tenants)
    text = (SHIPPED / "nginx.conf").read_text()
    places = {"listen 8080;": f"listen 127.0.0.1:{port};", "http://mimir:8080": f"http://127.0.0.1:{mimir_port}",
              "/run/secrets/mimir_users": str(file), "/tmp/": f"{folder}/"}
    for shipped in places:
        if shipped not in text:
            raise NotReady(f"compose/mimir/nginx.conf has no {shipped!r} to be changed")
    # In one go: what is put in may hold what is to be changed.
    text = re.sub("|".join(map(re.escape, places)), lambda found: places[found.group()], text)
    return Nginx(folder, text, port)
