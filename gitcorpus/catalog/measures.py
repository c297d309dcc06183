"""How long blobs are as texts, or why they are none: known from earlier releases, or read."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, NamedTuple

import orjson

from gitcorpus.cache import Cache
from gitcorpus.catalog.texts import NoText, Text, Texts
from gitcorpus.model.place import Oid
from gitcorpus.model.record import Reason

TOPIC: Final = "texts"
_NAME: Final = b"text\0"


class Measure(NamedTuple):
    """A text's size."""

    n_bytes: int
    n_lines: int


class Measures:
    """Measures blobs; with a cache, each of them once and for all."""

    def __init__(self, texts: Texts, cache: Cache | None, today: date | None) -> None:
        self._texts = texts
        self._cache = cache
        self._today = today

    def of(self, blobs: Iterable[Oid]) -> Mapping[Oid, Measure | NoText]:
        """Measure blobs.

        Raises:
            UnjudgedError: object-missing or object-broken.
        """
        wanted = list(dict.fromkeys(blobs))
        kept = self._cache.known(map(_name, wanted)) if self._cache else {}
        found: dict[Oid, Measure | NoText] = {}
        fresh: dict[bytes, bytes] = {}
        for blob in wanted:
            name = _name(blob)
            if name in kept:
                found[blob] = self._limited(_parse(kept[name]))
                continue
            measure = found[blob] = _measure(self._texts.read(blob))
            if isinstance(measure, Measure) or measure.reason is not Reason.TOO_LARGE:
                fresh[name] = orjson.dumps(list(measure))
        if self._cache is not None and self._today is not None and fresh:
            self._cache.learn(TOPIC, fresh, today=self._today)
        return found

    def _limited(self, found: Measure | NoText) -> Measure | NoText:
        """Hold what is known against the largest size that this release takes."""
        return self._texts.too_large(found.n_bytes) or found if isinstance(found, Measure) else found


def _name(blob: Oid) -> bytes:
    return _NAME + bytes.fromhex(blob)


def _measure(found: Text | NoText) -> Measure | NoText:
    if isinstance(found, NoText):
        return found
    text = found.text
    return Measure(found.n_bytes, text.count("\n") + (not text.endswith("\n") and bool(text)))


def _parse(data: bytes) -> Measure | NoText:
    one, other = orjson.loads(data)
    return Measure(one, other) if isinstance(one, int) else NoText(Reason(one), other)
