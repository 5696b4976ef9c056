#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clang-tidy 19 over the files changed since the last landed state and one eighth of the others in turn (by day).
#   tools/tidy.sh [FILE...]
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build
cmake --preset tidy -DSIGNET_TESTS=OFF >build/tidy.log 2>&1 || { cat build/tidy.log >&2; exit 1; }
sources=('base/*.cpp' 'crypto/*.cpp' 'storage/*.cpp' 'ca/*.cpp' 'crl/*.cpp' 'core/*.cpp' 'engines/*.cpp' 'auth/*.cpp' 'api/*.cpp' 'cli/*.cpp')
if [ $# -gt 0 ]; then files=("$@"); else
  turn=$(($(date +%j | sed 's/^0*//') % 8))
  mapfile -t all < <(git ls-files "${sources[@]}")
  files=()
  for at in "${!all[@]}"; do [ $((at % 8)) -ne "$turn" ] || files+=("${all[$at]}"); done
  if base=$(git rev-parse --verify -q origin/main); then
    mapfile -t changed < <(git diff --name-only --diff-filter=AM "$base" -- "${sources[@]}")
    # A first landing changes everything: its turn is enough there.
    [ ${#changed[@]} -ge 60 ] || files+=("${changed[@]}")
  fi
fi
# One file's findings, without the missing direct includes (19 has no option to leave them out) and the counts.
check() {
  set -o pipefail
  clang-tidy-19 -p build/tidy --quiet "$1" 2>&1 | awk '
    BEGIN { is_shown = 1 }
    /^[0-9]+ (warning|error)s? |^Suppressed |^Use -header-filter/ { next }
    /: (warning|error): / { is_shown = !/no header providing/ }
    is_shown'
}
export -f check
failed=0
printf '%s\n' "${files[@]}" | sort -u | xargs -r -P "$(nproc)" -I {} bash -c 'check "$1"' _ {} >build/tidy.txt || failed=1
cat build/tidy.txt
[ "$failed" -eq 0 ] && ! grep -q -E '(error|warning):' build/tidy.txt && echo "tidy: ${#files[@]} files clean"
