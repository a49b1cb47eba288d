#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: scripts/sources.sh cc|units|shell|yaml
# Lists our files of a kind, each followed by a NUL: C++ (units: only what is compiled into the program), shell, YAML.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

list() {  # find's expression
  find . \( -name .git -o -path './build' -o -path './build-*' -o -name __pycache__ -o -name node_modules \) -prune -o -type f "$@" -print0 | sort -z
}

case ${1:-} in
  cc) list \( -name '*.cc' -o -name '*.h' \) ;;
  units) list -path './exporter/src/*.cc' ;;
  shell) list \( -name '*.sh' -o -path './.ci/run' -o -path './batch/run' -o -path './batch/backup' -o -path './batch/restore' -o -path './batch/restore_drill' -o -path './batch/s3_put' \) ;;
  yaml) list \( -name '*.yml' -o -name '*.yaml' -o -name '.yamllint' \) -not -path './tests/testdata/*' ;;
  *)
    echo "usage: $0 cc|units|shell|yaml" >&2
    exit 1
    ;;
esac
