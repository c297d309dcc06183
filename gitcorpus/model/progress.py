"""How long work says how far it is, without knowing of a screen."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done and how many there are."""

_Item = TypeVar("_Item")


def told(what: str, items: Sequence[_Item], progress: Progress) -> Iterator[_Item]:
    """Go through items and tell how far it is."""
    for done, item in enumerate(items):
        progress(what, done, len(items))
        yield item
