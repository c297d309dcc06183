#!/usr/bin/env bash
# Keep the newest N backups of a folder and remove the others.
set -euo pipefail

folder=$1 keep=$2
for backup in $(ls "$folder"/backup-*.tar.gz | head -n "-$keep"); do
  rm -- "$backup"
  printf 'removed %s\n' "$backup"
done
