#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Draws the dashboards against a running demo. SERVE=1 keeps them open for a browser. Needs Node 20 and npm.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/preview-packages.sh
exec /usr/bin/python3 tests/demo/preview.py
