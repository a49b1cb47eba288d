#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: scripts/build.sh TARGET [PRESET]
# Configures and builds (CMakePresets.json; PRESET is release unless given). O2O_WERROR=ON makes warnings errors.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=$1
preset=${2:-release}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! cmake --preset "$preset" "-DO2O_WERROR=${O2O_WERROR:-OFF}" >"$log" 2>&1; then
  cat "$log"
  exit 1
fi
cmake --build --preset "$preset" --target "$target"
