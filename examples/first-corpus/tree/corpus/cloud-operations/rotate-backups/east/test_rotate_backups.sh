#!/usr/bin/env bash
# Run me: every line that fails says so, and the exit code counts them.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failures=0

expect() {
  local what=$1 want=$2 got=$3
  [[ $got == "$want" ]] && return
  printf 'FAIL %s: got "%s", want "%s"\n' "$what" "$got" "$want"
  failures=$((failures + 1))
}

rotate() { bash "$here/rotate_backups.sh" "$@" 2>/dev/null; }

for day in 01 02 03 04; do
  touch "$folder/backup-2026-01-$day.tar.gz"
done
touch "$folder/backup-latest.tar.gz" "$folder/notes of may.txt"

for wrong in 0 -1 two 1x; do
  rotate "$folder" "$wrong"
  expect "exit code for $wrong" 2 $?
done
rotate "$folder/nowhere" 2
expect "exit code for a folder that is not there" 2 $?

expect "what it prints" "removed $folder/backup-2026-01-01.tar.gz
removed $folder/backup-2026-01-02.tar.gz" "$(rotate "$folder" 2)"
expect "what is left" "backup-2026-01-03.tar.gz
backup-2026-01-04.tar.gz
backup-latest.tar.gz
notes of may.txt" "$(ls "$folder")"
expect "a second run removes nothing" "" "$(rotate "$folder" 2)"

exit "$failures"
