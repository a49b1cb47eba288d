#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: scripts/install-packages.sh SECTION...
# Installs what is missing of the sections of scripts/packages.txt, and says so first. Does nothing, and needs no
# rights, where nothing is missing.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

packages_of() {  # section
  awk -v section="[$1]" '/^\[/ { inside = ($0 == section); next } inside && NF && !/^#/ { print $1 }' \
    "$here/packages.txt"
}

is_installed() {  # package
  [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

if [ $# -eq 0 ]; then
  echo "usage: $0 SECTION...   (sections: $(grep -o '^\[[a-z]*' "$here/packages.txt" | tr -d '[' | xargs))" >&2
  exit 1
fi

missing=()
report=""
for section in "$@"; do
  wanted=$(packages_of "$section")
  if [ -z "$wanted" ]; then
    echo "install-packages: packages.txt has no section [$section]" >&2
    exit 1
  fi
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "install-packages: this is not a Debian system (apt-get was not found)." >&2
    echo "Debian 12 and 13 are supported. Elsewhere, install the like of these and use cmake directly:" >&2
    echo "$wanted" | xargs >&2
    exit 1
  fi
  missing_here=()
  for package in $wanted; do
    is_installed "$package" || missing_here+=("$package")
  done
  if [ ${#missing_here[@]} -gt 0 ]; then
    missing+=("${missing_here[@]}")
    report+="  to $section: ${missing_here[*]}"$'\n'
  fi
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
how="with apt-get"
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "These Debian packages are missing, and only root may install them (sudo was not found). As root, run:" >&2
    echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  how="with sudo apt-get"
  as_root=(sudo)
  # Without a terminal nobody can type a password: fail with sudo's own message rather than hang.
  [ -t 0 ] || as_root+=(-n)
fi

echo "o2o-exporter needs Debian packages that are not installed yet:"
printf '%s' "$report"
echo "They are installed now, $how, from the package sources that this system has set up."
echo "Services that they bring are neither started now nor enabled for the next boot, and no PostgreSQL cluster is made."
exec "${as_root[@]}" /bin/bash "$here/apt-install-without-services.sh" "${missing[@]}"
