"""Specs as they stand in a commit, and the commit's tree that they speak about."""

from collections.abc import Sequence
from functools import cached_property

from gitcorpus.git.repo import Snapshot
from gitcorpus.model.view import SpecFile
from gitcorpus.spec.characters import MAX_BYTES
from gitcorpus.spec.sources import FOLDER, SpecFiles, Unread, is_spec_path, not_regular, too_large


class SnapshotSource:
    """A `SpecSource` over one commit's tree; what is too large to be a spec is not read."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def spec_files(self) -> SpecFiles:
        """Return every spec file of the tree."""
        entries = self.snapshot.entries(FOLDER)
        return SpecFiles([entry.path for entry in entries if is_spec_path(entry.path)], self._spec)

    def spec_file(self, path: str) -> SpecFile:
        """Name a spec file by its blob and commit."""
        entry = self.snapshot.entry(path)
        if entry is None:
            raise KeyError(path)
        return SpecFile(path=path, blob=entry.oid, commit=self.snapshot.commit)

    def paths(self) -> Sequence[str]:
        """List every path of the tree."""
        return self._paths

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        return tuple(entry.path for entry in self.snapshot.entries())

    def size(self, path: str) -> int | None:
        """Return the size of a regular file of the tree."""
        return self.snapshot.size(path)

    def read(self, path: str) -> bytes:
        """Read one file of the tree."""
        return self.snapshot.read(path)

    def _spec(self, path: str) -> bytes | Unread:
        n_bytes = self.size(path)
        if n_bytes is None:
            return not_regular(path)
        return self.read(path) if n_bytes <= MAX_BYTES else too_large(n_bytes)
