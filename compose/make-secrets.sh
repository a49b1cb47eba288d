#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: compose/make-secrets.sh [--demo]
# Creates what compose.yml needs and is missing: .env from .env.example, and a folder with one file for each secret. Passwords
# between the services are random; those of your own systems are empty files for you to fill. Existing files are left alone, so run
# it again after an upgrade. --demo configures the simulated shop.
set -euo pipefail
umask 077
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${O2O_COMPOSE_FOLDER:-$here}  # where to write; for tests
env_file=$folder/.env

if [ $# -gt 1 ] || { [ $# -eq 1 ] && [ "$1" != --demo ]; }; then
  echo "usage: $0 [--demo]" >&2
  exit 1
fi
# LibreSSL's openssl cannot.
if ! echo x | openssl passwd -6 -stdin >/dev/null 2>&1; then
  echo "make-secrets: needs OpenSSL 1.1.1 or later, whose 'openssl passwd -6' hashes the passwords of mimir_users" >&2
  exit 1
fi

set_variable() {  # name value: the line in .env
  if ! grep -Eq "^#?$1=" "$env_file"; then
    echo "make-secrets: $env_file has no line $1=; .env.example has" >&2
    exit 1
  fi
  sed -E "s|^#?$1=.*|$1=$2|" "$env_file" >"$env_file.new"
  mv "$env_file.new" "$env_file"
}

if [ ! -e "$env_file" ]; then
  cp "$here/.env.example" "$env_file"
  chmod 600 "$env_file"
  set_variable O2O_SECRETS ./secrets
  if [ "${1:-}" = --demo ]; then
    set_variable COMPOSE_PROFILES demo
    set_variable OMS_URL http://simulator:8080
    set_variable METABASE_URL http://simulator:3000
    set_variable METABASE_USERNAME exporter@example.com
  fi
  echo "created $env_file: go through it, every line is explained"
fi

# The folder keeps others out; its files are readable, since every container runs as a different user.
secrets=$folder/secrets
mkdir -p "$secrets"
chmod 700 "$secrets"

keep() {  # name: writes standard input to the file, unless it exists
  local path=$secrets/$1
  if [ -e "$path" ]; then
    cat >/dev/null
  else
    cat >"$path"
    echo "created secrets/$1"
  fi
  chmod 444 "$path"
}

random() { openssl rand -hex 24; }

for name in postgres_password o2o_owner_password o2o_writer_password o2o_batch_password o2o_reader_password o2o_dashboard_password \
  o2o_monitor_password grafana_admin_password mimir_prometheus_password mimir_grafana_password airflow_postgres_password \
  airflow_admin_password; do
  random | keep "$name"
done

printf 'postgresql+psycopg2://airflow:%s@airflow-postgres/airflow\n' "$(cat "$secrets/airflow_postgres_password")" | keep airflow_database_url
openssl rand -base64 32 | tr '+/' '-_' | keep airflow_fernet_key  # Connections in Airflow's database are encrypted with it
openssl rand -hex 32 | keep airflow_session_key
openssl rand -hex 64 | keep airflow_jwt_secret

prometheus=$(openssl passwd -6 -stdin <"$secrets/mimir_prometheus_password")
grafana=$(openssl passwd -6 -stdin <"$secrets/mimir_grafana_password")
printf 'prometheus:%s\ngrafana:%s\n' "$prometheus" "$grafana" | keep mimir_users

access_key=$(openssl rand -hex 10)
secret_key=$(random)
if [ ! -e "$secrets/s3_credentials" ] && [ ! -e "$secrets/s3_identities" ]; then
  printf '[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n' "$access_key" "$secret_key" | keep s3_credentials
  printf '{"identities": [{"name": "mimir", "credentials": [{"accessKey": "%s", "secretKey": "%s"}], "actions": ["Admin"]}]}\n' \
    "$access_key" "$secret_key" | keep s3_identities
fi

# Yours to fill in.
if [ "${1:-}" = --demo ]; then
  random | keep oms_api_key
  random | keep metabase_password
fi
for name in oms_api_key metabase_password metabase_api_key slack_url smtp_password pagerduty_routing_key \
  telegram_bot_token teams_url mattermost_url dead_man_url; do
  keep "$name" </dev/null
done
echo '{}' | keep redis_passwords
echo '# MONGODB_URI=mongodb://user:password@host:27017' | keep mongodb_exporter.env
