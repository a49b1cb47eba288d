#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage, as root: scripts/apt-install-without-services.sh PACKAGE...
# Installs packages and leaves the system's services as they were: what did not run before does not run afterwards,
# nor at the next boot, and no PostgreSQL cluster "main" appears. Services that ran before may be restarted by their
# own packages as usual. The two files that see to it are put back as they were whatever ends this script; what a
# SIGKILL or a power cut leaves behind is put right by the next run.
set -euo pipefail

readonly policy=/usr/sbin/policy-rc.d
readonly kept_policy=/usr/sbin/policy-rc.d.kept-by-o2o-exporter
readonly marker='# Temporary, by o2o-exporter (scripts/apt-install-without-services.sh).'
readonly cluster_directory=/etc/postgresql-common/createcluster.d
readonly cluster_setting=$cluster_directory/zz-o2o-exporter-temporary.conf

say() { echo "install: $*"; }

is_ours() {  # file
  [ -f "$1" ] && grep -Fqx "$marker" "$1"
}

restore() {
  if is_ours "$policy"; then rm -f "$policy"; fi
  rm -f "$policy.new-by-o2o-exporter"
  if [ -e "$kept_policy" ] || [ -L "$kept_policy" ]; then
    if [ -e "$policy" ] || [ -L "$policy" ]; then
      say "somebody replaced $policy meanwhile; the one from before stays at $kept_policy" >&2
    else
      mv "$kept_policy" "$policy"
    fi
  fi
  rm -f "$cluster_setting"
  # Only where no package owns them by now, that is, where they are empty and ours.
  if ! dpkg-query --search "$cluster_directory" >/dev/null 2>&1; then
    rmdir "$cluster_directory" "${cluster_directory%/*}" 2>/dev/null || true
  fi
}

running_services() {
  if [ -d /run/systemd/system ]; then
    systemctl list-units --type=service --state=active --plain --no-legend | awk '{ sub(/\.service$/, "", $1); print $1 }'
  elif command -v service >/dev/null; then
    service --status-all 2>/dev/null | awk '$2 == "+" { print $4 }'
  fi
}

forbid_new_services() {
  local running new=$policy.new-by-o2o-exporter
  running=$(running_services || true)
  cat >"$new" <<POLICY
#!/bin/sh
$marker
# Refuses every action on a service that did not run when the installation began.
while :; do case "\$1" in --*) shift ;; *) break ;; esac; done
grep -Fqx -- "\${1%.service}" <<'RUNNING' || exit 101
$running
RUNNING
if [ -x $kept_policy ]; then exec $kept_policy "\$@"; fi
exit 0
POLICY
  chmod 755 "$new"
  if [ -e "$policy" ] || [ -L "$policy" ]; then mv "$policy" "$kept_policy"; fi
  mv "$new" "$policy"
}

# postgresql-common reads this folder when a server package is configured for the first time.
forbid_main_cluster() {
  mkdir -p "$cluster_directory"
  printf '%s\ncreate_main_cluster = false\n' "$marker" >"$cluster_setting"
}

installed_packages() {
  dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' | awk '$1 == "installed" { print $2 }' | sort -u
}

apt() {
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -q -y -o DPkg::Lock::Timeout=300 \
    -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold "$@" </dev/null
}

update_lists() {
  local try
  for try in 1 2 3; do
    if apt update; then return 0; fi
    say "apt-get update did not succeed (try $try of 3)" >&2
    sleep $((try * 5))
  done
  # One unreachable source among several must not stop us: the installation will show.
  return 0
}

install() {
  if ! apt install --simulate --no-install-recommends --no-remove "$@" >/dev/null 2>&1; then update_lists; fi
  apt install --no-install-recommends --no-remove "$@" && return 0
  say "once more, with fresh package lists"
  update_lists
  apt install --no-install-recommends --no-remove "$@"
}

disable_services_of() {  # package...
  local package path unit
  for package in "$@"; do
    while read -r path; do
      unit=${path##*/}
      case $path in
        *@.*) ;;  # a template: only its instances are enabled
        /lib/systemd/system/*.service | /lib/systemd/system/*.timer | /lib/systemd/system/*.socket | \
          /usr/lib/systemd/system/*.service | /usr/lib/systemd/system/*.timer | /usr/lib/systemd/system/*.socket)
          if command -v systemctl >/dev/null && [ "$(systemctl is-enabled "$unit" 2>/dev/null)" = enabled ]; then
            systemctl --quiet disable "$unit" >/dev/null 2>&1
            say "$unit came with $package: not started, not enabled ('systemctl enable --now $unit' would)"
          fi
          ;;
        /etc/init.d/*)
          if ! command -v systemctl >/dev/null && command -v update-rc.d >/dev/null; then
            update-rc.d "$unit" disable >/dev/null 2>&1
            say "$unit came with $package: not started, not enabled"
          fi
          ;;
      esac
    done < <(dpkg-query --listfiles "$package")
  done
}

if [ "$(id -u)" -ne 0 ]; then
  echo "apt-install-without-services: needs root" >&2
  exit 1
fi
mkdir -p /run/lock
exec 9>/run/lock/o2o-exporter-install.lock
if ! flock -w 600 9; then
  say "another installation of ours did not end within ten minutes" >&2
  exit 1
fi

restore  # what a killed run may have left
before=$(installed_packages)
new_packages=()
leave() {
  restore
  mapfile -t new_packages < <(comm -13 <(echo "$before") <(installed_packages))
  disable_services_of ${new_packages[@]+"${new_packages[@]}"}
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
forbid_new_services
forbid_main_cluster
status=0
install "$@" || status=$?
if [ "$status" -ne 0 ]; then
  say "apt-get could not install: $*" >&2
  say "its messages are above; 'apt-get update' or a look at /etc/apt/sources.list usually helps" >&2
  exit "$status"
fi
