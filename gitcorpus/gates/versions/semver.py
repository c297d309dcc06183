"""Semantic versions, and the comparators over them that npm, Cargo, Terraform and Go write.

A preview, such as `2.0.0-rc.1`, is in a range only if the range names a preview of the same three numbers.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from gitcorpus.gates.versions.intervals import (
    EVERYTHING,
    Interval,
    Intervals,
    Part,
    VersionError,
    Versions,
    above,
    below,
    between,
    meet,
    only,
    outside,
)

Key = tuple[int, int, int, tuple[object, ...]]

LONGEST: Final = 300
"""Most characters of a range."""
_NUMBER: Final = r"(?:0|[1-9][0-9]{0,15}|[xX*])"
_NUMBERS: Final = rf"{_NUMBER}(?:\.{_NUMBER}(?:\.{_NUMBER}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)?)?"
PARTIAL: Final = rf"v?{_NUMBERS}(?:\+incompatible)?"
"""A version of which some numbers may be missing."""
_PARTS: Final = re.compile(r"v?(?P<numbers>[^-+]+)(?:-(?P<preview>[^+]+))?(?:\+.*)?")
_RELEASE: Final = (1,)
_FIRST: Final = (0, ())


class Partial(NamedTuple):
    """The numbers that a version gives, and its preview."""

    numbers: tuple[int, ...]
    preview: tuple[object, ...] = _RELEASE

    @property
    def is_full(self) -> bool:
        """Tell whether it is one version."""
        return len(self.numbers) == 3  # noqa: PLR2004 - major, minor, patch

    @property
    def key(self) -> Key:
        """The version, with 0 for what it does not give."""
        return _key(self.numbers, self.preview)

    @property
    def after(self) -> Key | None:
        """The first version after all that begin with its numbers; none for no numbers."""
        return _next(self.numbers) if self.numbers else None


def read_partial(text: str) -> Partial:
    """Read a version as far as it is given: `1.2.x` gives two numbers.

    Raises:
        VersionError: if it is none.
    """
    if not re.fullmatch(PARTIAL, text):
        raise VersionError("it is no version")
    parts = _PARTS.fullmatch(text)
    words = parts["numbers"].split(".") if parts else []
    given = next((at for at, word in enumerate(words) if not word.isdecimal()), len(words))
    preview = parts["preview"] if parts else None
    if preview is not None and given < len(words):
        raise VersionError("a preview of no version")
    return Partial(tuple(map(int, words[:given])), _preview(preview) if preview else _RELEASE)


def _preview(text: str) -> tuple[object, ...]:
    words = text.split(".")
    if not all(words):
        raise VersionError("it is no version")
    return (0, tuple((0, int(word[:18]), word) if word.isdecimal() else (1, 0, word) for word in words))


def _key(numbers: Sequence[int], preview: tuple[object, ...]) -> Key:
    major, minor, patch = (*numbers, 0, 0, 0)[:3]
    return major, minor, patch, preview


def _next(numbers: Sequence[int]) -> Key:
    return _key((*numbers[:-1], numbers[-1] + 1), _FIRST)


Comparator = tuple[str, Partial]
"""An operator, and what it compares with."""


def compared(comparators: Sequence[Comparator], read: Callable[[str, Partial], Intervals]) -> Versions:
    """Return the versions that all comparators hold for."""
    found = meet(read(operator, partial) for operator, partial in comparators)
    named = {
        partial.numbers
        for operator, partial in comparators
        if partial.preview != _RELEASE and operator != "!="
    }
    exact = None
    if len(comparators) == 1 and comparators[0][0] in ("=", "==") and comparators[0][1].is_full:
        exact = comparators[0][1].key
    return Versions((Part(found, _of_releases(found), frozenset(named)),), exact)


def _of_releases(found: Intervals) -> Intervals:
    """Return intervals as far as releases tell: they end before the first preview of a release."""
    ends = (Interval(*_low(each), *_high(each)) for each in found)
    return tuple(each for each in ends if not each.is_empty)


def _low(interval: Interval) -> tuple[Key | None, bool]:
    if interval.low is None or interval.low[3] == _RELEASE:
        return interval.low, interval.has_low
    return (*interval.low[:3], _RELEASE), True


def _high(interval: Interval) -> tuple[Key | None, bool]:
    if interval.high is None or (interval.has_high and interval.high[3] == _RELEASE):
        return interval.high, interval.has_high
    return (*interval.high[:3], _FIRST), False


def simple(operator: str, version: Partial) -> Intervals:
    """Return what an operator means where a missing number counts as 0, as in Terraform and Go."""
    match operator:
        case ">=" | ">":
            return above(version.key, included=operator == ">=")
        case "<=" | "<":
            return below(version.key, included=operator == "<=")
        case "!=":
            return outside(version.key, version.key)
        case "~>":
            rest = version.numbers[:-1]
            return between(version.key, _next(rest)) if rest else above(version.key, included=True)
        case _:
            return only(version.key)


def ranged(operator: str, version: Partial) -> Intervals:
    """Return what an operator means where a missing number counts as any, as in npm and Cargo."""
    after = version.after
    if after is None:
        return () if operator in ("<", ">") else EVERYTHING
    full, key = version.is_full, version.key
    match operator:
        case "^" | "~" | "~>":
            return between(key, _caret(version) if operator == "^" else _next(version.numbers[:2]))
        case ">=":
            return above(key, included=True)
        case ">":
            return above(key) if full else above((*after[:3], _RELEASE), included=True)
        case "<" | "<=":
            included = operator == "<="
            return below(key, included=included) if full else below(after if included else (*key[:3], _FIRST))
        case _:
            return only(key) if full else between(key, after)


def _caret(version: Partial) -> Key:
    """Return the first version that may break: the first number that is not 0 goes up."""
    numbers = version.numbers
    at = next((index for index, number in enumerate(numbers) if number), len(numbers) - 1)
    return _next(numbers[: at + 1])
