#!/usr/bin/env bash
# Write a manifest of a folder's files, or check the folder against one.
set -euo pipefail
export LC_ALL=C

usage() {
  printf 'usage: %s write|check FOLDER FILE\n' "${0##*/}" >&2
  exit 2
}

list() {
  (cd "$1" && find . -type f -print0 | sort -z | xargs -0 -r sha256sum --)
}

write() {
  local folder=$1 file=$2 fresh
  # Beside the target, so that the move is a rename and never a copy.
  fresh=$(mktemp "$file.XXXXXX")
  # shellcheck disable=SC2064 # the name is known now
  trap "rm -f -- $(printf '%q' "$fresh")" EXIT
  list "$folder" >"$fresh"
  mv -- "$fresh" "$file"
}

check() {
  local folder=$1 file=$2
  if ! diff --unchanged-line-format= --old-line-format='was: %L' --new-line-format='is:  %L' \
    "$file" <(list "$folder"); then
    return 1
  fi
}

[[ $# -eq 3 && -d $2 ]] || usage
case $1 in
write) write "$2" "$3" ;;
check)
  [[ -f $3 ]] || usage
  check "$2" "$3"
  ;;
*) usage ;;
esac
