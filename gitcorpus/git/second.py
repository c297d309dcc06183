"""A second, independent reader of the same objects, with which verifying checks the first: dulwich.

It opens folders of objects, without the repository around them and its settings, and compares each object with its
name.
Of a commit it asks nothing but which tree it names. dulwich refuses one whose author line is not well formed; the bytes
of such a commit come from libgit2, which compares them with its name too.
"""

import weakref
from typing import Final

from dulwich.errors import ChecksumMismatch, ObjectFormatException
from dulwich.object_store import DiskObjectStore, tree_lookup_path
from dulwich.objects import Blob, Commit, ObjectID, RawObjectID, ShaFile

from gitcorpus.git.commits import object_broken
from gitcorpus.git.objects import LARGEST
from gitcorpus.git.repo import Repo
from gitcorpus.model.place import Oid

_LARGEST: Final = max(LARGEST.values())
_TREE: Final = b"tree "


class SecondReader:
    """Reads blobs by oid, and finds them by commit and path."""

    def __init__(self, repo: Repo) -> None:
        self._objects = repo.objects
        first, *others = repo.stores.folders
        self._store = DiskObjectStore(first, alternates=others, loose_object_size_limit=_LARGEST)
        weakref.finalize(self, _close, self._store)
        self._found: dict[tuple[str, str], Oid | None] = {}

    def blob(self, oid: str) -> bytes:
        """Return a blob's bytes.

        Raises:
            KeyError: if there is no such blob.
            UnjudgedError: object-broken, if it is not what its name says.
        """
        found = self._read(ObjectID(oid.encode()))
        if not isinstance(found, Blob):
            raise KeyError(oid)
        return found.data

    def blob_at(self, commit: str, path: str) -> Oid | None:
        """Return the oid of a file in a commit, or none.

        Raises:
            UnjudgedError: object-broken, if an object on the way is not what its name says.
        """
        key = (commit, path)
        if key not in self._found:
            self._found[key] = self._look_up(commit, path)
        return self._found[key]

    def _look_up(self, commit: str, path: str) -> Oid | None:
        text = self._commit(ObjectID(commit.encode()))
        if not text.startswith(_TREE):
            return None
        tree = ObjectID(text.partition(b"\n")[0].removeprefix(_TREE))
        try:
            _, oid = tree_lookup_path(self._read, tree, path.encode("utf-8", "surrogateescape"))
        except (KeyError, NotADirectoryError):
            return None
        return Oid(oid.decode())

    def _commit(self, oid: ObjectID) -> bytes:
        """Return a commit's bytes; nothing for another object."""
        try:
            found = self._read(oid)
        except ObjectFormatException:
            return self._objects.read_text(Oid(oid.decode()))
        return found.as_raw_string() if isinstance(found, Commit) else b""

    def _read(self, oid: ObjectID | RawObjectID) -> ShaFile:
        try:
            return self._store[oid]
        except ChecksumMismatch as error:
            raise object_broken(Oid(oid.decode()), "its bytes are those of another object") from error


def _close(store: DiskObjectStore) -> None:
    """Close the packs that were opened; dulwich complains of those that were not."""
    for each in (*store.alternates, store):
        each.close()
