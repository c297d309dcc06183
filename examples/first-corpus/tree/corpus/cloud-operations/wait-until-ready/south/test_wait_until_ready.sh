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
  bash "$here/wait_until_ready.sh" "$@" 2>/dev/null
  got=$?
  [[ $got -eq $want ]] && return
  printf 'FAIL %s: exit code %d, want %d\n' "$*" "$got" "$want"
  failures=$((failures + 1))
}

# Succeeds at its second call.
cat >"$folder/second call" <<'SCRIPT'
#!/usr/bin/env bash
[[ -e $1 ]] || { touch "$1"; exit 7; }
SCRIPT
chmod +x "$folder/second call"

expect 0 0 true
expect 0 5 "$folder/second call" "$folder/a marker"
expect 1 0 false
expect 1 1 false
expect 2
expect 2 5
expect 2 soon true
expect 2 -1 true
expect 2 08 true

exit "$failures"
