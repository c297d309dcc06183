"""One dialect of globs for all specs, and whether two simple ones can name the same thing.

`*` and `?` stay within a folder, `**` crosses folders, a class such as `[ab]` is one character, letter case
counts, and names that begin with a dot match like others. A pattern that ends in `/` is everything below it.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from wcmatch import glob

MOST_COMPARISONS: Final = 20_000
"""Most comparisons of two globs when specs are checked."""
_ORDINARY: Final = 64
"""Characters of a pattern that count as one comparison."""
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
    length, stars, characters, at_characters = _places(_STARS.sub("*", other))
    whole = (1 << (length + 1)) - 1
    # Each bit of `at` is a place in the other pattern that the beginning of this one can lead to.
    at = 1 | ((1 & stars) << 1)
    for character in _STARS.sub("*", one):
        if character == "*":
            at = whole & -(at & -at)
            continue
        agreed = characters if character == "?" else at_characters.get(character, at_characters["?"])
        at = ((at & agreed) << 1) | (at & stars)
        at |= (at & stars) << 1
        if not at:
            return False
    return bool(at >> length)


_STARS: Final = re.compile(r"\*{2,}")


@lru_cache(maxsize=4096)
def _places(pattern: str) -> tuple[int, int, int, Mapping[str, int]]:
    """Return how long a pattern is, where its `*` and its characters stand, and for each character where it fits."""
    found: dict[str, int] = {"?": 0}
    for place, character in enumerate(pattern):
        found[character] = found.get(character, 0) | 1 << place
    stars = found.pop("*", 0)
    fits = {character: places | found["?"] for character, places in found.items()}
    return len(pattern), stars, (1 << len(pattern)) - 1 & ~stars, fits


class Comparisons:
    """Compares patterns with each other, up to a bound: specs that name thousands are checked in little time too."""

    def __init__(self, most: int = MOST_COMPARISONS) -> None:
        self._left = most

    @property
    def spent(self) -> bool:
        """Tell whether the bound is reached, so that some patterns were not compared."""
        return self._left <= 0

    def overlap(self, one: str, other: str) -> bool:
        """Tell whether some text fits both; no, once the bound is reached."""
        self._left -= 1 + len(one) // _ORDINARY
        return not self.spent and overlap(one, other)
