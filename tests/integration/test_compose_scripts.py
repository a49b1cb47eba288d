# SPDX-License-Identifier: Apache-2.0
"""The scripts of compose's containers, one after the other as compose.yml runs them, with the real database and exporter."""
import os
import re
import subprocess
from pathlib import Path

import psycopg2
import pytest
import yaml

from harness.exporter import Exporter, program
from harness.postgres import ROLES, Postgres
from harness.processes import Child, clean_environment, free_port, wait_until
from harness.scratch import Scratch
from harness.simulator import Simulator
from harness.web import answers_ok, post_json, request

COMPOSE = Path(__file__).resolve().parents[2] / "compose"
PASSWORDS = {name: f"{name}-1" for name in ("o2o_owner", "o2o_writer", "o2o_batch", "o2o_reader", "o2o_dashboard", "o2o_monitor")}


class Containers:
    """`run` does what a container of compose.yml does: the script, with its secrets and its environment."""

    def __init__(self, scratch, postgres):
        self.postgres = postgres
        self.secrets = Path(scratch.folder("secrets"))
        self._path = scratch.folder("bin")
        os.symlink(program(), os.path.join(self._path, "o2o-exporter"))
        postgres.query("CREATE DATABASE o2o ENCODING 'UTF8' TEMPLATE template0")
        self.set_passwords({"postgres": postgres.password, **PASSWORDS})

    def set_passwords(self, passwords):
        for role, password in passwords.items():
            (self.secrets / f"{role}_password").write_text(password + "\n")

    def run(self, *command, **environment):
        env = clean_environment(PATH=f"{self._path}:{os.environ['PATH']}", SECRETS=str(self.secrets), ROLES_SQL=str(ROLES),
                                PGHOST="127.0.0.1", PGPORT=str(self.postgres.port), **environment)
        return subprocess.run([str(word) for word in command], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=120, check=False)

    def roles(self, *arguments, **environment):
        return self.run(COMPOSE / "postgres/roles.sh", *arguments, PGDATABASE="o2o", PGUSER="postgres", **environment)

    def exporter(self, role, *command, **environment):
        """In the image: entrypoint, password from its file."""
        return self.run(COMPOSE / "docker/entrypoint.sh", *command,
                        PG_DSN=f"host=127.0.0.1 port={self.postgres.port} dbname=o2o user={role}",
                        PGPASSWORD_FILE=str(self.secrets / f"{role}_password"), **environment)

    def schema(self, **environment):
        return self.exporter("o2o_owner", "bash", COMPOSE / "postgres/schema.sh", **environment)

    def sql(self, role, statement, password=None):
        connection = self.postgres.connect("o2o", role, password or PASSWORDS[role])
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall()
        finally:
            connection.close()


@pytest.fixture(name="cluster", scope="module")
def own_cluster():
    """The roles have fixed names, and other tests have them too."""
    with Postgres() as cluster:
        yield cluster


@pytest.fixture(name="containers")
def new_estate(cluster):
    with Scratch() as scratch:
        yield Containers(scratch, cluster)
    cluster.drop_database("o2o")


def test_from_an_empty_volume_to_orders(containers, scratch):
    with Simulator(scratch) as shop:
        shop.seed(20)
        oms = {"OMS_URL": shop.url, "OMS_API_KEY": shop.api_key}
        for done in (containers.roles(), containers.schema(**oms), containers.roles("tables", **oms)):
            assert done.returncode == 0, done.stdout
        done = containers.exporter("o2o_writer", "ingest", "--since", "1h", **oms)
        assert done.returncode == 0, done.stdout
    for role in ("o2o_reader", "o2o_writer"):
        assert containers.sql(role, "SELECT count(*) >= 20 FROM o2o.fact_orders_monitoring") == [(True,)]
    assert containers.sql("o2o_dashboard", "SELECT count(*) >= 20 FROM o2o.dashboard_orders") == [(True,)]
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        containers.sql("o2o_dashboard", "SELECT customer_name FROM o2o.fact_orders_monitoring")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        containers.sql("o2o_monitor", "SELECT * FROM o2o.dashboard_orders")
    # What postgres_exporter is for: other sessions' statements and the settings.
    assert containers.sql("o2o_monitor", "SELECT pg_has_role('o2o_monitor', 'pg_monitor', 'usage')") == [(True,)]


def test_again_at_every_start(containers):
    """Over the volumes of a running estate: nothing changes, and new passwords come into force."""
    oms = {"OMS_URL": f"http://127.0.0.1:{free_port()}", "OMS_API_KEY": "x"}
    for _ in range(2):
        for done in (containers.roles(), containers.schema(**oms), containers.roles("tables", **oms)):
            assert done.returncode == 0, done.stdout
    odd = r"""it's a \ "new" $one; --"""
    containers.set_passwords({"o2o_reader": odd})
    assert containers.roles().returncode == 0
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        containers.sql("o2o_reader", "SELECT 1")
    connection = psycopg2.connect(host="127.0.0.1", port=containers.postgres.port, dbname="o2o", user="o2o_reader", password=odd)
    connection.close()


