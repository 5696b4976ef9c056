#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Configures and builds one preset (CMakePresets.json), all of it or the targets named.
#   tools/build.sh release signet
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1; shift
# Compiled files are shared between clones: paths are taken relative to this one.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=include_file_mtime,include_file_ctime
log=build/$preset.log
# Without a terminal, one line in 25 steps says how far it is.
progress() {
  while read -r line; do
    if [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]] && ((BASH_REMATCH[1] > 0 && BASH_REMATCH[1] % 25 == 0)); then echo "   step ${BASH_REMATCH[1]} of ${BASH_REMATCH[2]}"; fi
  done
}
mkdir -p build
echo "-- building preset $preset${*:+: $*} (the first time takes some minutes)"
if ! cmake --preset "$preset" >"$log" 2>&1; then cat "$log" >&2; exit 1; fi
targets=(); [ $# -gt 0 ] && targets=(--target "$@")
if [ -t 1 ]; then
  cmake --build --preset "$preset" -j "$(nproc)" "${targets[@]}"
elif ! cmake --build --preset "$preset" -j "$(nproc)" "${targets[@]}" 2>&1 | tee -a "$log" | progress; then
  grep -E -A12 'error:|FAILED|undefined reference' "$log" | head -n 60 >&2 || tail -n 40 "$log" >&2
  exit 1
fi
