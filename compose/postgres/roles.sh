#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: roles.sh [tables]
# Creates the roles of exporter/sql/roles.sql, and one for postgres_exporter, with the passwords in $SECRETS. Runs before the tables
# exist, and with `tables` afterwards, since grants are on tables. Idempotent; it applies changed passwords.
# Connects as a superuser, by PGHOST, PGDATABASE and PGUSER, with the password in $SECRETS/postgres_password.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
secrets=${SECRETS:-/run/secrets}
roles_sql=${ROLES_SQL:-$here/roles.sql}

PGPASSWORD=$(cat "$secrets/postgres_password")
export PGPASSWORD
run() { psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --output /dev/null "$@"; }

run --file "$roles_sql"

run <<'SQL'
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'o2o_monitor') THEN
    CREATE ROLE o2o_monitor LOGIN CONNECTION LIMIT 5;
  END IF;
END $$;
GRANT pg_monitor TO o2o_monitor;
SQL

for role in o2o_owner o2o_writer o2o_batch o2o_reader o2o_dashboard o2o_monitor; do
  password=$(cat "$secrets/${role}_password")
  if [ -z "$password" ]; then
    echo "roles: the file ${role}_password is empty: put a password into it, or run make-secrets.sh" >&2
    exit 1
  fi
  # On its standard input: arguments are visible to every process.
  printf '%s\n' "\\set password '$(printf %s "$password" | sed "s/[\\\\']/\\\\&/g")'" \
    "ALTER ROLE $role PASSWORD :'password';" | run
done

if [ "${1:-}" = tables ] && [ -n "${OMS_URL:-}" ]; then
  made=$(psql --no-psqlrc --tuples-only --no-align --command "SELECT to_regclass('o2o.schema_migrations') IS NOT NULL")
  if [ "$made" != t ]; then
    echo "roles: there are no tables yet; what the service schema printed says why (docker compose logs schema)" >&2
    exit 1
  fi
fi
