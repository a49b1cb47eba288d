#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs the given command; the exporter's own flags and commands do not need its name.
# Where NAME_FILE is set, NAME becomes the content of that file, unless it is empty. So secrets appear neither in a compose file nor
# in `docker inspect` nor in an image. A changed secret takes effect at the next start.
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
