#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: scripts/sources.sh cc|units|shell|yaml|texts
# Lists our files of a kind, each followed by a NUL: C++ (units: only what is compiled into the program), shell, YAML, texts (all
# that people wrote, without recorded data and generated files).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

list() {  # find's expression
  find . \( -name .git -o -path './build' -o -path './build-*' -o -name __pycache__ -o -name node_modules -o -path './grafana/preview/dist' -o -path './grafana/preview/out' \) -prune -o -type f "$@" -print0 | sort -z
}

case ${1:-} in
  cc) list \( -name '*.cc' -o -name '*.h' \) ;;
  units) list -path './exporter/src/*.cc' ;;
  shell) list \( -name '*.sh' -o -path './.ci/run' -o -path './batch/run' -o -path './batch/backup' -o -path './batch/restore' -o -path './batch/restore_drill' -o -path './batch/s3_put' \) ;;
  yaml) list \( -name '*.yml' -o -name '*.yaml' -o -name '.yamllint' \) -not -path './tests/testdata/*' ;;
  texts)
    list \( -name '*.md' -o -name '*.cc' -o -name '*.h' -o -name '*.c' -o -name '*.py' -o -name '*.sh' -o -name '*.sql' -o -name '*.yml' \
      -o -name '*.cmake' -o -name 'CMakeLists.txt' -o -name '*.tmpl' -o -name '*.jsx' -o -name '*.mjs' -o -name '*.js' -o -name '*.conf' -o -name '*.tsv' \
      -o -name '*.example' -o -name '*.in' -o -name 'floors.txt' -o -name 'packages.txt' -o -name 'tools.txt' -o -name 'survivors.txt' -o -name '.clang-*' -o -name Makefile \
      -o -name Dockerfile -o -path './.ci/run' -o -path './batch/*' \) -not -path './tests/testdata/*' -not -path './tests/fuzz/corpus/*' \
      -not -path './tests/harness/recorded/*' -not -name wording.py -not -name test_wording.py ;;
  *)
    echo "usage: $0 cc|units|shell|yaml|texts" >&2
    exit 1
    ;;
esac
