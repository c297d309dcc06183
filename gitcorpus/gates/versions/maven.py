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
_TOKEN: Final = re.compile(
    r"(?P<before>[.+_-]?)(?:(?P<number>[0-9]+)|(?P<word>[A-Za-z]+)(?P<digit>(?=[0-9]))?)"
)
_ALIASES: Final = {"a": "alpha", "b": "beta", "m": "milestone"}
"""What a letter means right before a number."""
_WORDS: Final = {"alpha": -5, "beta": -4, "milestone": -3, "rc": -2, "cr": -2, "snapshot": -1, "sp": 1}
_RELEASES: Final = ("ga", "final", "release")
_OTHER: Final = 2
_AFTER_HYPHEN: Final = 3
_AFTER_DOT: Final = 4
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
    """Return a version as Maven orders it.

    Source: the version order specification of Maven's POM reference: words before, at or after a release, then numbers
    after a hyphen, then numbers after a dot; what is nothing does not count before a hyphen, a word or the end.
    """
    if not re.fullmatch(_VERSION, version):
        raise VersionError("it is no version of Maven")
    found: list[tuple[int, int, str]] = []
    after_word = False
    for token in _TOKEN.finditer(version):
        is_hyphen = token["before"] == "-" or (after_word and not token["before"])
        after_word = token["word"] is not None
        if is_hyphen or after_word:
            _trim(found)
        found.append(_word(token) if after_word else _number(token["number"], is_hyphen=is_hyphen))
    _trim(found)
    return (*found, _RELEASE)


def _trim(found: list[tuple[int, int, str]]) -> None:
    while found and found[-1][1:] == (0, "") and found[-1][0] in (0, _AFTER_HYPHEN, _AFTER_DOT):
        found.pop()


def _word(token: re.Match[str]) -> tuple[int, int, str]:
    word = token["word"].lower()
    word = _ALIASES.get(word, word) if token["digit"] is not None else word
    if word in _RELEASES:
        return _RELEASE
    rank = _WORDS.get(word)
    return (_OTHER, 0, word) if rank is None else (rank, 0, "")


def _number(text: str, *, is_hyphen: bool) -> tuple[int, int, str]:
    return _AFTER_HYPHEN if is_hyphen else _AFTER_DOT, int(text[:18]), ""
