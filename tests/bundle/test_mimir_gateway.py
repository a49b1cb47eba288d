# SPDX-License-Identifier: Apache-2.0
"""The way to Mimir, in Debian's nginx: a user's password makes its tenant, and nothing that a client says does."""

import base64
from pathlib import Path

import pytest

from harness import nginx
from harness.mimir_gateway import SHIPPED, mimir_gateway
from harness.processes import wait_until
from harness.prometheus import Prometheus
from harness.scratch import Scratch
from harness.scripted_server import Answer, ScriptedServer
from harness.web import request

from bundle.shipped import run

PUSH = "/api/v1/push"
QUERY = "/prometheus/api/v1/query?query=up"
# Two of the shipped users, a user of another tenant, and one that tenants.conf lacks.
USERS = {"prometheus": "p-secret", "grafana": "g-secret", "other": "o-secret", "stranger": "s-secret"}
TENANTS = (SHIPPED / "tenants.conf").read_text() + "other theirs;\n"


class Mimir:
    """In its place: keeps what it is asked."""

    def __init__(self):
        self.asked = []

    def answer(self, asked):
        self.asked.append(asked)
        return Answer(b"ready\n")

    def last_tenant(self):
        return {name.lower(): value for name, value in self.asked[-1].headers.items()}.get("x-scope-orgid")


@pytest.fixture(name="mimir", scope="module")
def fake_mimir():
    mimir = Mimir()
    with ScriptedServer(mimir.answer) as server:
        mimir.port = server.port
        yield mimir


@pytest.fixture(name="ask", scope="module")
def gateway(mimir):
    """ask(path, user, ...): (status, the requests that reached Mimir)."""
    with Scratch() as scratch, mimir_gateway(scratch, mimir.port, USERS, TENANTS) as server:
        def ask(path, user=None, password=None, method="GET", **headers):
            before = len(mimir.asked)
            if user:
                login = f"{user}:{USERS.get(user) if password is None else password}"
                headers["Authorization"] = "Basic " + base64.b64encode(login.encode()).decode()
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            status, _, _ = request(server.url + path, method, b"x" if method == "POST" else None, sent)
            return status, mimir.asked[before:]

        yield ask


def test_configuration_is_valid(tmp_path):
    """By nginx itself, with the shipped file as it is but for the folder of temporary files and secrets."""
    for name in ("nginx.conf", "tenants.conf"):
        text = (SHIPPED / name).read_text().replace("/tmp/", f"{tmp_path}/").replace("/run/secrets", str(tmp_path))
        Path(tmp_path, name).write_text(text)
    Path(tmp_path, "mimir_users").write_text("")
    said = run(*nginx.command(str(tmp_path), str(tmp_path / "nginx.conf"), "-t"))
    assert "test is successful" in said
    assert "warn" not in said


@pytest.mark.parametrize("user, tenant", [("prometheus", "o2o"), ("grafana", "o2o"), ("other", "theirs")])
def test_a_user_is_its_tenant(ask, mimir, user, tenant):
    status, asked = ask(QUERY, user)
    assert (status, [one.path for one in asked]) == (200, [QUERY])
    assert mimir.last_tenant() == tenant


@pytest.mark.parametrize("path, user, method", [(QUERY, "other", "GET"), (PUSH, "prometheus", "POST")])
@pytest.mark.parametrize("header", ["X_Scope_OrgID", "x_scope_orgid", "X_SCOPE_ORGID"])
def test_what_a_client_says_of_its_tenant_is_overwritten(ask, mimir, path, user, method, header):
    status, asked = ask(path, user, method=method, **{header: "victim"})
    assert (status, len(asked)) == (200, 1)
    assert "victim" not in str(asked[0].headers)
    assert mimir.last_tenant() == {"other": "theirs", "prometheus": "o2o"}[user]


@pytest.mark.parametrize("path", [PUSH, QUERY, "/metrics"])
@pytest.mark.parametrize("user, password", [(None, None), ("prometheus", "wrong"), ("prometheus", ""), ("nobody", "p-secret")])
def test_nobody_gets_in_without_a_password(ask, path, user, password):
    status, asked = ask(path, user, password, X_Scope_OrgID="o2o")
    assert status in (401, 403) and asked == []
    assert status == 401 or user == "nobody"


def test_a_user_of_no_tenant_reaches_mimir_without_one(ask, mimir):
    """... and Mimir answers 401. Above all the client's own header is not let through."""
    ask(QUERY, "stranger", X_Scope_OrgID="o2o")
    assert mimir.last_tenant() is None


@pytest.mark.parametrize("user, status", [("prometheus", 200), ("grafana", 403), ("other", 403)])
@pytest.mark.parametrize("path", [PUSH, "/metrics"])
def test_only_prometheus_writes(ask, path, user, status):
    assert ask(path, user, method="POST" if path == PUSH else "GET")[0] == status


@pytest.mark.parametrize("path", ["/", "/config", "/ingester/shutdown", "/compactor/delete_tenant", "/distributor/ring", "/api/v1/push/",
                                  "/prometheus/config/v1/rules/x", "/prometheus/api/v1/../../ingester/shutdown", "/runtime_config",
                                  "/prometheus/api/v1/%2e%2e/%2e%2e/config", "/prometheus/api/v1/..%2f..%2fconfig"])
def test_what_could_do_harm_is_not_there(ask, path):
    status, asked = ask(path, "prometheus", method="POST")
    assert (status, asked) == (404, [])


def test_health_needs_no_password(ask, mimir):
    assert ask("/ready")[0] == 200
    assert mimir.last_tenant() is None


def test_passwords_stay_here(ask, mimir):
    ask(QUERY, "grafana")
    assert "authorization" not in {name.lower() for name in mimir.asked[-1].headers}


def test_the_shipped_prometheus_writes_as_its_tenant():
    """Its own file, with other addresses: the first request of remote write arrives with the tenant, whatever version it is."""
    mimir = Mimir()
    with ScriptedServer(mimir.answer) as server, Scratch() as scratch:
        secrets = scratch.folder("secrets")
        Path(secrets, "mimir_prometheus_password").write_text("p-secret\n")  # a line, as an editor leaves it
        with mimir_gateway(scratch, server.port, {"prometheus": "p-secret"}) as gateway, \
             Prometheus(scratch, {"mimir": f"127.0.0.1:{gateway.port}"}, remote_write=f"127.0.0.1:{gateway.port}",
                        secrets=secrets, factor=5) as prometheus:
            for path in (PUSH, "/metrics"):
                wait_until(lambda path=path: [asked for asked in mimir.asked if asked.path == path], 60,
                           f"Prometheus asked for {path}", [prometheus.child])
    tenants = {(asked.path, asked.headers.get("X-Scope-OrgID")) for asked in mimir.asked}
    assert tenants >= {(PUSH, "o2o"), ("/metrics", "o2o")}
    assert {tenant for _, tenant in tenants} == {"o2o"}
