# SPDX-License-Identifier: Apache-2.0
"""The Dockerfile without Docker: its context holds what the build reads, its scripts do what it counts on. hadolint and a real build
Debian does not have."""

import fnmatch
import json
import os
import re
import shutil
import subprocess

import pytest

from bundle.shipped import ROOT, run

FOLDER = ROOT / "compose" / "docker"
DOCKERFILE = (FOLDER / "Dockerfile").read_text()
IGNORE = [line for line in (FOLDER / "Dockerfile.dockerignore").read_text().splitlines() if line and line[0] != "#"]
ENTRYPOINT = FOLDER / "entrypoint.sh"


def sent():
    """The tracked files and folders that the build is sent."""
    assert IGNORE[0] == "*", "first nothing, then what is named"
    named = [line.removeprefix("!") for line in IGNORE[1:] if line.startswith("!")]
    assert len(named) == len(IGNORE) - 1
    return [path for pattern in named for path in sorted(ROOT.glob(pattern))]


def copied():
    """Sources of COPY from the context."""
    for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.M):
        yield from line.split()[:-1]


def test_what_is_copied_is_sent():
    names = {str(path.relative_to(ROOT)) for path in sent()}
    for source in set(copied()) - {"."}:
        assert (ROOT / source).exists()
        assert any(source == name or source.startswith(name + "/") for name in names), f"{source} is ignored"


def test_every_line_of_the_list_finds_something():
    for line in IGNORE[1:]:
        assert list(ROOT.glob(line.removeprefix("!"))), line


@pytest.mark.parametrize("private", ["compose/.env", "compose/secrets/postgres_password", ".git/config", "build/CMakeCache.txt"])
def test_nothing_private_is_sent(private):
    patterns = [line.removeprefix("!") for line in IGNORE[1:]]
    assert not any(fnmatch.fnmatch(private, pattern) or private.startswith(pattern + "/") for pattern in patterns)


def test_the_context_is_all_that_the_program_is_built_of(tmp_path):
    """CMake, on nothing but what is sent, and every file that ninja would then read."""
    for path in sent():
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, target)
        else:
            shutil.copy(path, target)
    configure = re.search(r"cmake (--preset .*?) \\$", DOCKERFILE, re.M).group(1).split()
    subprocess.run(["cmake", *configure], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL, timeout=300)
    target = re.search(r"cmake --build --preset release --target (\S+)", DOCKERFILE).group(1)
    read = subprocess.run(["ninja", "-C", "build", "-t", "inputs", target], cwd=tmp_path, check=True, stdout=subprocess.PIPE, text=True,
                          timeout=60).stdout.splitlines()
    sources = [tmp_path / path for path in read if path.startswith("/") and not path.startswith(f"{tmp_path}/build/")]
    assert {"main.cc", "default.yml", "001_tables.sql"} <= {path.name for path in sources}
    assert [str(path) for path in sources if not path.exists()] == []


def test_packages_stand_once():
    stages = DOCKERFILE.split("\nFROM ")
    assert len(stages) == 4
    assert "apt-get" not in stages[1] and "scripts/install-packages.sh build\n" in stages[1]
    for stage, more in ((stages[2], ["curl", "python3-venv"]), (stages[3], [])):
        installed = re.search(r"apt-get install -y --no-install-recommends (.*) < /tmp/runtime-packages", stage).group(1)
        assert sorted(installed.split()) == sorted(["ca-certificates", "tzdata", *more])


def test_it_runs_as_nobody_in_particular_and_says_how_it_is():
    last = DOCKERFILE.split("\nFROM ")[-1]
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.M) == ["1000:1000"] * 2
    assert 'HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["healthcheck"]' in last
    assert not re.search("(?i)password|api_key|token", DOCKERFILE)


def test_bases_are_of_one_debian():
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.M) == ["debian:${DEBIAN}-slim", "postgres:${POSTGRES}", "debian:${DEBIAN}-slim"]
    assert re.search(r"^ARG DEBIAN=12$", DOCKERFILE, re.M) and re.search(r"^ARG POSTGRES=[\d.]+-bookworm$", DOCKERFILE, re.M)
    assert re.search(r"^ARG DEBIAN=\d+$", DOCKERFILE, re.M)


