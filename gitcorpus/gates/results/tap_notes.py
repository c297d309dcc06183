"""What TAP says about a point besides its status: a block of YAML, or comments that follow it.

Only the simple half of YAML is read, line by line: keys with a value, and a text under its key. Everything else in a
block is passed over, for a report that says less is still a report.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from gitcorpus.gates.results.told import counted_from_one, duration, one_line, path_as_told

MOST_LINES: Final = 200
"""Lines of notes on one point that are kept; the rest is passed over."""
_KEY: Final = re.compile(r"(?P<indent> *)(?P<key>[a-z_]{1,20}):(?: +(?P<value>.*))?")
_TEXTS: Final = ("|", "|-", "|+", ">", ">-", ">+")
_PLACE: Final = re.compile(r"(?P<path>.+?):(?P<line>[0-9]{1,9})(?::[0-9]{1,9})?")
_COMMENT_PLACES: Final = (
    re.compile(r"in test file (?P<path>[^,]{1,400}), line (?P<line>[0-9]{1,9})\)"),
    re.compile(r"^ *at (?P<path>[^ ]{1,400}) line (?P<line>[0-9]{1,9})\.", re.MULTILINE),
)


class Notes(NamedTuple):
    """What a point says besides its status; empty, no line, or no seconds if it does not."""

    message: str = ""
    code: str = ""
    file: str = ""
    line: int | None = None
    seconds: float = 0.0


def notes_of(block: Sequence[str], comments: Sequence[str]) -> Notes:
    """Return what the block and the comments after one point say; what the block says goes first."""
    told = _keys(block)
    text = "\n".join(comments)
    place = _PLACE.fullmatch(told.get("location", ""))
    if place is None:
        place = next(filter(None, (pattern.search(text) for pattern in _COMMENT_PLACES)), None)
    path, line = (place["path"], place["line"]) if place else (told.get("at.file", ""), told.get("at.line"))
    return Notes(
        message=one_line(told.get("message") or told.get("error") or text),
        code=one_line(told.get("name") or told.get("code", ""))[:80],
        file=path_as_told(path),
        line=counted_from_one(line),
        seconds=round(duration(told.get("duration_ms", "")) / 1000, 6),
    )


def _keys(block: Sequence[str]) -> dict[str, str]:
    """Return the values of a block's keys, and those one step further in as `outer.inner`."""
    told: dict[str, str] = {}
    outer, margin, text = "", _margin(block[0]) if block else 0, False
    for line in block:
        found = _KEY.fullmatch(line)
        if found is not None and len(found["indent"]) == margin:
            outer, value = found["key"], (found["value"] or "").strip()
            text = value in _TEXTS
            told.setdefault(outer, "" if text else _unquoted(value))
        elif text and outer in told and line.startswith(" " * (margin + 1)):
            told[outer] += line.strip() + "\n"
        elif found is not None and outer and not text:
            told.setdefault(f"{outer}.{found['key']}", _unquoted((found["value"] or "").strip()))
    return told


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _unquoted(value: str) -> str:
    quoted = len(value) >= len("''") and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if quoted else value
