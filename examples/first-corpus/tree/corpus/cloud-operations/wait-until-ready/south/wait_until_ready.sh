#!/usr/bin/env bash
# Run a command once a second until it succeeds or a timeout has passed.
set -euo pipefail

usage() {
  printf 'usage: %s TIMEOUT COMMAND [ARG...]\n' "${0##*/}" >&2
  exit 2
}

# No leading zero: arithmetic would take it for octal.
[[ $# -ge 2 && $1 =~ ^(0|[1-9][0-9]{0,5})$ ]] || usage
timeout=$1
shift

# SECONDS is bash's own count of the seconds since it was set.
SECONDS=0
until "$@"; do
  if ((SECONDS >= timeout)); then
    printf 'not ready after %d s: %s\n' "$timeout" "$*" >&2
    exit 1
  fi
  sleep 1
done