def test_runtime_packages_are_those_of_the_libraries():
    """Of a program that Debian itself ships: what its package depends on is there, and each name is a package."""
    program = shutil.which("curl")
    found = run(FOLDER / "runtime-packages.sh", program).split()
    assert {"libc6", "libcurl4", "zlib1g"} <= {re.sub("t64$", "", name) for name in found}
    assert found == sorted(set(found))
    for name in found:
        assert "install ok installed" in run("dpkg-query", "--show", "--showformat", "${Status}\n", name)


# --- entrypoint

def entrypoint(*command, **environment):
    return subprocess.run([ENTRYPOINT, *command], env={"PATH": os.environ["PATH"], **environment}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30, check=False)


@pytest.mark.parametrize("name", ["OMS_API_KEY", "METABASE_PASSWORD", "METABASE_API_KEY", "PG_DSN", "PGPASSWORD"])
def test_a_secret_comes_from_its_file(tmp_path, name):
    secret = tmp_path / "secret"
    secret.write_text("pa$s 'word\"\n")
    done = entrypoint("env", **{f"{name}_FILE": str(secret)})
    assert f"{name}=pa$s 'word\"\n" in done.stdout
    assert "_FILE" not in done.stdout and done.returncode == 0


def test_an_empty_file_is_not_a_secret(tmp_path):
    (tmp_path / "empty").write_text("\n")
    assert "METABASE_API_KEY" not in entrypoint("env", METABASE_API_KEY_FILE=str(tmp_path / "empty")).stdout


def test_a_missing_file_is_one_sentence(tmp_path):
    done = entrypoint("env", OMS_API_KEY_FILE=str(tmp_path / "nothing"))
    assert done.returncode == 1
    assert re.fullmatch(r"entrypoint: OMS_API_KEY_FILE is \S+, which cannot be read by uid \d+\n", done.stderr)


def test_both_are_an_error_that_does_not_show_them(tmp_path):
    (tmp_path / "secret").write_text("in-the-file")
    done = entrypoint("env", OMS_API_KEY="in-the-environment", OMS_API_KEY_FILE=str(tmp_path / "secret"))
    assert (done.returncode, done.stderr) == (1, "entrypoint: both OMS_API_KEY and OMS_API_KEY_FILE are set: leave one out\n")


@pytest.mark.parametrize("given", [["--config.check"], ["probe", "vendor-status"], ["ingest", "--since", "24h"], ["o2o-exporter", "serve"]])
def test_commands_of_the_exporter_need_no_name(tmp_path, given):
    program = tmp_path / "o2o-exporter"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)
    done = entrypoint(*given, PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert done.stdout.split() == [word for word in given if word != "o2o-exporter"]


# --- entrypoint of the image with Airflow

def airflow_entrypoint(*command, **environment):
    return subprocess.run([FOLDER / "airflow.py", *command], env={"PATH": os.environ["PATH"], **environment}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30, check=False)


def test_settings_and_connections_of_airflow_come_from_files(tmp_path):
    (tmp_path / "secret").write_text("pa$s 'word\"%\n")
    done = airflow_entrypoint("env", "-0", AIRFLOW__API_AUTH__JWT_SECRET_FILE=str(tmp_path / "secret"), AIRFLOW_CONN_PLAIN='{"host": "h"}',
                              AIRFLOW_CONN_ONE=json.dumps({"conn_type": "http", "password_file": str(tmp_path / "secret")}))
    seen = dict(line.split("=", 1) for line in done.stdout.split("\0") if line)
    assert seen["AIRFLOW__API_AUTH__JWT_SECRET"] == "pa$s 'word\"%" and "AIRFLOW__API_AUTH__JWT_SECRET_FILE" not in seen
    assert json.loads(seen["AIRFLOW_CONN_ONE"]) == {"conn_type": "http", "password": "pa$s 'word\"%"}
    assert json.loads(seen["AIRFLOW_CONN_PLAIN"]) == {"host": "h"}


def test_a_secret_of_airflow_that_is_missing_is_one_sentence():
    done = airflow_entrypoint("env", AIRFLOW__CORE__FERNET_KEY_FILE="/nothing/there")
    assert done.returncode == 1
    assert re.fullmatch(r"airflow: AIRFLOW__CORE__FERNET_KEY_FILE names /nothing/there, which cannot be read by uid \d+: .*\n", done.stderr)