def test_an_oms_that_is_away_does_not_keep_the_tables_from_being_made(containers):
    oms = {"OMS_URL": f"http://127.0.0.1:{free_port()}", "OMS_API_KEY": "x"}
    assert containers.roles().returncode == 0
    done = containers.schema(**oms)
    assert done.returncode == 0 and "connection refused" in done.stdout
    assert containers.roles("tables", **oms).returncode == 0


def test_vendors_alone_need_no_tables(containers):
    assert containers.roles().returncode == 0
    done = containers.schema(OMS_URL="")
    assert (done.returncode, done.stdout) == (0, "schema: OMS_URL is not set, so no tables are needed\n")
    assert containers.roles("tables", OMS_URL="").returncode == 0


def test_tables_that_could_not_be_made_stop_the_start(containers):
    assert containers.roles().returncode == 0
    done = containers.roles("tables", OMS_URL="http://oms.example")
    assert done.returncode == 1
    assert "there are no tables yet; what the service schema printed says why" in done.stdout


def test_an_empty_password_is_refused(containers):
    containers.set_passwords({"o2o_writer": ""})
    done = containers.roles()
    assert done.returncode == 1
    assert "the file o2o_writer_password is empty" in done.stdout


def test_no_password_is_printed(containers):
    containers.set_passwords({"o2o_writer": "a-secret-of-ours"})
    assert "a-secret-of-ours" not in containers.roles().stdout


def test_health_is_that_of_the_exporter(containers, scratch):
    check = COMPOSE / "docker/healthcheck.sh"
    with Exporter(scratch, env={"METABASE_URL": f"http://127.0.0.1:{free_port()}", "METABASE_API_KEY": "x"}) as exporter:
        done = containers.run(check, APP_PORT=str(exporter.port))
        assert (done.returncode, done.stdout) == (0, "")
    assert containers.run(check, APP_PORT=str(exporter.port)).returncode != 0


@pytest.mark.parametrize("given", [
    {"OMS_URL": "http://oms.example", "METABASE_URL": "http://metabase.example", "METABASE_USERNAME": "a@b.co"},
    {"METABASE_URL": "http://metabase.example", "METABASE_USERNAME": "a@b.co"},
    {"OMS_URL": "http://oms.example"},
], ids=["both", "vendors", "orders"])
def test_the_exporter_understands_the_environment_that_compose_gives(containers, given):
    """What .env leaves out is empty, not absent."""
    environment = yaml.safe_load((COMPOSE / "compose.yml").read_text())["services"]["o2o-exporter"]["environment"]
    for name in ("oms_api_key", "metabase_password"):
        (containers.secrets / name).write_text("x\n")
    (containers.secrets / "metabase_api_key").write_text("")  # as make-secrets.sh leaves it
    shown = {name: value.replace("/run/secrets", str(containers.secrets)) for name, value in environment.items()}
    for name, value in shown.items():
        for variable, default in re.findall(r"\$\{(\w+):-([^}]*)\}", value):
            shown[name] = given.get(variable, default)
    done = containers.run(COMPOSE / "docker/entrypoint.sh", "--config.check", **shown)
    assert (done.returncode, done.stdout) == (0, "configuration ok\n")


def test_the_shop_of_the_demo_is_there_for_other_containers(scratch):
    """Its command as compose.yml has it, but for ports and folders; asked at another address than the one it is tested at elsewhere."""
    service = yaml.safe_load((COMPOSE / "compose.yml").read_text())["services"]["simulator"]
    secrets = Path(scratch.folder("secrets"))
    for name in service["secrets"]:
        (secrets / name).write_text(f"{name}-1\n")
    oms, metabase = free_port(), free_port()
    [command] = service["command"]
    places = {"$$": "$", "/run/secrets": str(secrets), "exec python ": "exec /usr/bin/python3 ", "8080": str(oms), "3000": str(metabase)}
    for shipped, here in places.items():
        assert shipped in command
        command = command.replace(shipped, here)
    shop = Child("simulator", [*service["entrypoint"], command], scratch.file("shop.log"), cwd=COMPOSE.parent / "tests",
                 env=clean_environment(METABASE_USERNAME="a@b.co"))
    try:
        wait_until(lambda: answers_ok(f"http://127.0.0.2:{oms}/truth"), 30, "the shop answered", [shop])
        recent = f"http://127.0.0.2:{oms}/api/v1/monitor/recent?minutes=1&limit=1"
        assert [request(recent, headers={"x-api-key": key})[0] for key in ("oms_api_key-1", "another")] == [200, 401]
        login = {"username": "a@b.co", "password": "metabase_password-1"}
        assert post_json(f"http://127.0.0.2:{metabase}/api/session", login)["id"]
    finally:
        shop.stop()
