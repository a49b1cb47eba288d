#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs every linter over our files (not what build/ generates) and closes with a line of the sum. Needs a configured
# build/ for clang-tidy.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

passed=0
failed=()
check() {  # name command...
  local name=$1 started=$SECONDS output
  shift
  if output=$("$@" 2>&1); then
    passed=$((passed + 1))
    echo "ok      $name ($((SECONDS - started)) s)"
  else
    failed+=("$name")
    echo "FAILED  $name ($((SECONDS - started)) s)"
    printf '%s\n' "$output" | sed 's/^/        /'
  fi
}

over() {  # kind command...: the command with our files of that kind; no file at all is a failure
  local kind=$1 files
  shift
  mapfile -d '' files < <(scripts/sources.sh "$kind")
  if [ ${#files[@]} -eq 0 ]; then
    echo "there are no $kind files"
    return 1
  fi
  "$@" "${files[@]}"
}

tidy() {
  # The analyzer's search takes two thirds of the time; with a fifth of its usual nodes it takes half.
  local arguments=(-p build --quiet --extra-arg=-Wno-unknown-warning-option
    --extra-arg=-Xclang --extra-arg=-analyzer-config --extra-arg=-Xclang --extra-arg=max-nodes=45000)
  # Its counts of warnings that it left out say nothing about us.
  printf '%s\0' "$@" | xargs -0 -n 1 -P "$(nproc)" clang-tidy "${arguments[@]}" 2>&1 |
    grep -Ev '^[0-9]+ warnings? (generated|treated)|^Suppressed|^Use -header-filter'
  return "${PIPESTATUS[1]}"
}

echo "$(clang-format --version), $(clang-tidy --version | grep -o 'LLVM version.*')"
check "clang-format" over cc clang-format --dry-run -Werror
check "clang-tidy" over units tidy
check "shellcheck" over shell shellcheck
check "yamllint" over yaml yamllint --strict
check "wording" over texts scripts/wording.py
check "promtool check rules" promtool check rules --lint=all --lint-fatal rules/*.yml
check "promtool check config" promtool check config --syntax-only compose/prometheus.yml
check "amtool check-config" amtool check-config alertmanager/alertmanager.yml

for name in ${failed[@]+"${failed[@]}"}; do echo "FAILED $name"; done
echo "lint: $passed passed, ${#failed[@]} failed"
[ ${#failed[@]} -eq 0 ]
