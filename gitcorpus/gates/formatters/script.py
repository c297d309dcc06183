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
  xargs -r -d '\n' cp --parents -t "../$1"
}

from=given to=once names=list
while [ -n "$to" ]; do
  count=$(wc -l <"$names")
  spans="1,$count"
  [ "$count" -gt 0 ] || spans=
  while [ -n "$spans" ]; do
    span=${spans%% *}
    spans=${spans#"$span"} first=${span%,*} last=${span#*,}
    spans=${spans# }
    sed -n "$first,${last}p" "$names" >span
    if [ "$mode" = filter ]; then
      while IFS= read -r name; do
        mkdir -p "$to/${name%/*}"
        "$@" <"$from/$name" >"$to/$name" 2>words
        code=$?
        [ "$code" = 0 ] || reject "$code" "$name"
      done <span
      continue
    fi
    (cd "$from" && copy "$to" <../span) || exit 99
    (cd "$to" && exec xargs -r -d '\n' -- "$@" <../span >/dev/null 2>../words)
    code=$?
    if [ "$code" = 0 ]; then
      continue
    elif [ "$first" = "$last" ]; then
      reject "$code" "$(cat span)"
      [ "$first" -gt "$samples" ] || exit 0
    elif [ "$first" -le "$samples" ] && [ "$last" -gt "$samples" ]; then
      spans="$first,$samples $((samples + 1)),$last $spans"
    else
      middle=$(((first + last) / 2))
      spans="$first,$middle $((middle + 1)),$last $spans"
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

`list` names the files below `given`, a line each, samples first. A formatter that fails on several files is tried on
either half of them, until each file that it fails on is alone; one that fails on a sample is not tried further. What
is pushed is the contents of files, and never text that the script reads as commands or as names.
"""
