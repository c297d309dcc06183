"""Maven's versions: numbers and words, and its ranges in brackets.

A version without brackets is taken as just this one. Comparators (`>=1.2,<2`) are understood too, for allow-lists.
"""

import re
from typing import Final

from gitcorpus.gates.versions.intervals import (
    EVERYTHING,
    Interval,
    Intervals,
    Part,
    VersionError,
    Versions,
    above,
    below,
    meet,
    only,
)

Key = tuple[tuple[int, int, str], ...]

_LONGEST: Final = 300
_VERSION: Final = r"[0-9A-Za-z][0-9A-Za-z._+-]{0,99}"
_BRACKETS: Final = re.compile(r"([\[(])\s*([^\[\](),]*?)\s*(?:(,)\s*([^\[\](),]*?)\s*)?([\])])")
_COMPARATOR: Final = re.compile(rf"(?P<operator>>=|<=|==|>|<|=)?\s*(?P<version>{_VERSION})")
_TOKEN: Final = re.compile(r"[0-9]+|[A-Za-z]+")
_WORDS: Final = {
    "alpha": -5,
    "a": -5,
    "beta": -4,
    "b": -4,
    "milestone": -3,
    "m": -3,
    "rc": -2,
    "cr": -2,
    "snapshot": -1,
    "": 0,
    "ga": 0,
    "final": 0,
    "release": 0,
    "sp": 1,
}
_RELEASE: Final = (0, 0, "")
"""Stands at the end of every version: what is between a preview and what follows."""


def read_maven(text: str) -> Versions:
    """Read a version, ranges in brackets, or comparators.

    Raises:
        VersionError: if it is neither.
    """
    bare = text.strip()
    if not bare or len(bare) > _LONGEST:
        raise VersionError("it is no range of versions of Maven")
    found, exact = _brackets(bare) if bare[0] in "[(" else _comparators(bare)
    return Versions((Part(found, found),), exact)


def _brackets(text: str) -> tuple[Intervals, Key | None]:
    found, at = [], 0
    while at < len(text):
        match = _BRACKETS.match(text, at)
        if match is None:
            raise VersionError("it is no range of versions of Maven")
        found.append(_interval(match))
        after = re.compile(r"\s*,?\s*").match(text, match.end())
        at = after.end() if after else match.end()
    intervals = tuple(each for each in found if not each.is_empty)
    exact = found[0].low if len(found) == 1 and found[0].low == found[0].high else None
    return intervals, exact


def _interval(match: re.Match[str]) -> Interval:
    opening, low, comma, high, closing = match.groups()
    if comma is None:
        if opening != "[" or closing != "]":
            raise VersionError("it is no range of versions of Maven")
        return Interval(_key(low), True, _key(low), True)
    ends = (_key(end) if end else None for end in (low, high))
    return Interval(next(ends), opening == "[", next(ends), closing == "]")


def _comparators(text: str) -> tuple[Intervals, Key | None]:
    parts = [_COMPARATOR.fullmatch(part.strip()) for part in text.split(",")]
    found, exact = EVERYTHING, None
    for part in parts:
        if part is None:
            raise VersionError("it is no range of versions of Maven")
        key = _key(part["version"])
        found = meet([found, _compared(part["operator"] or "=", key)])
        exact = key if len(parts) == 1 and part["operator"] in (None, "=", "==") else None
    return found, exact


def _compared(operator: str, key: Key) -> Intervals:
    match operator:
        case ">=" | ">":
            return above(key, included=operator == ">=")
        case "<=" | "<":
            return below(key, included=operator == "<=")
        case _:
            return only(key)


def _key(version: str) -> Key:
    """Return a version as Maven orders it: a word before, at or after a release, numbers after all words."""
    if not re.fullmatch(_VERSION, version):
        raise VersionError("it is no version of Maven")
    found: list[tuple[int, int, str]] = []
    for token in _TOKEN.findall(version):
        if token.isdigit():
            found.append((3, int(token[:18]), "") if int(token[:18]) else _RELEASE)
        else:
            word = token.lower()
            rank = _WORDS.get(word)
            found.append((2, 0, word) if rank is None else (rank, 0, ""))
    while found and found[-1] == _RELEASE:
        found.pop()
    return (*found, _RELEASE)
