"""Specs as they stand in a commit."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from gitcorpus.git.repo import Snapshot
from gitcorpus.model.view import SpecFile
from gitcorpus.spec.sources import is_spec_path


class SnapshotSource:
    """A `SpecSource` over one commit's tree."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def spec_files(self) -> Mapping[str, bytes]:
        """Read every regular spec file of the tree."""
        entries = [
            entry for entry in self.snapshot.entries("specs") if entry.is_regular and is_spec_path(entry.path)
        ]
        return {entry.path: self.snapshot.read(entry.path) for entry in entries}

    def paths(self) -> Sequence[str]:
        """List every path of the tree."""
        return self._paths

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        return tuple(entry.path for entry in self.snapshot.entries())

    def read(self, path: str) -> bytes:
        """Read one file of the tree."""
        return self.snapshot.read(path)

    def spec_file(self, path: str) -> SpecFile:
        """Name a spec file by its blob and commit."""
        entry = self.snapshot.entry(path)
        if entry is None:
            raise KeyError(path)
        return SpecFile(path=path, blob=entry.oid, commit=self.snapshot.commit)
