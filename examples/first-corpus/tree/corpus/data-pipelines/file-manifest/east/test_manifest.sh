#!/usr/bin/env bash
# Run me: every line that fails says so, and the exit code counts them.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failures=0

expect() {
  local want=$1 got
  shift
  bash "$here/manifest.sh" "$@" >"$folder/said" 2>&1
  got=$?
  [[ $got -eq $want ]] && return
  printf 'FAIL %s: exit code %d, want %d\n' "$*" "$got" "$want"
  failures=$((failures + 1))
}

says() {
  grep -q -- "$1" "$folder/said" && return
  printf 'FAIL it does not say "%s"\n' "$1"
  failures=$((failures + 1))
}

files=$folder/files manifest=$folder/manifest
mkdir -p "$files/a folder"
printf 'one\n' >"$files/a folder/b"
printf 'two\n' >"$files/-c"

expect 0 write "$files" "$manifest"
expect 0 check "$files" "$manifest"
cp "$manifest" "$folder/first"
expect 0 write "$files" "$manifest"
cmp "$manifest" "$folder/first" || failures=$((failures + 1))

printf 'three\n' >"$files/-c"
expect 1 check "$files" "$manifest"
says 'is:  .*\./-c'
rm "$files/-c"
expect 1 check "$files" "$manifest"
says 'was: .*\./-c'

expect 2 check "$files" "$folder/nothing"
expect 2 wrong "$files" "$manifest"
expect 2 write "$folder/nowhere" "$manifest"
[[ $(find "$folder" -name 'manifest.*') == "" ]] || failures=$((failures + 1))

exit "$failures"
