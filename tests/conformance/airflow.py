# SPDX-License-Identifier: Apache-2.0
"""A private Airflow with the DAGs that we ship: its own database in a private PostgreSQL, LocalExecutor, users and passwords, and the processes that
compose.yml starts. Everything that it started is ended with it: a child that is asked to end leaves its workers running."""

import json
import os
import secrets
import subprocess
from base64 import urlsafe_b64encode
from pathlib import Path

from harness.exporter import program
from harness.processes import Child, clean_environment, free_port, wait_until
from harness.web import post_json, request

from . import tools

DAGS = tools.ROOT / "airflow" / "dags"
PROCESSES = {"api-server": ["api-server"], "dag-processor": ["dag-processor"], "scheduler": ["scheduler", "--skip-serve-logs"],
             "triggerer": ["triggerer", "--skip-serve-logs"]}
ADMIN = "admin"


class Airflow:
    """`connections`: id -> parts. `environment`: more for the workers. Use as a context manager; then migrate(), and start() or run()."""

    def __init__(self, scratch, postgres, command, connections, environment):
        self.home = Path(scratch.folder("airflow"))
        self.command = command
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.password = secrets.token_hex(16)
        self._children = []
        database = postgres.make_database("airflow")
        self.environment = clean_environment(**{
            "PATH": f"{Path(program()).parent}:{os.environ['PATH']}",
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "false",
            "AIRFLOW__CORE__FERNET_KEY": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API__SECRET_KEY": secrets.token_hex(32),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database.replace("postgresql://", "postgresql+psycopg2://"),
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "false",
            "PYTHONDONTWRITEBYTECODE": "1",
            **{f"AIRFLOW_CONN_{name.upper()}": json.dumps(parts) for name, parts in connections.items()},
            **environment,
        })

    def run(self, *arguments, status=0, text=None):
        """A command of Airflow's; what it said."""
        return self._run([self.command, *arguments], status, text)

    def python(self, script, *arguments, status=0):
        """A script in Airflow's own Python; what it said."""
        return self._run([self.command.parent / "python", "-c", script, *arguments], status, None)

    def _run(self, argv, status, text):
        done = subprocess.run([str(word) for word in argv], env=self.environment, cwd=self.home, input=text or "", text=True, timeout=600, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == status, f"{argv} ended with {done.returncode}:\n{done.stdout}"
        return done.stdout

    def migrate(self):
        self.run("db", "migrate")
        self.run("users", "create", "--username", ADMIN, "--role", "Admin", "--email", "admin@localhost", "--firstname", "O2O", "--lastname", "Admin",
                 "--password", self.password)

    def start(self):
        """The API first, as in compose.yml: tasks that cannot ask it fail."""
        for name, words in PROCESSES.items():
            self._children.append(Child(f"airflow {name}", [self.command, *words], self.home / f"{name}.log", env=self.environment, cwd=self.home))
            if name == "api-server":
                wait_until(lambda: self._healthy("metadatabase"), 300, "Airflow's API answered", self._children, interval=0.5)
        wait_until(lambda: self._healthy("scheduler", "dag_processor", "triggerer"), 300, "Airflow was healthy", self._children, interval=1)

    def _healthy(self, *parts):
        try:
            _, _, body = request(f"{self.url}/api/v2/monitor/health")
            return all(json.loads(body)[part]["status"] == "healthy" for part in parts)
        except (OSError, ValueError, KeyError):
            return False

    def token(self):
        return post_json(f"{self.url}/auth/token", {"username": ADMIN, "password": self.password})["access_token"]

    def get(self, path, token):
        """None of what is not there (yet)."""
        status, _, body = request(f"{self.url}/api/v2/{path}", headers={"Authorization": f"Bearer {token}"})
        assert status in (200, 404), body
        return json.loads(body) if status == 200 else None

    def logs(self):
        return "\n".join(child.log() for child in self._children)

    def processes(self):
        """Every process that has our folder in its environment: what was started, and all that this started."""
        mine = f"AIRFLOW_HOME={self.home}".encode()
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                if mine in path.read_bytes().split(b"\0"):
                    found.append(int(path.parent.name))
            except OSError:
                continue
        return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for child in reversed(self._children):
            child.stop(20)
