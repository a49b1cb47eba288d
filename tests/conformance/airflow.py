# SPDX-License-Identifier: Apache-2.0
"""A private Airflow as compose.yml has it: its settings, secrets of make-secrets.sh, the image's entrypoint, its processes and its health checks, with other
addresses. Everything that it started is ended with it: a child that is asked to end leaves its workers running."""

import json
import os
import subprocess
from pathlib import Path

from bundle.estate import FOLDER, services, with_defaults
from harness.exporter import program
from harness.processes import Child, clean_environment, free_port, wait_until
from harness.web import post_json, request

from . import tools

DAGS = tools.ROOT / "airflow" / "dags"
PARTS = ("airflow-api-server", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer")
SECRETS = "/run/secrets"


class Airflow:
    """`secrets`: name -> what the file of that name holds, where it is not what make-secrets.sh made. `postgres`, `oms_url`: where the Connections lead.
    `environment`: more for the workers. Use as a context manager; migrate() comes first, then start() or run()."""

    def __init__(self, scratch, postgres, command, secrets, oms_url, environment):
        self.home = Path(scratch.folder("airflow"))
        self.command = command
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._children = []
        database = postgres.make_database("airflow").replace("postgresql://", "postgresql+psycopg2://")
        self._secrets = self._made_secrets(scratch, {**secrets, "airflow_database_url": database})
        self._health_port = free_port()
        programs = Path(scratch.folder("airflow-bin"))  # of the image, beside Airflow's own
        (programs / "airflow-entrypoint").symlink_to(FOLDER / "docker" / "airflow.py")
        shipped = {name: with_defaults(str(value)).replace(SECRETS, str(self._secrets))
                   for name, value in services()["airflow-scheduler"]["environment"].items()}
        for name in filter(lambda name: name.startswith("AIRFLOW_CONN_"), shipped):
            parts = json.loads(shipped[name])
            parts |= {"host": oms_url} if parts["conn_type"] == "http" else {"host": "127.0.0.1", "port": postgres.port}
            shipped[name] = json.dumps(parts)
        self.environment = clean_environment(**{
            **shipped,
            "PATH": os.pathsep.join([str(programs), str(command.parent), str(Path(program()).parent), os.environ["PATH"]]),
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(self.home / "logs"),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(self._health_port),
            **environment,
        })

    def connect(self, name, **parts):
        """A Connection more; without parts one less."""
        variable = f"AIRFLOW_CONN_{name.upper()}"
        self.environment.pop(variable, None)
        if parts:
            self.environment[variable] = json.dumps(parts)

    @staticmethod
    def _made_secrets(scratch, others):
        folder = Path(scratch.folder("compose"))
        subprocess.run([FOLDER / "make-secrets.sh"], env=clean_environment(O2O_COMPOSE_FOLDER=str(folder)), check=True, stdout=subprocess.DEVNULL, timeout=60)
        for name, text in others.items():
            path = folder / "secrets" / name
            path.chmod(0o600)
            path.write_text(text)
        return folder / "secrets"

    def run(self, *command, **environment):
        """As in a container of the image; what it said."""
        return self._run(["airflow-entrypoint", *command], environment)

    def _run(self, command, environment=None):
        done = subprocess.run(command, env={**self.environment, **(environment or {})}, cwd=self.home, stdin=subprocess.DEVNULL, text=True,
                              timeout=600, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}"
        return done.stdout

    def python(self, script, *arguments, **environment):
        """A script in Airflow's own Python; what it said."""
        return self.run(self.command.parent / "python", "-c", script, *arguments, **environment)

    def migrate(self):
        """As the service airflow-migrate."""
        self.run(*(word.replace("$$", "$").replace(SECRETS, str(self._secrets)) for word in services()["airflow-migrate"]["command"]))

    def start(self):
        """The API first, as in compose.yml: tasks that cannot ask it fail."""
        for name in PARTS:
            self._children.append(Child(name, ["airflow-entrypoint", *services()[name]["command"]], self.home / f"{name}.log",
                                        env=self.environment, cwd=self.home))
            if name == "airflow-api-server":
                wait_until(lambda: self._healthy("metadatabase"), 600, "Airflow's API answered", self._children, interval=0.5)
        wait_until(lambda: self._healthy("scheduler", "dag_processor", "triggerer"), 600, "Airflow was healthy", self._children, interval=1)

    def _healthy(self, *parts):
        try:
            _, _, body = request(f"{self.url}/api/v2/monitor/health")
            return all(json.loads(body)[part]["status"] == "healthy" for part in parts)
        except (OSError, ValueError, KeyError):
            return False

    def check_health(self, name):
        """The health check of the service; what it said. It fails where the service is not healthy."""
        words = services()[name]["healthcheck"]["test"][1:]
        return self._run([word.replace("127.0.0.1:8080", f"127.0.0.1:{self.port}").replace("127.0.0.1:8974", f"127.0.0.1:{self._health_port}") for word in words])

    def token(self, password=None):
        """Of the administrator, who is asked for a password."""
        password = password or (self._secrets / "airflow_admin_password").read_text().strip()
        return post_json(f"{self.url}/auth/token", {"username": "admin", "password": password}, seconds=120)["access_token"]

    def get(self, path, token):
        """None of what is not there (yet)."""
        status, _, body = request(f"{self.url}/api/v2/{path}", headers={"Authorization": f"Bearer {token}"}, seconds=120)
        assert status in (200, 404), body
        return json.loads(body) if status == 200 else None

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
