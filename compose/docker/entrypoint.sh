#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Starts the exporter, or whatever command is given; flags and commands of its own need no name before them.
# Secrets from files: where NAME_FILE names one that is not empty, NAME is what it holds. So no secret is in a compose file, in
# `docker inspect` or in an image. A new secret is taken at the next start.
set -euo pipefail
for name in OMS_API_KEY METABASE_PASSWORD METABASE_API_KEY PG_DSN PGPASSWORD; do
  from=${name}_FILE
  path=${!from:-}
  if [ -z "$path" ]; then continue; fi
  if [ ! -r "$path" ]; then
    echo "entrypoint: $from is $path, which cannot be read by uid $(id -u)" >&2
    exit 1
  fi
  if [ -n "${!name:-}" ]; then
    echo "entrypoint: both $name and $from are set: leave one out" >&2
    exit 1
  fi
  value=$(cat "$path")
  if [ -n "$value" ]; then export "$name=$value"; fi
  unset "$from"
done
case ${1:-} in
  -* | serve | probe | ingest | metrics) set -- o2o-exporter "$@" ;;
esac
exec "$@"
