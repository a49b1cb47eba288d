# SPDX-License-Identifier: Apache-2.0
"""What other people's checkers say of the files that we ship."""

import json
import os
import re
import subprocess

import pytest

from bundle.estate import COMPOSE, EXAMPLE, STAGING, model
from bundle.shipped import RULE_FILES, load, run

DOCKERFILE = COMPOSE.parent / "docker" / "Dockerfile"
# (alert, check of pint's) -> why pint is not right.
PINT_ERRS = {
    ("O2OWatchdog", "alerts/comparison"): "it fires always, to show that alerts arrive",
    ("O2ONoNewOrders", "alerts/template"): "the query in the text is put together from the alert's labels, of which pint has none",
    ("O2OFewerOrdersThanExpected", "alerts/template"): "likewise",
    ("O2OSloOrdersBurning", "alerts/template"): "it is put together from the alert's value, which pint has not",
    ("O2OSloFreshnessBurning", "alerts/template"): "likewise",
}
# Limits stand in a file of their own, one evaluation older than the alerts that compare with them.
PINT_FLAGS = ("--offline", "--no-color", "--disabled", "rule/dependency")
PROFILES = sorted({profile for service in model()["services"].values() for profile in service.get("profiles", [])})


def pint(program, folder):
    """[(alert or recorded series, check)] of everything that pint finds in *.yml of the folder."""
    report = folder / "report.json"
    subprocess.run([program, *PINT_FLAGS, "lint", "--show-duplicates", "--json", report, folder], stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=300, check=False)
    found = []
    for problem in json.loads(report.read_text()):
        lines = (folder / os.path.basename(problem["path"])).read_text().splitlines()
        names = [name for line in lines[:min(problem["lines"])] for name in re.findall(r"^ *- (?:alert|record): (\S+)", line)]
        found.append((names[-1] if names else problem["path"], problem["reporter"]))
    return found


def copy_for_pint(path, folder):
    """A number as an expression is nothing to pint, though Prometheus takes it."""
    (folder / path.name).write_text(re.sub(r"(?m)^( *expr: )([\d.]+)$", r'\1"\2"', path.read_text()))


def test_pint_finds_nothing_in_the_rules(tool, tmp_path):
    for path in RULE_FILES:
        copy_for_pint(path, tmp_path)
    assert set(pint(tool("pint"), tmp_path)) == PINT_ERRS.keys()


def test_pint_would_find_something(tool, tmp_path):
    (tmp_path / "rules.yml").write_text("groups: [{name: g, rules: [\n  {alert: A, expr: 'sum(x) > 1', annotations: {summary: '{{ $labels.job }}'}}]}]\n"
                                        .replace("  {alert", "  # none\n  {alert"))
    assert [check for _, check in pint(tool("pint"), tmp_path)] == ["alerts/template"]


@pytest.mark.parametrize("path", [COMPOSE, STAGING], ids=lambda path: path.name)
def test_compose_files_keep_to_the_specification(tool, path):
    run(tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", path)


def test_the_specification_would_refuse_something(tool, tmp_path):
    (tmp_path / "compose.yml").write_text("services: {a: {image: b, no_such_key: 1}}\n")
    assert "no_such_key" in run(tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", tmp_path / "compose.yml", status=1)


@pytest.fixture(name="config")
def docker_compose_config(tool, tmp_path):
    """config(files, profiles): what `docker compose config` makes of them, with secrets as make-secrets.sh lays them."""
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "mongodb_exporter.env").touch()
    environment = tmp_path / "env"
    environment.write_text(EXAMPLE.read_text().replace("O2O_SECRETS=", f"O2O_SECRETS={tmp_path}/secrets"))

    def config(files, profiles=()):
        flags = [flag for file in files for flag in ("-f", file)] + [flag for name in profiles for flag in ("--profile", name)]
        return json.loads(run(tool("docker-compose"), *flags, "--env-file", environment, "config", "--format", "json"))

    return config


@pytest.mark.parametrize("files", [[COMPOSE], [COMPOSE, STAGING]], ids=["compose", "staging"])
@pytest.mark.parametrize("profiles", [[], *([name] for name in PROFILES), PROFILES], ids="+".join)
def test_docker_compose_reads_every_profile(config, files, profiles):
    seen = config(files, profiles)
    active = {name for name, service in model()["services"].items() if not service.get("profiles") or set(service["profiles"]) & set(profiles)}
    assert seen["services"].keys() == active
    assert seen["name"] == load(files[-1])["name"]


def test_docker_compose_asks_for_the_secrets_first(tool, tmp_path):
    (tmp_path / "env").write_text("")
    said = run(tool("docker-compose"), "-f", COMPOSE, "--env-file", tmp_path / "env", "config", "-q", status=1)
    assert "run compose/make-secrets.sh first" in said


def test_hadolint_finds_nothing(tool):
    assert run(tool("hadolint"), DOCKERFILE) == ""


def test_hadolint_would_find_something(tool, tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM debian\nRUN cd /x && sudo make\n")
    assert "DL3004" in run(tool("hadolint"), tmp_path / "Dockerfile", status=1)
