#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the fuzz targets and runs each from its corpus for some seconds, two at a time. One line a target; a finding
# ends the run with 1 and says where its input is. What a run learns stays in a temporary folder, not in the corpus.
#   tests/fuzz/run.sh            8 seconds each
#   tests/fuzz/run.sh 600        10 minutes each
#   tests/fuzz/run.sh 60 csr     one target
set -uo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-8}; only=${2:-}
[[ $seconds =~ ^[0-9]+$ ]] || { sed -n '3,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
tools/build.sh fuzz fuzz_all || exit 1
work=$(mktemp -d "${TMPDIR:-/tmp}/signet-fuzz.XXXXXX")

one() {
  local name=$1 output=$work/$1
  mkdir -p "$output/new" "$output/findings"
  local corpus=("$output/new")
  [ -d "tests/fuzz/corpus/$name" ] && corpus+=("tests/fuzz/corpus/$name")
  if "build/fuzz/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 \
      -artifact_prefix="$output/findings/" "${corpus[@]}" >"$output/log" 2>&1; then
    printf '   ok: %-14s %8s runs\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$output/log")"
  else
    printf '   FAILED: %s, input in %s\n' "$name" "$(find "$output/findings" -type f | head -n 1)"
    tail -n 25 "$output/log" | sed 's/^/      /'
    : >"$output/failed"
  fi
}

for source in tests/fuzz/*.cpp; do
  name=$(basename "$source" .cpp)
  [ -z "$only" ] || [ "$only" = "$name" ] || continue
  while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n; done
  one "$name" &
done
wait
if compgen -G "$work/*/failed" >/dev/null; then exit 1; fi
rm -rf "$work"
