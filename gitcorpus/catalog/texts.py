"""Blobs as texts of records, as far as they can become one."""

from functools import lru_cache
from typing import Final

from gitcorpus.git.repo import Repo
from gitcorpus.model.place import Oid
from gitcorpus.model.tree import TreeEntry, is_binary

_KEPT: Final = 600
"""Somewhat more than the records that are rendered before they are written: each is read once for both."""


class Texts:
    """Reads blobs that are UTF-8, no binaries and no larger than a release takes; others are no texts."""

    def __init__(self, repo: Repo, max_bytes: int) -> None:
        self._repo = repo
        self._max_bytes = max_bytes
        self.of = lru_cache(_KEPT)(self._of)

    def _of(self, blob: Oid) -> str | None:
        if self._repo.blob_size(blob) > self._max_bytes:
            return None
        data = self._repo.read_blob(blob)
        if is_binary(data):
            return None
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return None

    def holds(self, *entries: TreeEntry | None) -> bool:
        """Tell whether all of some files that are there are regular ones that hold texts."""
        return all(entry is None or self.is_text(entry) for entry in entries)

    def is_text(self, entry: TreeEntry) -> bool:
        """Tell whether an entry is a regular file with a name and a text that a record can hold."""
        nameable = not any("\ud800" <= character <= "\udfff" for character in entry.path)
        return entry.is_regular and nameable and self.of(entry.oid) is not None
