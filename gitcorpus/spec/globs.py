"""One dialect of globs for all specs, and whether two simple ones can name the same thing.

`*` and `?` stay within a folder, `**` crosses folders, a class such as `[ab]` is one character, letter case
counts, and names that begin with a dot match like others. A pattern that ends in `/` is everything below it.
"""

import re
from functools import lru_cache
from typing import Final

from wcmatch import glob

_FLAGS: Final = glob.GLOBSTAR | glob.DOTGLOB | glob.CASE | glob.FORCEUNIX


def matches(pattern: str, path: str) -> bool:
    """Tell whether a glob matches a whole path."""
    return _compiled(pattern).fullmatch(path) is not None


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    whole = f"{pattern}**" if pattern.endswith("/") else pattern
    return re.compile(glob.translate(whole, flags=_FLAGS)[0][0])


def overlap(one: str, other: str) -> bool:
    """Tell whether some text fits both of two patterns in which only `*` and `?` are special."""
    reached = {(0, 0)}
    waiting = [(0, 0)]
    while waiting:
        at = waiting.pop()
        if at == (len(one), len(other)):
            return True
        fresh = _steps(one, other, *at) - reached
        reached |= fresh
        waiting.extend(fresh)
    return False


def _steps(one: str, other: str, i: int, j: int) -> set[tuple[int, int]]:
    """Return where two patterns can go on to by agreeing on one more character, or by ending a `*`."""
    steps: set[tuple[int, int]] = set()
    first, second = one[i : i + 1], other[j : j + 1]
    if first == "*":
        steps |= {(i + 1, j)} | ({(i, j + 1)} if second else set())
    if second == "*":
        steps |= {(i, j + 1)} | ({(i + 1, j)} if first else set())
    if first and second and (first == second or "?" in (first, second)) and "*" not in (first, second):
        steps.add((i + 1, j + 1))
    return steps
