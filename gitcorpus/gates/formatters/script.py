"""The script that formats many files in one room, and tells what became of each."""

from typing import Final

SCRIPT: Final = r"""
mode=$1 samples=$2 asked=$3 argument=$4
shift 4
command -v -- "$1" >/dev/null || exit 127
[ -z "$asked" ] || "$asked" "$argument" >version 2>&1 </dev/null
mkdir once twice new said
: >rejected
: >unstable
: >patch
: >changed

reject() {
  mkdir -p "said/${2%/*}"
  head -c 4000 words >"said/$2"
  printf '%s %s\n' "$1" "$2" >>rejected
  cat "$from/$2" >"$to/$2" || exit 99
}

copy() {
  xargs -r -d '\n' cp --parents --remove-destination -t "../$1"
}

later() {
  last=$((last + 1))
  mv "$1" "later$last"
}

from=given to=once names=list
while [ -n "$to" ]; do
  next=0 last=0
  cp "$names" part
  later part
  while [ "$next" -lt "$last" ]; do
    next=$((next + 1))
    mv "later$next" batch
    count=$(wc -l <batch)
    if [ "$mode" = filter ]; then
      while IFS= read -r name; do
        mkdir -p "$to/${name%/*}"
        "$@" <"$from/$name" >"$to/$name" 2>words
        code=$?
        [ "$code" = 0 ] || reject "$code" "$name"
      done <batch
      continue
    fi
    (cd "$from" && copy "$to" <../batch) || exit 99
    (cd "$to" && exec xargs -r -d '\n' -- "$@" <../batch >/dev/null 2>../words)
    code=$?
    [ "$code" != 0 ] || continue
    if [ "$count" = 1 ]; then
      reject "$code" "$(cat batch)"
      ! grep -q '^sample' batch || exit 0
      continue
    fi
    grep -a -o -F -f batch words | sort -u >named
    if [ "$samples" -gt 0 ] && { [ ! -s named ] || grep -q '^sample' named; }; then
      head -n "$samples" batch >part
      later part
      tail -n "+$((samples + 1))" batch >part
      later part
      samples=0
    elif [ -s named ] && [ "$(wc -l <named)" -le 64 ]; then
      ! grep -v -x -F -f named batch >part || later part
      while IFS= read -r name; do
        printf '%s\n' "$name" >part
        later part
      done <named
    else
      head -n "$((count / 2))" batch >part
      later part
      tail -n "+$((count / 2 + 1))" batch >part
      later part
    fi
  done
  if [ "$to" = once ]; then
    diff -a -r -u given once >patch
    [ $? -le 1 ] || exit 98
    ! grep -a -e '^Only in given' -e '^File ' patch >&2 || exit 98
    sed -n 's,^diff -a -r -u given/\([^ ]*\) once/.*,\1,p' patch >changed
    from=once to=twice names=changed samples=0
  else
    to=
  fi
done
while IFS= read -r name; do
  cmp -s "once/$name" "twice/$name" || printf '%s\n' "$name" >>unstable
done <changed
(cd once && copy new <../changed) || exit 97
exit 0
"""
"""Arguments: `files` or `filter`, how many of the files are samples, what is asked for its version and how, and the
formatter's command.

`list` names the files below `given`, a line each, samples first. Where a formatter fails on several files, those that
it names are tried alone and the others together, or either half if it names none, until every file that it fails on is
alone and all others have come through. One that fails on a sample is not tried further. What is pushed is the contents
of files, and never text that the script reads as commands or as names.
"""
