#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: [PRESET=release] scripts/build.sh TARGET...
# Configures and builds (CMakePresets.json). O2O_WERROR=ON makes warnings errors.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=${PRESET:-release}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! cmake --preset "$preset" "-DO2O_WERROR=${O2O_WERROR:-OFF}" >"$log" 2>&1; then
  cat "$log"
  exit 1
fi
cmake --build --preset "$preset" --target "$@"
