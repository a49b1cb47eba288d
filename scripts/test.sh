#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs the unit tests of build/ and the tests in Python, and closes with their sum. A skipped test is a failure in CI.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
reports=$PWD/build/reports
rm -rf "$reports"
mkdir -p "$reports"

status=0
echo "== unit tests"
ctest --preset release -j "$(nproc)" --output-junit "$reports/unit.xml" || status=1

# Most of the time these wait (for polls, deadlines, alerts), so more run side by side than there are processors; each
# worker has servers of its own.
workers=$(($(nproc) + 2))
# One folder, one report: what a crash of the runner takes away is then visible.
written=("$reports/unit.xml")
for folder in structure mutation simulator bundle harness integration; do
  echo "== tests/$folder"
  written+=("$reports/$folder.xml")
  (cd tests && timeout --foreground --kill-after=30 2400 \
    /usr/bin/python3 -m pytest "$folder" -n "$workers" --dist loadgroup --junitxml="$reports/$folder.xml") || status=1
done

echo "== all tests"
strict=()
[ -z "${CI:-}" ] || strict=(--no-skips)
/usr/bin/python3 tests/harness/results.py ${strict[@]+"${strict[@]}"} \
  "${written[@]}" || status=1
exit "$status"
