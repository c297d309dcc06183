"""What is wrong with a release: the first of it in words, and how much more there is."""

from collections.abc import Iterable
from typing import Final

MOST_FAULTS: Final = 20


class Faults:
    """Holds no more sentences than anybody reads, however much is wrong."""

    def __init__(self, sentences: Iterable[str] = ()) -> None:
        self._first: list[str] = []
        self._more = 0
        self.extend(sentences)

    def add(self, sentence: str) -> None:
        """Add one."""
        if len(self._first) < MOST_FAULTS:
            self._first.append(sentence)
        else:
            self._more += 1

    def extend(self, sentences: Iterable[str]) -> None:
        """Add several."""
        for sentence in sentences:
            self.add(sentence)

    @property
    def said(self) -> tuple[str, ...]:
        """The first ones, and how many more there are."""
        return (*self._first, f"and {self._more} more") if self._more else tuple(self._first)
