#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs what needs more than Debian's packages: our files and the exporter against today's products. What they are is listed in
# tests/conformance/tools.txt; they are built once, below build-conformance/. In CI a program that cannot be installed is a failure; elsewhere the
# tests that need it are skipped, and say what to install. A further step is a test in tests/conformance, and a line in tools.txt.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

# Tests that `make test` runs with Debian's programs, and that pass with today's as well.
again=(bundle/test_prometheus_files.py bundle/test_routes.py bundle/test_templates.py bundle/test_fragment.py)
# But for those that hold alerts to the very evaluation, or windows to their very beginning: a window of Prometheus 3 no longer includes the
# moment at which it begins, so there they begin or end one evaluation earlier.
mapfile -t held < <(grep -lE 'timestamp\(ALERTS|from their very beginning on' rules/tests/*.yml)
for path in ${held[@]+"${held[@]}"}; do
  again+=(--deselect "bundle/test_prometheus_files.py::test_rules_do_what_their_tests_say[${path##*/}]")
done
reports=$PWD/build-conformance/reports
rm -rf "$reports"
mkdir -p "$reports"

status=0
strict=()
[ -z "${CI:-}" ] || strict=(--no-skips)

echo "== programs"
(cd tests && exec /usr/bin/python3 -m conformance.tools) || [ -z "${CI:-}" ] || status=1

tests() {  # report, PATH, what pytest runs
  local report=$1 path=$2
  shift 2
  (cd tests && PATH=$path timeout --foreground --kill-after=30 1800 \
    /usr/bin/python3 -m pytest "$@" --durations=10 --durations-min=10 --junitxml="$reports/$report.xml") || status=1
}

written=("$reports/conformance.xml")
echo "== tests/conformance"
# They wait more than they work.
tests conformance "$PATH" conformance -n 2 --dist loadgroup

if today=$(cd tests && /usr/bin/python3 -m conformance.tools --path prometheus promtool amtool); then
  echo "== tests/bundle with today's programs"
  written+=("$reports/bundle.xml")
  tests bundle "$today" "${again[@]}" -n "$(nproc)"

  echo "== every alert on its whole way, with today's Prometheus"
  written+=("$reports/alerts.xml")
  tests alerts "$today" integration/test_alert_path.py integration/test_every_alert.py integration/test_our_alerts.py \
    integration/test_alerts_on_history.py -n $(($(nproc) + 2))
fi

echo "== all of it"
/usr/bin/python3 tests/harness/results.py ${strict[@]+"${strict[@]}"} --name=conformance "${written[@]}" || status=1
exit "$status"
