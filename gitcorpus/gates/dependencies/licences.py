"""Whether a licence expression of SPDX is met by allowed licences: any side of `OR`, both sides of `AND`."""

import re
from collections.abc import Collection, Iterator
from typing import Final

_TOKEN: Final = re.compile(r"\(|\)|[^\s()]+")
_DEEPEST: Final = 20


def is_allowed(expression: str, allowed: Collection[str]) -> bool:
    """Tell whether somebody may take the expression under allowed licences; what is no expression is not allowed."""
    names = frozenset(" ".join(name.lower().split()) for name in allowed)
    reader = _Reader(list(_words(expression)), names)
    try:
        return reader.either(0) and reader.is_done
    except ValueError:
        return False


def _words(expression: str) -> Iterator[str]:
    """Yield brackets, operators and licences; an exception belongs to its licence."""
    held = ""
    for word in _TOKEN.findall(expression.lower()):
        if word == "with" or held.endswith(" with"):
            held = f"{held} {word}"
        else:
            yield from (held,) if held else ()
            held = word
    yield from (held,) if held else ()


class _Reader:
    """Reads the words from left to right."""

    def __init__(self, words: list[str], allowed: frozenset[str]) -> None:
        self._words = words
        self._allowed = allowed

    @property
    def is_done(self) -> bool:
        return not self._words

    def either(self, depth: int) -> bool:
        found = self._both(depth)
        while self._takes("or"):
            found = self._both(depth) or found
        return found

    def _both(self, depth: int) -> bool:
        found = self._one(depth)
        while self._takes("and"):
            found = self._one(depth) and found
        return found

    def _one(self, depth: int) -> bool:
        if self._takes("("):
            found = depth < _DEEPEST and self.either(depth + 1)
            if not self._takes(")"):
                raise ValueError
            return found
        if not self._words or self._words[0] in (")", "or", "and"):
            raise ValueError
        return self._words.pop(0) in self._allowed

    def _takes(self, word: str) -> bool:
        if self._words[:1] == [word]:
            self._words.pop(0)
            return True
        return False
