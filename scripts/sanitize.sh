#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: scripts/sanitize.sh asan|tsan
# Builds with the sanitizer of that name and runs tests under it: the unit tests, and the program itself under some of
# tests/integration. A report of the sanitizer fails the test in which it came. In CI (CI is set) it is a part of them,
# for the time it takes. Warnings are left to `make test`: the code that a sanitizer adds makes g++ warn of
# uninitialized values inside the standard library.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=$1
build=$PWD/build-$preset
reports=$build/reports

# What has threads and what reads strangers' bytes come first; the others are run where there is time.
end_to_end=(
  integration/test_many_scrapers.py
  integration/test_smoke.py
  integration/test_life.py::test_many_reloads_under_load_lose_nothing
)
case $preset in
  asan)
    folders=(json mapping sources)
    more_folders=(base orders config http metrics store store_integration app web flags)
    more_end_to_end=(integration/test_json_source.py integration/test_bad_rows.py
      integration/test_metabase.py::test_default_configuration_publishes_the_vendors)
    ;;
  tsan)
    folders=(http metrics app web)
    more_folders=(base sources store store_integration)  # the rest has no threads
    more_end_to_end=(integration/test_life.py::test_reloads_whole_or_not_at_all
      integration/test_life.py::test_stops_when_asked
      integration/test_metabase.py::test_reload_brings_a_source_with_its_page
      integration/test_metabase.py::test_default_configuration_publishes_the_vendors)
    ;;
  *)
    echo "usage: $0 asan|tsan" >&2
    exit 1
    ;;
esac
if [ -z "${CI:-}" ]; then
  folders+=("${more_folders[@]}")
  end_to_end+=("${more_end_to_end[@]}")
fi

# ThreadSanitizer of g++ 12 cannot place its shadow memory where the kernel randomises addresses widely.
fixed_addresses=()
if [ "$preset" = tsan ] && setarch "$(uname -m)" -R true 2>/dev/null; then
  fixed_addresses=(setarch "$(uname -m)" -R)
fi

targets=(o2o-exporter "${folders[@]/%/_test}")
${fixed_addresses[@]+"${fixed_addresses[@]}"} env PRESET="$preset" scripts/build.sh "${targets[@]}"

rm -rf "$reports"
mkdir -p "$reports"
status=0
only=$(IFS='|' && echo "^(${folders[*]})\$")
${fixed_addresses[@]+"${fixed_addresses[@]}"} ctest --preset "$preset" -j "$(nproc)" -L "$only" \
  --output-junit "$reports/unit.xml" || status=1

# The same options as in the preset, but that reports go to files: nobody reads the program's own output.
export O2O_EXPORTER=$build/o2o-exporter O2O_SANITIZER_REPORTS=$reports
export ASAN_OPTIONS="detect_stack_use_after_return=1:strict_string_checks=1:log_path=$reports/report"
export UBSAN_OPTIONS="print_stacktrace=1:log_path=$reports/report"
export TSAN_OPTIONS="second_deadlock_stack=1:report_thread_leaks=0:log_path=$reports/report"
(cd tests && ${fixed_addresses[@]+"${fixed_addresses[@]}"} timeout --foreground --kill-after=30 1200 \
  /usr/bin/python3 -m pytest "${end_to_end[@]}" --junitxml="$reports/end_to_end.xml") || status=1

strict=()
[ -z "${CI:-}" ] || strict=(--no-skips)
/usr/bin/python3 tests/harness/results.py ${strict[@]+"${strict[@]}"} "$reports/unit.xml" "$reports/end_to_end.xml" || status=1
exit "$status"
