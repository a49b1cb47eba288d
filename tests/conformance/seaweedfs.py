# SPDX-License-Identifier: Apache-2.0
"""The S3 server of compose.yml, as its command there says, on loopback."""

import configparser
import os
import subprocess
from pathlib import Path

import yaml

from harness.processes import Child, clean_environment, free_port, wait_until
from harness.service import Service
from harness.web import answers_ok

COMPOSE = Path(__file__).resolve().parents[2] / "compose"
BUCKET = "mimir"


class SeaweedFS(Service):
    """A restart keeps ports and data. Its keys are what make-secrets.sh makes: `credentials`, a file for AWS_SHARED_CREDENTIALS_FILE."""

    def __init__(self, scratch, program):
        self._program = program
        self._folder = scratch.folder("seaweedfs")
        made = scratch.folder("compose")
        subprocess.run([COMPOSE / "make-secrets.sh"], env=clean_environment(O2O_COMPOSE_FOLDER=made), check=True, capture_output=True, timeout=60)
        self.credentials = os.path.join(made, "secrets", "s3_credentials")
        self._identities = os.path.join(made, "secrets", "s3_identities")
        self._ports = {name: _port() for name in ("master", "volume", "filer", "s3", "s3.port.iceberg")}
        self.endpoint = f"127.0.0.1:{self._ports['s3']}"
        self.child = None

    def _command(self):
        """Changed are addresses, folders and ports, and nothing else."""
        shipped = yaml.safe_load((COMPOSE / "compose.yml").read_text())["services"]["seaweedfs"]["command"]
        changed = {"-dir=/data": f"-dir={self._folder}", "-ip=seaweedfs": "-ip=127.0.0.1", "-ip.bind=0.0.0.0": "-ip.bind=127.0.0.1",
                   "-bucket=${MIMIR_S3_BUCKET:-mimir}": f"-bucket={BUCKET}",
                   "-s3.config=/run/secrets/s3_identities": f"-s3.config={self._identities}"}
        assert changed.keys() <= set(shipped), "compose.yml starts it otherwise"
        ports = [f"-{name if '.port' in name else name + '.port'}={port}" for name, port in self._ports.items()]
        return [self._program, *(changed.get(word, word) for word in shipped), *ports]

    def start(self):
        # It also writes logs to the temporary folder.
        self.child = Child("SeaweedFS", self._command(), os.path.join(self._folder, "log"), cwd=self._folder, env=clean_environment(TMPDIR=self._folder))
        return self

    def begin(self):
        return self.start().wait_ready()

    def wait_ready(self):
        wait_until(lambda: answers_ok(f"http://{self.endpoint}/healthz"), 120, "SeaweedFS was ready", [self.child])
        return self

    def login(self):
        """As an Airflow Connection has it."""
        keys = configparser.ConfigParser()
        keys.read(self.credentials)
        return {"login": keys["default"]["aws_access_key_id"], "password": keys["default"]["aws_secret_access_key"]}

    def read(self, key):
        """The object of that key."""
        login = self.login()
        return subprocess.run(["curl", "-sSf", "--aws-sigv4", "aws:amz:us-east-1:s3", "--user", f"{login['login']}:{login['password']}",
                               f"http://{self.endpoint}/{BUCKET}/{key}"], check=True, capture_output=True, timeout=60).stdout

    def stop(self):
        return self.child.stop(grace_seconds=60) if self.child else None


def _port():
    """Its gRPC port is that and 10000."""
    while (port := free_port()) > 55_000:
        pass
    return port
