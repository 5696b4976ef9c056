#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compares our answers with recorded ones of a server that the API is compatible with.
#   tests/oracle/run.sh BINARY RECORDINGS [ONLY]
# RECORDINGS is a folder with the tool `run` and folders of scenarios. ACCEPTED: differences kept on purpose, with
# reasons; LATER: calls that are not built yet, a list that only shrinks. Last line: 'N passed, N failed'.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
binary=$(realpath "$1") recordings=$2 only=${3:-}
export ACCEPTED=$here/ACCEPTED LATER=$here/LATER PORT=${PORT:-18710}
passed=0 failed=0
for folder in pki core engines; do
  out=$("$recordings/run" ${VERBOSE:+-v} "$binary" "$recordings/$folder" "$only" 2>&1)
  printf '%s: %s\n' "$folder" "$out"
  read -r good bad < <(tail -n 1 <<<"$out" | sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed.*/\1 \2/p')
  passed=$((passed + ${good:-0})) failed=$((failed + ${bad:-1}))
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
