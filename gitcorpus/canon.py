"""One value, one byte string, one digest.

Canonical JSON here is RFC 8259 with sorted keys and no white space, over the values for which every
writer agrees: strings without lone surrogates, integers below 2**53, booleans, null, lists, and objects
with string keys. Floats are refused, since writers print them differently.
"""

import hashlib
from collections.abc import Iterator, Mapping

import orjson

from gitcorpus.errors import GitcorpusError
from gitcorpus.model.place import Digest

LARGEST_INTEGER = 2**53 - 1
WIDTH = 32
"""Bytes of a sha256."""


def canonical(value: object) -> bytes:
    """Return the canonical bytes of a JSON value.

    Raises:
        GitcorpusError: not-canonical, if the value holds a float, a large integer or something else.
    """
    _check(value)
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:
        raise _refuse(str(error)) from error


def canonical_row(row: object) -> bytes:
    """Return the canonical bytes of a table's row, whose schema has no float: what is left to refuse is large integers.

    Raises:
        GitcorpusError: not-canonical.
    """
    try:
        return orjson.dumps(row, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)
    except orjson.JSONEncodeError as error:
        raise _refuse(str(error)) from error


def digest_bytes(data: bytes) -> Digest:
    """Return the digest of raw bytes."""
    return Digest(f"sha256:{hashlib.sha256(data).hexdigest()}")


def digest_value(value: object) -> Digest:
    """Return the digest of a JSON value's canonical bytes."""
    return digest_bytes(canonical(value))


class RowDigests:
    """The two logical digests of a table whose rows come one after the other: in order, and as a set.

    Both are over the 32-byte sha256 of each row's canonical bytes, joined in order, and sorted; these are what is kept,
    by their first byte, so that a small part of them is sorted at a time.
    """

    def __init__(self) -> None:
        self.n_rows = 0
        """How many there are."""
        self._in_order = hashlib.sha256()
        self._parts = tuple(bytearray() for _ in range(256))

    def add(self, row: bytes) -> None:
        """Add a row by its canonical bytes."""
        self.extend(hashlib.sha256(row).digest())

    def extend(self, digests: bytes) -> None:
        """Add rows by the sha256 of their canonical bytes, joined."""
        self._in_order.update(digests)
        self.n_rows += len(digests) // WIDTH
        for each in _cut(digests):
            self._parts[each[0]].extend(each)

    @property
    def ordered(self) -> Digest:
        """The digest of the rows in their order."""
        return Digest(f"sha256:{self._in_order.hexdigest()}")

    @property
    def unordered(self) -> Digest:
        """The digest of the rows as a set."""
        whole = hashlib.sha256()
        for part in self._parts:
            whole.update(b"".join(sorted(_cut(bytes(part)))))
        return Digest(f"sha256:{whole.hexdigest()}")


def _cut(digests: bytes) -> Iterator[bytes]:
    return (digests[start : start + WIDTH] for start in range(0, len(digests), WIDTH))


def _check(value: object) -> None:
    match value:
        case None | str() | bool():
            return
        case int():
            if abs(value) > LARGEST_INTEGER:
                raise _refuse(f"the integer {value} has more than 53 bits")
        case Mapping():
            for key, inner in value.items():
                if not isinstance(key, str):
                    raise _refuse(f"the key {key!r} is not a string")
                _check(inner)
        case list() | tuple():
            for inner in value:
                _check(inner)
        case _:
            raise _refuse(f"a value of type {type(value).__name__}")


def _refuse(why: str) -> GitcorpusError:
    return GitcorpusError("not-canonical", f"canonical JSON cannot hold it: {why}")
