"""Sheets of earlier releases, so that a release costs what is new in it. They may be deleted at any time."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Final

import pyarrow as pa

from gitcorpus.cache import Cache
from gitcorpus.compiler.sheets import Sheet, packed, unpacked
from gitcorpus.compiler.workshop import Batch

TOPIC: Final = "sheets"
Make = Callable[[Sequence[Batch]], Iterable[Sheet]]
"""Makes the sheets of batches, in their order."""


class KeptSheets:
    """Sheets by the digest of what they lean on."""

    def __init__(self, cache: Cache, today: date, schemas: Sequence[pa.Schema]) -> None:
        """Keep them in a cache.

        Args:
            cache: where.
            today: is written beside what is new.
            schemas: those of the views, in the order of their renderings.
        """
        self._cache = cache
        self._today = today
        self._schemas = schemas

    def sheets(self, named: Sequence[tuple[bytes, Batch]], make: Make) -> Iterator[Sheet]:
        """Yield the sheets of batches in their order; those that are not kept are made, all in one go, and kept.

        Raises:
            GitcorpusError: what `make` raises.
        """
        known = self._cache.holds(name for name, _ in named)
        made = iter(make([batch for name, batch in named if name not in known]))
        for name, batch in named:
            if name not in known:
                sheet = next(made)
                self._cache.learn(TOPIC, {name: packed(sheet)}, today=self._today)
                yield sheet
            else:
                yield self._read(name, batch) or next(iter(make([batch])))

    def _read(self, name: bytes, batch: Batch) -> Sheet | None:
        """Return a sheet, or none if it went meanwhile."""
        found = self._cache.known([name]).get(name)
        return None if found is None else unpacked(found, self._schemas[batch.view])
