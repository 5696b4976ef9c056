#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that are missing for a purpose: run | test | ci. Needs root or sudo only when some are.
#   tools/packages.sh test
set -euo pipefail

run="g++ cmake ninja-build ccache mold pkg-config ca-certificates curl openssl python3
  libboost1.81-dev libssl-dev nlohmann-json3-dev libsqlite3-dev libpqxx-dev libexpected-dev libfmt-dev libspdlog-dev libqrencode-dev"
test="$run libgtest-dev libgmock-dev postgresql python3-cryptography python3-hvac gnutls-bin libnss3-tools strace faketime"
ci="$test clang-19 clang-format-19 clang-tidy-19 libclang-rt-19-dev"
case "${1:-run}" in
  run) wanted=$run ;;
  postgres) wanted="$run postgresql" ;;
  test) wanted=$test ;;
  ci) wanted=$ci ;;
  *) echo "usage: tools/packages.sh run|postgres|test|ci" >&2; exit 2 ;;
esac

missing=()
for package in $wanted; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi

if [ "$(id -u)" = 0 ]; then as_root=(); elif command -v sudo >/dev/null; then as_root=(sudo); else
  echo "These Debian packages are missing, and this user is not root and has no sudo. As root, run:" >&2
  echo "  apt-get install ${missing[*]}" >&2
  exit 1
fi
echo "-- installing from Debian: ${missing[*]}"
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
# A PostgreSQL that Debian would start by itself is not wanted: only the programs are.
if [[ " ${missing[*]} " == *" postgresql "* ]] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
  "${as_root[@]}" mkdir -p /etc/postgresql-common
  echo "create_main_cluster = false" | "${as_root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
# Of what apt-get says: how much it will be, then how far it is.
progress() {
  local line total=0 unpacked=0 ready=0
  while read -r line; do
    if [[ $line =~ ([0-9]+)\ newly\ installed ]]; then total=${BASH_REMATCH[1]}; echo "   $total packages with what they need"
    elif [[ $line =~ ^After\ this\ operation,\ (.+)\ of\ additional ]]; then echo "   ${BASH_REMATCH[1]} of disk"
    elif [[ $line == "Unpacking "* ]] && ((++unpacked % 25 == 0)); then echo "   unpacked $unpacked of $total"
    elif [[ $line == "Setting up "* ]] && ((++ready % 25 == 0)); then echo "   set up $ready of $total"
    fi
  done
}
install_them() {
  "${as_root[@]}" apt-get update -qq &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get install -y -q --no-install-recommends "${missing[@]}"
}
if ! install_them 2>&1 | tee "$log" | progress; then
  tail -n 20 "$log" >&2
  echo "The packages could not be installed (Debian 12 is expected); the lines above say why." >&2
  exit 1
fi
rm -f "$log"
