# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Sourced by the commands beside it: takes PG_DSN apart, since the arguments of a process are visible to all others. Afterwards $database is a connection
# string without password, for --dbname, and PGPASSWORD holds the password. Without PG_DSN libpq's own variables say where the database is (PGHOST, PGDATABASE,
# PGUSER, PGPASSFILE, PGSERVICE).
# shellcheck disable=SC2034
if [ -n "${PG_DSN:-}" ]; then
  database=$PG_DSN
  if [[ $PG_DSN =~ ^(postgres(ql)?://[^/:@]*):([^/@]*)@(.*)$ ]]; then
    database=${BASH_REMATCH[1]}@${BASH_REMATCH[4]}
    encoded=${BASH_REMATCH[3]//\\/\\\\}
    PGPASSWORD=$(printf '%b' "${encoded//%/\\x}")
    export PGPASSWORD
  elif [[ $PG_DSN =~ (^|[[:space:]?&])password[[:space:]]*= ]]; then
    echo "${0##*/}: PG_DSN holds the password as password=..., where other users could see it: use PGPASSWORD or PGPASSFILE" >&2
    exit 2
  fi
elif [ -n "${PGDATABASE:-}${PGSERVICE:-}" ]; then
  database=${PGDATABASE:-service=$PGSERVICE}
else
  echo "${0##*/}: neither PG_DSN nor PGDATABASE says where PostgreSQL is" >&2
  exit 2
fi
unset PG_DSN
