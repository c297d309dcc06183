"""Blobs as texts of records, as far as they can become one."""

from collections import OrderedDict
from typing import Final, NamedTuple

from gitcorpus.git.repo import Repo
from gitcorpus.model.place import Oid
from gitcorpus.model.record import Reason
from gitcorpus.model.tree import TreeEntry, is_binary

_KEPT_BYTES: Final = 128 << 20
"""Of the texts that were read last: a corpus of usual size is read once, for the catalog and for all views."""


class NoText(NamedTuple):
    """Why a blob is no text of a record."""

    reason: Reason
    detail: str


class Text(NamedTuple):
    """A blob's text, and how many bytes the blob has."""

    text: str
    n_bytes: int


class Texts:
    """Reads blobs that are UTF-8, no binaries and no larger than a release takes; others are no texts."""

    def __init__(self, repo: Repo, max_bytes: int) -> None:
        self.repo = repo
        self._max_bytes = max_bytes
        self._kept: OrderedDict[Oid, Text | NoText] = OrderedDict()
        self._n_bytes = 0

    def read(self, blob: Oid) -> Text | NoText:
        """Return a blob's text, or why it is none.

        Raises:
            UnjudgedError: object-missing or object-broken.
        """
        found = self._kept.get(blob)
        if found is not None:
            self._kept.move_to_end(blob)
            return found
        found = self._kept[blob] = self._read(blob)
        self._n_bytes += _weight(found)
        while self._n_bytes > _KEPT_BYTES:
            self._n_bytes -= _weight(self._kept.popitem(last=False)[1])
        return found

    def of(self, blob: Oid) -> str | None:
        """Return a blob's text, or none."""
        found = self.read(blob)
        return found.text if isinstance(found, Text) else None

    def too_large(self, n_bytes: int) -> NoText | None:
        """Say that a blob of a size is too large, or nothing."""
        return self._too_large(n_bytes) if n_bytes > self._max_bytes else None

    def _too_large(self, n_bytes: int) -> NoText:
        return NoText(Reason.TOO_LARGE, f"{n_bytes} bytes; max_file_bytes is {self._max_bytes}")

    def holds(self, *entries: TreeEntry | None) -> bool:
        """Tell whether all of some files that are there are regular ones that hold texts."""
        return all(entry is None or self.is_text(entry) for entry in entries)

    def is_text(self, entry: TreeEntry) -> bool:
        """Tell whether an entry is a regular file with a name and a text that a record can hold."""
        return entry.is_regular and entry.is_nameable and self.of(entry.oid) is not None

    def _read(self, blob: Oid) -> Text | NoText:
        data = self.repo.read_small(blob, self._max_bytes)
        if isinstance(data, int):
            return self._too_large(data)
        if is_binary(data):
            return NoText(Reason.BINARY, "a NUL among the first 8000 bytes")
        try:
            return Text(data.decode("utf-8"), len(data))
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            detail = f"byte 0x{data[error.start]:02x} on line {line} is not UTF-8"
            return NoText(Reason.NOT_UTF8, detail)


def _weight(found: Text | NoText) -> int:
    """Return about how many bytes are held: characters beyond the first planes take four."""
    return 200 + (found.text.__sizeof__() if isinstance(found, Text) else len(found.detail))
