#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: runtime-packages.sh PROGRAM
# Prints the Debian packages that hold the program's shared libraries, one per line: what an image needs to run it. So
# scripts/packages.txt stays the only list of packages.
set -euo pipefail
program=$1

missing=$(ldd "$program" | grep 'not found' || true)
if [ -n "$missing" ]; then
  echo "runtime-packages: $program needs libraries that are not here: $missing" >&2
  exit 1
fi
ldd "$program" | awk '$2 == "=>" { print $3 }' | while read -r library; do
  # A library is known by the path it was installed at, which may lead through /lib -> /usr/lib.
  for path in "$library" "$(readlink -f "$library")" "/usr$library"; do
    if owner=$(dpkg-query --search "$path" 2>/dev/null); then
      echo "${owner%%:*}"
      continue 2
    fi
  done
  echo "runtime-packages: no package holds $library" >&2
  exit 1
done | sort -u
