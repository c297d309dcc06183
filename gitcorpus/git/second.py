"""A second, independent reader of the same objects, with which verifying checks the first: dulwich."""

from pathlib import Path

from dulwich.object_store import tree_lookup_path
from dulwich.objects import Blob, Commit, ObjectID
from dulwich.repo import Repo as DulwichRepo

from gitcorpus.model.place import Oid


class SecondReader:
    """Reads blobs by oid, and finds them by commit and path."""

    def __init__(self, git_dir: Path) -> None:
        self._repo = DulwichRepo(str(git_dir))
        self._found: dict[tuple[str, str], Oid | None] = {}

    def blob(self, oid: str) -> bytes:
        """Return a blob's bytes.

        Raises:
            KeyError: if there is no such blob.
        """
        found = self._repo.object_store[ObjectID(oid.encode())]
        if not isinstance(found, Blob):
            raise KeyError(oid)
        return found.data

    def blob_at(self, commit: str, path: str) -> Oid | None:
        """Return the oid of a file in a commit, or none."""
        key = (commit, path)
        if key not in self._found:
            self._found[key] = self._look_up(commit, path)
        return self._found[key]

    def _look_up(self, commit: str, path: str) -> Oid | None:
        store = self._repo.object_store
        found = store[ObjectID(commit.encode())]
        if not isinstance(found, Commit):
            return None
        try:
            _, oid = tree_lookup_path(store.__getitem__, found.tree, path.encode("utf-8", "surrogateescape"))
        except (KeyError, NotADirectoryError):
            return None
        return Oid(oid.decode())
