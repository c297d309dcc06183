"""The manifests that concern a solution: its own, and those in the folders above it."""

from collections.abc import Iterable, Iterator
from posixpath import basename, dirname
from typing import Final, NamedTuple, Self

from gitcorpus.gates.base import Candidate
from gitcorpus.gates.manifests import MOST_BYTES, Kind, Manifest, kind_of, made, read_manifest
from gitcorpus.gates.manifests.kinds import LOCK_NAMES
from gitcorpus.model.corpus import Role
from gitcorpus.model.tree import TreeEntry
from gitcorpus.spec.layout import Located
from gitcorpus.syntax import Apart

_SECONDS: Final = 30.0
"""Most time of the processor for all manifests of a push."""


class Found(NamedTuple):
    """A manifest or a lock file, and what it says."""

    path: str
    kind: Kind
    manifest: Manifest
    is_locked: bool
    """Whether a lock file stands beside it, or in a folder above."""


def manifests_below(candidate: Candidate, root: str) -> tuple[TreeEntry, ...]:
    """Return the manifests and lock files of a folder; what programs are fed with is left out."""
    if candidate.snapshot is None:
        return ()
    entries = candidate.snapshot.entries(root, limit=candidate.most_entries)
    return tuple(each for each in entries if is_manifest(each) and not _is_fixture(candidate, each.path))


def manifests_above(candidate: Candidate, root: str) -> tuple[TreeEntry, ...]:
    """Return the manifests and lock files that stand right in a folder above another, and can be read."""
    return tuple(each for each in named_above(candidate, root) if is_manifest(each))


def named_above(candidate: Candidate, root: str) -> tuple[TreeEntry, ...]:
    """Return what stands right in a folder above another and has the name of a manifest or a lock file."""
    snapshot = candidate.snapshot
    if snapshot is None:
        return ()
    paths = (_joined(folder, name) for folder in folders_above(root) for name in snapshot.names(folder))
    entries = (snapshot.entry(path) for path in paths if is_named(path))
    return tuple(each for each in entries if each is not None and each.is_regular)


def folders_above(path: str) -> Iterator[str]:
    """Yield the folders that a path stands in, from the inside out."""
    while path:
        path = dirname(path)
        yield path


def is_manifest(entry: TreeEntry) -> bool:
    """Tell whether a file is a manifest or a lock file that can be read."""
    return entry.is_regular and kind_of(entry.path) is not None


class ManifestReader:
    """Reads manifests, each once for all solutions; a process apart serves them all."""

    def __init__(self, candidate: Candidate) -> None:
        self._candidate = candidate
        self._apart = Apart(read_manifest, seconds=_SECONDS, small=-1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._apart.close()

    def read(self, entries: Iterable[TreeEntry]) -> list[Found]:
        """Return what manifests say; manifests stand before lock files.

        Raises:
            UnjudgedError: parse-too-hard.
        """
        found = [
            Found(entry.path, kind, self._once(entry), _has_lock(self._candidate, entry.path, kind))
            for entry in entries
            if (kind := kind_of(entry.path)) is not None
        ]
        return sorted(found, key=lambda each: each.kind.is_lock)

    def _once(self, entry: TreeEntry) -> Manifest:
        return self._candidate.memo.once((read_manifest, entry), lambda: self._read(entry))

    def _read(self, entry: TreeEntry) -> Manifest:
        size = self._candidate.repo.blob_size(entry.oid)
        if size > MOST_BYTES:
            return Manifest(faults=((1, f"it has {size} bytes; at most {MOST_BYTES}"),))
        return made(self._apart.ask(self._candidate.data(entry), basename(entry.path), entry.path))


def _has_lock(candidate: Candidate, path: str, kind: Kind) -> bool:
    """Tell whether a manifest has a lock file in its folder or, as a part of a workspace, in one above it."""
    snapshot = candidate.snapshot
    if snapshot is None:
        return False
    places = (_joined(folder, name) for folder in folders_above(path) for name in kind.locks)
    return any(snapshot.size(place) is not None for place in places)


def _is_fixture(candidate: Candidate, path: str) -> bool:
    located = candidate.matcher.locate(path) if candidate.matcher else None
    return isinstance(located, Located) and located.role is Role.FIXTURE


def is_named(path: str) -> bool:
    """Tell whether a path has the name of a manifest or of a lock file, of those too that are not read."""
    return kind_of(path) is not None or basename(path) in LOCK_NAMES


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
