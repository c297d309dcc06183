"""Sets of versions as intervals, whatever a version is, and whether one set lies within another."""

from collections.abc import Hashable, Iterable
from functools import reduce
from typing import Any, NamedTuple

Key = Any
"""A version as its ecosystem orders it; two keys of one ecosystem compare."""


class VersionError(Exception):
    """A text is no version or no range of versions in the notation of its ecosystem."""


class Interval(NamedTuple):
    """All versions between two; no end means without end."""

    low: Key | None = None
    has_low: bool = False
    high: Key | None = None
    has_high: bool = False

    @property
    def is_empty(self) -> bool:
        """Tell whether no version is in it."""
        if self.low is None or self.high is None:
            return False
        return bool(self.low > self.high or (self.low == self.high and not (self.has_low and self.has_high)))

    def meet(self, other: "Interval") -> "Interval":
        """Return what both have."""
        low, has_low = _higher((self.low, self.has_low), (other.low, other.has_low))
        high, has_high = _lower((self.high, self.has_high), (other.high, other.has_high))
        return Interval(low, has_low, high, has_high)

    def holds(self, inner: "Interval") -> bool:
        """Tell whether another interval lies within this one."""
        return self.meet(inner) == inner


End = tuple[Key | None, bool]
"""Where an interval begins or ends, and whether that itself is in it."""
Intervals = tuple[Interval, ...]
EVERYTHING: Intervals = (Interval(),)


class Part(NamedTuple):
    """Versions that one row of comparators holds for."""

    all: Intervals
    """In the order of versions, previews included."""
    releases: Intervals
    """The same, as far as releases tell."""
    previews: frozenset[Hashable] = frozenset()
    """Of which previews it may hold any: only of those that its text names."""


class Versions(NamedTuple):
    """A set of versions: what any of its parts holds."""

    parts: tuple[Part, ...]
    exact: Key | None = None
    """The one version that it holds, if it is written as one."""


def below(key: Key, *, included: bool = False) -> Intervals:
    """Return all versions before one."""
    return (Interval(high=key, has_high=included),)


def above(key: Key, *, included: bool = False) -> Intervals:
    """Return all versions after one."""
    return (Interval(low=key, has_low=included),)


def only(key: Key) -> Intervals:
    """Return one version."""
    return (Interval(key, True, key, True),)


def between(low: Key, high: Key) -> Intervals:
    """Return the versions from one up to another, without that."""
    return (Interval(low, True, high, False),)


def outside(low: Key, high: Key, *, included: bool = False) -> Intervals:
    """Return the versions before the one and after the other; from that, if it is included."""
    return (*below(low), *above(high, included=included))


def meet(sets: Iterable[Intervals]) -> Intervals:
    """Return what all have."""
    return reduce(_meet, sets, EVERYTHING)


def within(inner: Versions, outer: Versions) -> bool:
    """Tell whether every version of one set is in another; a set that holds nothing is in none."""
    held = [part for part in inner.parts if part.all]
    return bool(held) and all(_part_within(part, outer.parts) for part in held)


def _part_within(inner: Part, outer: tuple[Part, ...]) -> bool:
    if inner.previews:
        return any(inner.previews <= each.previews and _within(inner.all, each.all) for each in outer)
    return _within(inner.releases, tuple(interval for each in outer for interval in each.releases))


def _within(inner: Intervals, outer: Intervals) -> bool:
    joined = _joined(outer)
    return all(any(each.holds(part) for each in joined) for part in inner)


def _joined(intervals: Intervals) -> Intervals:
    """Return the same set with intervals that touch made one."""
    found: list[Interval] = []
    for each in sorted((each for each in intervals if not each.is_empty), key=_by_low):
        if found and _touch(found[-1], each):
            high, has_high = found[-1].high, found[-1].has_high
            if high is not None and (each.high is None or (each.high, each.has_high) > (high, has_high)):
                found[-1] = found[-1]._replace(high=each.high, has_high=each.has_high)
        else:
            found.append(each)
    return tuple(found)


def _by_low(interval: Interval) -> tuple[Any, ...]:
    return (0,) if interval.low is None else (1, interval.low, not interval.has_low)


def _touch(first: Interval, second: Interval) -> bool:
    """Tell whether there is no version between two intervals, the first of which begins no later."""
    if first.high is None or second.low is None or second.low < first.high:
        return True
    return bool(second.low == first.high and (first.has_high or second.has_low))


def _meet(one: Intervals, other: Intervals) -> Intervals:
    met = (first.meet(second) for first in one for second in other)
    return tuple(each for each in met if not each.is_empty)


def _higher(one: End, other: End) -> End:
    if one[0] is None or other[0] is None:
        return other if one[0] is None else one
    if one[0] == other[0]:
        return one[0], one[1] and other[1]
    return one if one[0] > other[0] else other


def _lower(one: End, other: End) -> End:
    if one[0] is None or other[0] is None:
        return other if one[0] is None else one
    if one[0] == other[0]:
        return one[0], one[1] and other[1]
    return one if one[0] < other[0] else other
