# SPDX-License-Identifier: Apache-2.0
"""compose.yml against the Compose Specification, and against the files that it brings together. Docker itself is not there: what an
engine alone would find is not found here."""

import json
import re

import jsonschema
import pytest
import yaml

from bundle.estate import (COMPOSE, EXAMPLE, FOLDER, STAGING, binds, is_task, model, mounted, networks, port_of, reached, services,
                           variables, with_defaults)
from bundle.shipped import ALERTMANAGER, PROMETHEUS, ROOT, load, run

SCHEMA = json.loads((ROOT / "tests/bundle/testdata/compose-spec.json").read_text())
# Read by Docker Compose itself.
OF_COMPOSE = {"COMPOSE_PROFILES"}
# Their images hold the program and nothing to ask it with.
WITHOUT_HEALTH_CHECK = {"mimir", "mongodb-exporter"}

AIRFLOW = {"airflow-postgres", "airflow-api-server", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer"}

each_service = pytest.mark.parametrize("name", services())


def faults(document):
    return [error.message for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(document)]


@pytest.mark.parametrize("path", [COMPOSE, STAGING], ids=lambda path: path.name)
def test_it_is_what_the_specification_says(path):
    assert faults(model(path)) == []


@pytest.mark.parametrize("change", [{"imagee": "x"}, {"restart": ["no"]}, {"depends_on": {"x": {"condition": "healthy"}}}])
def test_a_mistake_would_be_seen(change):
    document = model()
    document["services"]["postgres"].update(change)
    assert faults(document)


def test_staging_changes_what_there_is():
    assert model(STAGING)["services"].keys() <= services().keys()
    assert model(STAGING)["name"] != model()["name"], "volumes and networks of their own"
    for name, changes in model(STAGING)["services"].items():
        for source, _ in binds(changes):
            assert (FOLDER / source).exists(), f"{name}: {source}"


def test_staging_wakes_nobody():
    command = model(STAGING)["services"]["alertmanager"]["command"]
    config = yaml.safe_load((FOLDER / "alertmanager-staging.yml").read_text())
    run("amtool", "check-config", FOLDER / "alertmanager-staging.yml")
    assert "--config.file=/etc/o2o/alertmanager-staging.yml" in command
    assert {receiver["name"] for receiver in config["receivers"]} == {"staging"}
    production = [flag for flag in services()["alertmanager"]["command"] if not flag.startswith("--config.file")]
    assert [flag for flag in command if not flag.startswith("--config.file")] == production


# --- images

def test_every_image_is_of_the_table_and_of_one_version():
    table = model()["x-images"]
    assert {service["image"] for service in services().values()} == set(table)
    for image in table:
        assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+(\.\d+)?(-\w+)?", image), image
    names = [image.rsplit(":", 1)[0] for image in table]
    assert sorted(names) == sorted(set(names)), "two versions of one image"


def test_ours_has_the_version_of_the_program():
    version = re.search(r"^project\(o2o-exporter VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text(), re.M).group(1)
    assert {f"o2o-exporter:{version}", f"o2o-airflow:{version}"} <= set(model()["x-images"])


# --- every service

@each_service
def test_it_is_bounded_and_has_no_privilege(name):
    service = services()[name]
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert service["pids_limit"] > 0
    assert service["logging"]["driver"] == "json-file" and service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert service["restart"] in ("unless-stopped", "no")
    assert service["cap_drop"] == ["ALL"] and service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert not service.get("privileged")


@each_service
def test_it_is_not_root(name):
    service = services()[name]
    if name == "volume-owners":
        assert is_task(service) and service["cap_add"] == ["CHOWN"] and service["network_mode"] == "none"
    elif service.get("build"):
        assert re.findall(r"^USER (\S+)", (ROOT / service["build"]["dockerfile"]).read_text(), re.M)[-1] == "1000:1000"
    else:
        assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
        assert "cap_add" not in service


@each_service
def test_its_health_is_asked_for(name):
    service = services()[name]
    if is_task(service):
        assert "healthcheck" not in service, "it ends"
        return
    assert ("healthcheck" in service) == (name not in WITHOUT_HEALTH_CHECK)
    if "healthcheck" in service:
        assert {"test", "interval", "timeout", "retries", "start_period"} <= service["healthcheck"].keys()
        assert service["healthcheck"]["test"][0] == "CMD", "no shell where none is needed"


def test_the_gateway_asks_for_the_health_of_mimir():
    assert "/ready" in str(services()["mimir-gateway"]["healthcheck"]["test"])


@each_service
def test_what_it_waits_for_comes(name):
    for other, wait in (services()[name].get("depends_on") or {}).items():
        expected = "service_completed_successfully" if is_task(services()[other]) else \
            "service_started" if other in WITHOUT_HEALTH_CHECK else "service_healthy"
        assert wait["condition"] == expected, f"{name} waits for {other}"
        elsewhere = set(services()[other].get("profiles", [])) - set(services()[name].get("profiles", []))
        assert not elsewhere or wait.get("required") is False, f"{name} needs {other}, which is of a profile"


# --- files

@each_service
def test_what_it_mounts_exists_and_is_only_read(name):
    for source, target in binds(services()[name]):
        if not source.startswith("."):
            assert name == "node-exporter"
            continue
        assert (FOLDER / with_defaults(source)).exists(), source
        assert any(volume.startswith(source) and volume.endswith(":ro") for volume in services()[name]["volumes"]), target


def test_named_volumes_are_declared_and_used():
    used = {volume.split(":")[0] for service in services().values() for volume in service.get("volumes", []) if volume[0] not in "./"}
    assert used == model()["volumes"].keys()


def test_each_choice_of_mimir_is_there():
    """MIMIR_CONFIG names a file beside the default."""
    named = set(re.findall(r"mimir[\w-]*\.yml", EXAMPLE.read_text())) - {"mimir/*.yml"}
    assert named == {path.name for path in (FOLDER / "mimir").glob("*.yml")}


@pytest.mark.parametrize("name, flag", [("prometheus", "--config.file="), ("prometheus-b", "--config.file="),
                                        ("alertmanager", "--config.file="), ("mimir", "-config.file="),
                                        ("blackbox-exporter", "--config.file=")])
def test_a_program_is_given_our_file(name, flag):
    given = [word.removeprefix(flag) for word in services()[name]["command"] if word.startswith(flag)]
    assert len(given) == 1
    assert mounted(services()[name], given[0]).is_file()


def test_prometheus_finds_the_rules_and_targets_that_its_file_names():
    service = services()["prometheus"]
    home = "/etc/o2o/compose"
    assert f"--config.file={home}/prometheus.yml" in service["command"]
    assert mounted(service, f"{home}/prometheus.yml") == PROMETHEUS
    assert load(PROMETHEUS)["rule_files"] == ["../rules/*.yml"]
    assert mounted(service, "/etc/o2o/rules").resolve() == ROOT / "rules"
    assert mounted(service, f"{home}/targets").resolve() == FOLDER / "targets"


def test_grafana_finds_dashboards_and_sources():
    service = services()["grafana"]
    for provider in load(mounted(service, "/etc/grafana/provisioning/dashboards/o2o.yml"))["providers"]:
        assert list(mounted(service, provider["options"]["path"]).glob("*.json"))
    assert mounted(service, service["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]).is_file()
    sources = mounted(service, "/etc/grafana/provisioning/datasources")
    needed = {name for path in sources.glob("*.yml") for name in variables(path.read_text())}
    assert needed == {name for name in service["environment"] if name.startswith("O2O_")}


# --- names and ports

def addresses(text):
    return re.findall(r"\b([a-z][a-z0-9-]*):(\d+)\b", text)


def scraped():
    """(job, host, port) of all that Prometheus asks."""
    for job in load(PROMETHEUS)["scrape_configs"]:
        for static in job.get("static_configs", []):
            for target in static["targets"]:
                yield job["job_name"], *target.split(":")
        for found in job.get("dns_sd_configs", []):
            for host in found["names"]:
                yield job["job_name"], host, str(found["port"])
        for rule in job.get("relabel_configs", []):
            if rule.get("target_label") == "__address__":
                yield job["job_name"], *rule["replacement"].split(":")


@pytest.mark.parametrize("replica", ["prometheus", "prometheus-b"])
def test_prometheus_scrapes_what_runs_here(replica):
    for job, host, port in scraped():
        assert port == str(port_of(reached(replica, host))), f"job {job}"


def test_every_server_with_metrics_is_scraped():
    watched = {host for _, host, _ in scraped()}
    # The first by its exporter, Mimir through its gateway, Airflow by what its jobs report.
    without = {"postgres", "grafana", "mimir", "seaweedfs", "simulator", *AIRFLOW}
    assert {name for name, service in services().items() if not is_task(service)} - watched == without


def test_only_what_is_of_a_profile_may_be_absent():
    """What always runs is a fixed target: were it found in DNS, it would vanish instead of being down."""
    for job in load(PROMETHEUS)["scrape_configs"]:
        for static in job.get("static_configs", []):
            for target in static["targets"]:
                assert not services()[reached("prometheus", target.split(":")[0])].get("profiles")
        for found in job.get("dns_sd_configs", []):
            assert all(services()[host]["profiles"] for host in found["names"])


def test_alerts_and_samples_go_to_servers_of_ours():
    config = load(PROMETHEUS)
    targets = [target for one in config["alerting"]["alertmanagers"] for static in one["static_configs"] for target in static["targets"]]
    for text in targets + [remote["url"] for remote in config["remote_write"]]:
        for host, port in addresses(text):
            assert port == str(port_of(reached("prometheus", host)))


def test_grafana_asks_servers_of_ours():
    found = [(host, port) for name, value in services()["grafana"]["environment"].items() if name.startswith("O2O_")
             for host, port in addresses(str(value))]
    assert len(found) == 4
    for host, port in found:
        assert port == str(port_of(reached("grafana", host)))


def test_notifications_arrive_in_the_demo():
    for host, port in set(addresses(ALERTMANAGER.read_text())) - {("smtp", "587")}:
        if host == "notifications":
            assert reached("alertmanager", host) == "simulator" and port == str(port_of("simulator"))


def test_the_way_to_mimir_is_the_gateway_alone():
    text = (FOLDER / "mimir" / "nginx.conf").read_text()
    port = load(FOLDER / "mimir" / "mimir.yml")["server"]["http_listen_port"]
    assert f"http://mimir:{port};" in text and reached("mimir-gateway", "mimir") == "mimir"
    assert f"listen {port_of('mimir-gateway')};" in text
    assert "ports" not in services()["mimir"]
    beside = {name for name, service in services().items() if networks(service).keys() & networks(services()["mimir"]).keys()}
    assert beside == {"mimir", "mimir-gateway", "seaweedfs"}, "a client that reaches Mimir can be any tenant"


def test_the_bucket_is_where_mimir_looks():
    environment = services()["mimir"]["environment"]
    host, port = with_defaults(environment["MIMIR_S3_ENDPOINT"]).split(":")
    assert (reached("mimir", host), int(port)) == ("seaweedfs", port_of("seaweedfs"))
    assert f"-bucket={environment['MIMIR_S3_BUCKET']}" in services()["seaweedfs"]["command"]
    read = re.findall(r"\$\{(\w+)", (FOLDER / "mimir" / "mimir-s3.yml").read_text())
    assert set(read) == {name for name in environment if name.startswith("MIMIR_")}


@pytest.mark.parametrize("name", ["schema", "o2o-exporter"])
def test_the_exporter_finds_its_database(name):
    dsn = dict(word.split("=") for word in services()[name]["environment"]["PG_DSN"].split())
    assert reached(name, dsn["host"]) == "postgres"
    assert dsn["dbname"] == services()["postgres"]["environment"]["POSTGRES_DB"]
    assert services()[name]["environment"]["PGPASSWORD_FILE"] == f"/run/secrets/{dsn['user']}_password"
    assert dsn["user"] == {"schema": "o2o_owner", "o2o-exporter": "o2o_writer"}[name]


def test_the_database_cannot_be_reached_from_outside():
    assert model()["networks"]["db"] == model()["networks"]["storage"] == {"internal": True}
    assert networks(services()["postgres"]).keys() == {"db"} and "ports" not in services()["postgres"]


@each_service
def test_ports_are_opened_where_one_said(name):
    for port in services()[name].get("ports", []):
        assert port.startswith("${O2O_BIND:-127.0.0.1}:")
        assert port.endswith(f":{port_of(name)}")


# --- settings

def test_every_variable_is_explained_and_every_line_is_read():
    used = variables(COMPOSE.read_text()) | variables(STAGING.read_text())
    lines = re.findall(r"^(#?)([A-Z_0-9]+)=(.*)$", EXAMPLE.read_text(), re.M)
    assert {name for _, name, _ in lines} == used.keys() | OF_COMPOSE
    assert len({name for _, name, _ in lines}) == len(lines)
    for off, name, shown in lines:
        default = used.get(name)
        assert shown == (default or ""), f"{name}: the example shows {shown!r}, compose.yml takes {default!r}"
        assert bool(off) == bool(default) or not shown, f"{name}: a default is shown behind a #"
    block = EXAMPLE.read_text().split("\n\n")
    for part in block:
        if re.search(r"^#?[A-Z_0-9]+=", part, re.M):
            assert "# " in part or part.startswith("#"), f"nothing explains {part}"


def test_without_its_secrets_nothing_starts_and_a_sentence_says_why():
    said = re.findall(r"\$\{O2O_SECRETS:\?([^}]*)\}", COMPOSE.read_text())
    assert said and set(said) == {"run compose/make-secrets.sh first: it creates the passwords"}
    assert re.search(r"^O2O_SECRETS=$", EXAMPLE.read_text(), re.M)


def environment(service):
    found = service.get("environment") or {}
    return found if isinstance(found, dict) else dict(line.split("=", 1) for line in found)


@each_service
def test_no_secret_is_in_the_environment(name):
    for variable in environment(services()[name]):
        if re.search("PASS|SECRET|TOKEN|KEY(?!S)", variable):
            assert variable.endswith("_FILE"), f"{variable}: give it as a file"
            assert str(environment(services()[name])[variable]).startswith("/run/secrets/")
    assert not re.search(r"://[^/\s]*:[^/\s@]*@", json.dumps(services()[name]))


def test_no_password_has_a_default():
    for name, default in (variables(COMPOSE.read_text()) | variables(EXAMPLE.read_text())).items():
        assert not re.search("PASS|TOKEN|KEY$", name), name
        assert name != "O2O_SECRETS" or default is None
    assert not re.search(r"(?i)^#?\w*(password|token|api_key)\w*=", EXAMPLE.read_text(), re.M)


def test_every_secret_is_given_to_somebody_and_read_from_where_it_is():
    declared = model()["secrets"]
    assert {secret for service in services().values() for secret in service.get("secrets", [])} == declared.keys()
    for name, source in declared.items():
        assert re.fullmatch(r"\$\{O2O_SECRETS(:\?[^}]*)?\}/" + name, source["file"])
    for name, service in services().items():
        named = set(re.findall(r"/run/secrets/(\w+)", json.dumps({key: service.get(key) for key in ("environment", "command")})))
        assert named <= set(service.get("secrets", [])), name


@pytest.mark.parametrize("name, path", [
    ("alertmanager", ALERTMANAGER), ("prometheus", PROMETHEUS), ("mimir-gateway", FOLDER / "mimir/nginx.conf"),
    ("grafana", ROOT / "grafana/provisioning/datasources/o2o.yml"), ("grafana", ROOT / "grafana/provisioning/datasources/o2o-mimir.yml")])
def test_a_file_reads_the_secrets_that_its_service_has(name, path):
    named = set(re.findall(r"/run/secrets/(\w+)", path.read_text()))
    assert named and named <= set(services()[name]["secrets"])


def test_history_reaches_back_far_enough():
    flag = next(word for word in services()["prometheus"]["command"] if "retention.time" in word)
    assert int(re.fullmatch(r".*=(\d+)d", with_defaults(flag)).group(1)) >= 35


def test_postgres_keeps_its_data_where_version_18_puts_it():
    assert int(re.fullmatch(r"postgres:(\d+)\..*", services()["postgres"]["image"]).group(1)) >= 18
    assert "postgres-data:/var/lib/postgresql" in services()["postgres"]["volumes"]


def test_two_prometheus_are_alike_but_for_their_name():
    a, b = (dict(services()[name]) for name in ("prometheus", "prometheus-b"))
    assert (a.pop("environment"), b.pop("environment")) == ({"O2O_REPLICA": "a"}, {"O2O_REPLICA": "b"})
    assert b.pop("profiles") == ["ha"]
    assert [volume.replace("prometheus-b-data", "prometheus-data") for volume in b.pop("volumes")] == a.pop("volumes")
    assert a.pop("ports") != b.pop("ports")
    assert a == b
    assert set(variables(PROMETHEUS.read_text())) == {"O2O_REPLICA"}


# --- Airflow

def settings_of_airflow(name):
    return {key: value for key, value in environment(services()[name]).items() if key.startswith("AIRFLOW__")}


def test_all_of_airflow_has_the_same_settings():
    """Whose secrets differ do not believe each other."""
    of_all = settings_of_airflow("airflow-migrate")
    for name in AIRFLOW - {"airflow-postgres"}:
        assert settings_of_airflow(name) == of_all, name
        assert {"airflow_database_url", "airflow_fernet_key", "airflow_session_key", "airflow_jwt_secret"} <= set(services()[name]["secrets"])
    assert of_all["AIRFLOW__CORE__AUTH_MANAGER"].endswith(".FabAuthManager"), "the default one is for development"
    assert int(of_all["AIRFLOW__CORE__PARALLELISM"]) < 32


def test_the_parts_of_airflow_find_each_other_and_the_orders():
    ((host, port),) = addresses(settings_of_airflow("airflow-scheduler")["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"])
    assert reached("airflow-scheduler", host) == "airflow-api-server" and port == str(port_of("airflow-api-server"))
    for name in AIRFLOW - {"airflow-postgres"}:
        assert reached(name, "airflow-postgres") == "airflow-postgres"
    assert model()["networks"]["airflow"] == {"internal": True}
    assert f":{settings_of_airflow('airflow-scheduler')['AIRFLOW__CORE__DAGS_FOLDER']}:ro" in str(services()["airflow-dag-processor"]["volumes"])


def connections_of_airflow():
    return {name.removeprefix("AIRFLOW_CONN_").lower(): json.loads(with_defaults(value))
            for name, value in environment(services()["airflow-scheduler"]).items() if name.startswith("AIRFLOW_CONN_")}


def test_the_connections_are_those_of_the_dags():
    connections = connections_of_airflow()
    page = (ROOT / "docs" / "airflow.md").read_text()
    optional = {"o2o_s3"}
    assert connections.keys() | optional == set(re.findall(r"^\| `(o2o_\w+)` \| (?:Postgres|HTTP) \|", page, re.M))
    for name, parts in connections.items():
        assert "password" not in parts and parts["password_file"].removeprefix("/run/secrets/") in services()["airflow-scheduler"]["secrets"]
        if name != "o2o_oms":
            assert reached("airflow-scheduler", parts["host"]) == "postgres"
            assert parts["password_file"] in (f"/run/secrets/{parts['login']}_password", "/run/secrets/postgres_password")
    assert connections["o2o_database"]["login"] == "o2o_batch" and connections["o2o_writer"]["login"] == "o2o_writer"


def test_the_worker_has_batch_and_a_folder_for_dumps_where_the_dags_look():
    shared = (ROOT / "airflow" / "dags" / "o2o_batch_job.py").read_text()
    for name in re.findall(r'environ\.get\("O2O_\w+", "([^"]+)"\)', shared):
        assert any(name == volume.split(":")[1] for volume in services()["airflow-scheduler"]["volumes"]), name


def test_the_client_is_that_of_the_server():
    dockerfile = (FOLDER / "docker" / "Dockerfile").read_text()
    assert f"postgres:{re.search(r'^ARG POSTGRES=([0-9.]+)-bookworm$', dockerfile, re.M).group(1)}" in model()["x-images"]
