"""Merge windows of days that overlap or touch."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple


class Window(NamedTuple):
    """A first and a last day, both included."""

    first: date
    last: date


def parse_windows(lines: Iterable[str]) -> list[Window]:
    """Parse one window a line, `FIRST,LAST`; empty lines are none.

    Raises:
        ValueError: with the number of the line.
    """
    windows = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            first, last = (date.fromisoformat(part.strip()) for part in line.split(","))
        except ValueError as error:
            raise ValueError(f"line {number}: want FIRST,LAST: {error}") from error
        if last < first:
            raise ValueError(f"line {number}: {last} lies before {first}")
        windows.append(Window(first, last))
    return windows


def merge_windows(windows: Iterable[Window]) -> list[Window]:
    """Return the fewest windows that cover the same days, in order."""
    merged: list[Window] = []
    for window in sorted(windows):
        if merged and window.first - merged[-1].last <= timedelta(days=1):
            merged[-1] = Window(merged[-1].first, max(merged[-1].last, window.last))
        else:
            merged.append(window)
    return merged
