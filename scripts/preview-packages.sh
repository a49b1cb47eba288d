#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs what the drawing of dashboards needs from npm, once for each package-lock.json. Needs Node 20 and npm.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "make preview needs Node 20 or later with npm: node or npm was not found." >&2
  exit 1
fi
major=$(node -p 'process.versions.node.split(".")[0]')
if [ "$major" -lt 20 ]; then
  echo "make preview needs Node 20 or later: this is $(node --version)." >&2
  exit 1
fi

lock=grafana/preview/package-lock.json
installed=grafana/preview/node_modules/.installed
if ! cmp -s "$lock" "$installed"; then
  echo "Installing what the drawing needs with npm (300 packages, 260 MB, below grafana/preview/node_modules) ..."
  (cd grafana/preview && npm ci --no-progress)
  cp "$lock" "$installed"
fi
