#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clang-tidy 19 over the files changed since the last landed state and one eighth of the others in turn (by day).
#   tools/tidy.sh [FILE...]
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build
cmake --preset tidy -DSIGNET_TESTS=OFF >build/tidy.log 2>&1 || { cat build/tidy.log >&2; exit 1; }
if [ $# -gt 0 ]; then files=("$@"); else
  turn=$(($(date +%j | sed 's/^0*//') % 8))
  mapfile -t all < <(git ls-files 'base/*.cpp' 'crypto/*.cpp' 'storage/*.cpp' 'ca/*.cpp' 'crl/*.cpp' 'core/*.cpp' 'engines/*.cpp' 'auth/*.cpp' 'api/*.cpp' 'cli/*.cpp')
  files=()
  for at in "${!all[@]}"; do [ $((at % 8)) -eq "$turn" ] && files+=("${all[$at]}"); done
  if base=$(git rev-parse --verify -q origin/main); then
    mapfile -t changed < <(git diff --name-only --diff-filter=AM "$base" -- '*.cpp')
    # A first landing changes everything: its turn is enough there.
    [ ${#changed[@]} -lt 60 ] && files+=("${changed[@]}")
  fi
fi
printf '%s\n' "${files[@]}" | sort -u | xargs -r -P "$(nproc)" -n 1 clang-tidy-19 -p build/tidy --quiet 2>&1 | grep -v 'warnings generated' | sed '/^Suppressed/d' | tee build/tidy.txt
! grep -q -E '(error|warning):' build/tidy.txt && echo "tidy: ${#files[@]} files clean"
