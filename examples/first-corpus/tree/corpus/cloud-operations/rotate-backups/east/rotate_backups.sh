#!/usr/bin/env bash
# Keep the newest N backups of a folder and remove the others.
set -euo pipefail

usage() {
  printf 'usage: %s FOLDER KEEP\n' "${0##*/}" >&2
  exit 2
}

main() {
  [[ $# -eq 2 ]] || usage
  local folder=$1 keep=$2
  [[ -d $folder && $keep =~ ^[1-9][0-9]{0,5}$ ]] || usage

  local day='[0-9][0-9]'
  local -a backups
  shopt -s nullglob
  # A glob expands in sorted order, and these names sort by date: the oldest comes first.
  # shellcheck disable=SC2206 # the pattern is meant to expand
  backups=("$folder"/backup-${day}${day}-${day}-${day}.tar.gz)

  local surplus=$((${#backups[@]} - keep)) backup
  ((surplus > 0)) || return 0
  for backup in "${backups[@]:0:surplus}"; do
    rm -- "$backup"
    printf 'removed %s\n' "$backup"
  done
}

main "$@"
