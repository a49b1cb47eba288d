# SPDX-License-Identifier: Apache-2.0
"""make-secrets.sh: what compose.yml needs is there afterwards, no two passwords are the same, and nobody's is replaced."""

import json
import os
import re
import stat
import subprocess
from base64 import urlsafe_b64decode

import pytest

from bundle.estate import EXAMPLE, FOLDER, model, variables

SCRIPT = FOLDER / "make-secrets.sh"
# Of systems that are not ours: nobody but their owners can fill them.
THEIRS = {"oms_api_key", "metabase_password", "metabase_api_key", "slack_url", "smtp_password", "pagerduty_routing_key",
          "telegram_bot_token", "teams_url", "mattermost_url", "dead_man_url"}


def make(folder, *flags, path=os.environ["PATH"]):
    return subprocess.run([SCRIPT, *flags], env={"PATH": path, "O2O_COMPOSE_FOLDER": str(folder)}, text=True, cwd="/",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)


@pytest.fixture(name="made", scope="module")
def made_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compose")
    done = make(folder)
    assert done.returncode == 0, done.stdout
    return folder


def contents(folder):
    return {path.name: path.read_text() for path in (folder / "secrets").iterdir()}


def settings(folder):
    return dict(re.findall(r"^([A-Z_0-9]+)=(.*)$", (folder / ".env").read_text(), re.M))


def test_every_secret_of_compose_is_made(made):
    mounted = {source["file"].rsplit("/", 1)[1] for source in model()["secrets"].values()}
    files = {os.path.basename(path) for service in model()["services"].values() for path in service.get("env_file", [])}
    assert contents(made).keys() == mounted | files


def test_passwords_are_long_and_differ(made):
    passwords = [text for name, text in contents(made).items() if name.endswith("_password") and name not in THEIRS]
    assert len(passwords) >= 9
    assert all(re.fullmatch(r"[0-9a-f]{48}\n", text) for text in passwords)
    assert len(set(passwords)) == len(passwords)


def test_airflow_has_keys_of_the_length_that_it_wants_and_finds_its_database(made):
    files = contents(made)
    assert len(urlsafe_b64decode(files["airflow_fernet_key"].strip())) == 32
    assert re.fullmatch(r"[0-9a-f]{128}\n", files["airflow_jwt_secret"]) and re.fullmatch(r"[0-9a-f]{64}\n", files["airflow_session_key"])
    assert files["airflow_database_url"] == f"postgresql+psycopg2://airflow:{files['airflow_postgres_password'].strip()}@airflow-postgres/airflow\n"


def test_what_is_yours_is_empty(made):
    assert {name for name, text in contents(made).items() if not text} == THEIRS


def test_only_the_owner_comes_in_and_containers_read(made):
    assert stat.S_IMODE((made / "secrets").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (made / "secrets").iterdir()} == {0o444}
    assert stat.S_IMODE((made / ".env").stat().st_mode) == 0o600


def test_the_environment_is_the_example_with_the_folder_filled_in(made):
    assert settings(made)["O2O_SECRETS"] == "./secrets"
    assert (made / ".env").read_text() == EXAMPLE.read_text().replace("O2O_SECRETS=\n", "O2O_SECRETS=./secrets\n")
    assert not variables((made / ".env").read_text())


def test_users_of_mimir_have_the_passwords_of_their_files(made):
    users = dict(line.split(":", 1) for line in contents(made)["mimir_users"].splitlines())
    tenants = dict(re.findall(r"^(\w+) (\w+);$", (FOLDER / "mimir" / "tenants.conf").read_text(), re.M))
    assert users.keys() == tenants.keys()
    for name, stored in users.items():
        _, kind, salt, _ = stored.split("$")
        again = subprocess.run(["openssl", "passwd", f"-{kind}", "-salt", salt, "-stdin"], check=True, text=True, timeout=30,
                               input=contents(made)[f"mimir_{name}_password"], stdout=subprocess.PIPE).stdout.strip()
        assert (kind, again) == ("6", stored)


def test_both_sides_of_s3_have_the_same_keys(made):
    credentials = dict(re.findall(r"^(\w+) = (\w+)$", contents(made)["s3_credentials"], re.M))
    [identity] = json.loads(contents(made)["s3_identities"])["identities"]
    [keys] = identity["credentials"]
    assert credentials == {"aws_access_key_id": keys["accessKey"], "aws_secret_access_key": keys["secretKey"]}


def test_running_it_again_changes_nothing(tmp_path):
    make(tmp_path)
    (tmp_path / ".env").write_text("O2O_SECRETS=./secrets\nOMS_URL=https://mine\n")
    (tmp_path / "secrets" / "smtp_password").chmod(0o644)
    (tmp_path / "secrets" / "smtp_password").write_text("mine")
    (tmp_path / "secrets" / "slack_url").unlink()  # as if it were new in this version
    before = contents(tmp_path)
    done = make(tmp_path)
    assert (done.returncode, done.stdout) == (0, "created secrets/slack_url\n")
    assert contents(tmp_path) == {**before, "slack_url": ""}
    assert settings(tmp_path)["OMS_URL"] == "https://mine"


def test_the_demo_is_ready_to_start(tmp_path):
    assert make(tmp_path, "--demo").returncode == 0
    assert {"COMPOSE_PROFILES": "demo", "OMS_URL": "http://simulator:8080", "METABASE_URL": "http://simulator:3000"}.items() \
        <= settings(tmp_path).items()
    assert settings(tmp_path)["METABASE_USERNAME"]
    filled = contents(tmp_path)
    assert filled["oms_api_key"] and filled["metabase_password"] and not filled["metabase_api_key"]


def test_it_prints_no_secret(tmp_path):
    done = make(tmp_path, "--demo")
    for name, text in contents(tmp_path).items():
        assert len(text) < 10 or text.strip() not in done.stdout, name


def test_a_wrong_word_is_told(tmp_path):
    done = make(tmp_path, "--Demo")
    assert done.returncode == 1 and done.stdout.startswith("usage: ")
    assert not list(tmp_path.iterdir())


def test_an_openssl_that_cannot_hash_stops_it_before_it_writes(tmp_path):
    """LibreSSL's: with an empty hash nobody would get through to Mimir."""
    other = tmp_path / "bin"
    other.mkdir()
    (other / "openssl").write_text('#!/bin/sh\n[ "$1" = passwd ] && { echo "unknown option -6" >&2; exit 1; }\nexec /usr/bin/openssl "$@"\n')
    (other / "openssl").chmod(0o755)
    folder = tmp_path / "compose"
    folder.mkdir()
    done = make(folder, path=f"{other}:{os.environ['PATH']}")
    assert done.returncode == 1 and "needs OpenSSL 1.1.1 or later" in done.stdout
    assert not list(folder.iterdir())
