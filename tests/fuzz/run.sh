#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: [SECONDS_EACH=60] [RUNS=N] tests/fuzz/run.sh [NAME...]
# Builds the fuzzers (clang's libFuzzer, with AddressSanitizer and UndefinedBehaviorSanitizer: the preset asan) and runs
# each of them, or those named, from the seeds in tests/fuzz/corpus: for so many seconds, or for RUNS inputs. What they
# find on the way is kept in build-asan/corpus, so that the next run continues from there; an input that breaks something is
# kept as build-asan/NAME-crash-*.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
names=("$@")
[ ${#names[@]} -gt 0 ] || mapfile -t names < <(cd tests/fuzz && printf '%s\n' fuzz_*.cc | sed 's/^fuzz_//; s/\.cc$//')
limit=-max_total_time=${SECONDS_EACH:-60}
[ -z "${RUNS:-}" ] || limit=-runs=$RUNS

PRESET=asan scripts/build.sh "${names[@]/#/fuzz_}"

passed=0
failed=0
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
for name in "${names[@]}"; do
  mkdir -p "build-asan/corpus/$name"
  echo "fuzz_$name: $limit"
  if "build-asan/fuzz_$name" "$limit" -max_len=4096 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="build-asan/$name-" "build-asan/corpus/$name" "tests/fuzz/corpus/$name"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED fuzz_$name"
  fi
done
echo "fuzz: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
