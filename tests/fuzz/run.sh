#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/fuzz/run.sh SECONDS [NAME...]
# Builds the fuzzers (clang's libFuzzer, with AddressSanitizer and UndefinedBehaviorSanitizer) and runs each of them, or those named,
# for so many seconds, from the seeds in tests/fuzz/corpus. What they find on the way is kept in build-fuzz/corpus, so that the
# next run goes on from there; an input that breaks something is kept as build-fuzz/NAME-crash-*.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
if [ $# -eq 0 ]; then
  echo "usage: $0 SECONDS [NAME...]   (names: $(cd tests/fuzz && echo fuzz_*.cc | sed 's/fuzz_//g; s/\.cc//g'))" >&2
  exit 1
fi
seconds=$1
shift
names=("$@")
[ ${#names[@]} -gt 0 ] || mapfile -t names < <(cd tests/fuzz && printf '%s\n' fuzz_*.cc | sed 's/^fuzz_//; s/\.cc$//')

build=${O2O_FUZZ_BUILD:-build-fuzz}
scripts/install-packages.sh build fuzz
mkdir -p "$build"
cmake -S . -B "$build" -G Ninja -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O1 -g1" \
  -DO2O_FUZZ=ON -DO2O_SANITIZE=address,undefined,fuzzer-no-link >"$build/configure.log" 2>&1 || { cat "$build/configure.log" >&2; exit 1; }
cmake --build "$build" --target "${names[@]/#/fuzz_}"

status=0
for name in "${names[@]}"; do
  mkdir -p "$build/corpus/$name"
  echo "fuzz_$name: $seconds s"
  "$build/fuzz_$name" -max_total_time="$seconds" -max_len=4096 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="$build/$name-" "$build/corpus/$name" "tests/fuzz/corpus/$name" || status=1
done
exit $status
