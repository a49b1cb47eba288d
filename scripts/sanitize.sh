#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: scripts/sanitize.sh asan|tsan
# Builds with the sanitizer of that name and runs the unit tests under it. Warnings are left to `make test`: the code
# that a sanitizer adds makes g++ warn of uninitialized values inside the standard library.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=$1
build=build-$preset
report=$PWD/$build/unit.xml

# g++ 12's ThreadSanitizer cannot place its shadow memory where the kernel randomises addresses widely.
fixed_addresses=()
if [ "$preset" = tsan ] && setarch "$(uname -m)" -R true 2>/dev/null; then
  fixed_addresses=(setarch "$(uname -m)" -R)
fi

${fixed_addresses[@]+"${fixed_addresses[@]}"} scripts/build.sh all "$preset"
status=0
${fixed_addresses[@]+"${fixed_addresses[@]}"} ctest --preset "$preset" -j "$(nproc)" --output-junit "$report" || status=1
strict=()
[ -z "${CI:-}" ] || strict=(--no-skips)
/usr/bin/python3 tests/harness/results.py ${strict[@]+"${strict[@]}"} "$report" || status=1
exit "$status"
