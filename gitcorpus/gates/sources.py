"""Specs as they stand in a commit, and the commit's tree that they speak about."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Final

from gitcorpus.canon import digest_bytes
from gitcorpus.git.repo import Snapshot
from gitcorpus.model.place import Oid
from gitcorpus.model.tree import TREE
from gitcorpus.model.view import SpecFile
from gitcorpus.spec.characters import MAX_BYTES
from gitcorpus.spec.sources import FOLDER, SpecFiles, Unread, is_spec_path, not_regular, too_large

Lean = tuple[str, str]
"""What was asked of a tree, and what it was then."""

_ALL: Final = "*"
"""Stands for the names of all files; no path of a tree is called so, since it would be a whole path."""

MOST_ENTRIES: Final = 100_000
"""Of the tree of a push."""
LANDED: Final = 50_000_000
"""Of a tree that was judged long ago, or that differs from such a one by no more than a push may change."""


class SnapshotSource:
    """A `SpecSource` over one commit's tree; what is too large to be a spec is not read.

    It keeps account of what it was asked, so that others can tell whether another tree would answer the same.
    """

    def __init__(self, snapshot: Snapshot, *, limit: int = MOST_ENTRIES) -> None:
        """Take a tree, and how many entries of it may be listed."""
        self.snapshot = snapshot
        self._limit = limit
        self.leans: dict[Lean, None] = {}

    def spec_files(self) -> SpecFiles:
        """Return every spec file of the tree."""
        self._lean(f"{FOLDER}/")
        entries = self.snapshot.entries(FOLDER)
        return SpecFiles([entry.path for entry in entries if is_spec_path(entry.path)], self._spec)

    def spec_file(self, path: str) -> SpecFile:
        """Name a spec file by its blob and commit."""
        entry = self.snapshot.entry(path)
        if entry is None:
            raise KeyError(path)
        return SpecFile(path=path, blob=entry.oid, commit=self.snapshot.commit)

    def other_files(self) -> Sequence[str]:
        """Return every file below `specs/` that is no spec file by its name."""
        entries = self.snapshot.entries(FOLDER)
        return [entry.path for entry in entries if not is_spec_path(entry.path)]

    @property
    def has_tree(self) -> bool:
        """A commit always has one."""
        return True

    def paths(self) -> Sequence[str]:
        """List every path of the tree."""
        self._lean(_ALL)
        return self._paths

    def cut(self, depth: int) -> Iterable[str]:
        """Return the paths of the tree, each folder at a depth once."""
        self._lean(f"{_ALL}{depth}")
        return tuple(_cut(self.snapshot, depth, self._limit))

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        return tuple(entry.path for entry in self.snapshot.entries(limit=self._limit))

    def size(self, path: str) -> int | None:
        """Return the size of a regular file of the tree."""
        self._lean(path)
        return self.snapshot.size(path)

    def read(self, path: str) -> bytes:
        """Read one file of the tree."""
        self._lean(path)
        return self.snapshot.read(path)

    def _lean(self, asked: str) -> None:
        self.leans[asked, _answer(self.snapshot, asked, self._limit)] = None

    def _spec(self, path: str) -> bytes | Unread:
        n_bytes = self.size(path)
        if n_bytes is None:
            return not_regular(path)
        return self.read(path) if n_bytes <= MAX_BYTES else too_large(n_bytes)


def leans_alike(snapshot: Snapshot, leans: Iterable[Lean]) -> bool:
    """Tell whether a tree answers all that was asked of another one in the same way."""
    return all(_answer(snapshot, asked) == answer for asked, answer in _outermost(leans))


def answers(snapshot: Snapshot, asked: Iterable[str]) -> tuple[Lean, ...]:
    """Ask a tree what another one was asked."""
    return tuple((name, _answer(snapshot, name)) for name in asked)


def objects_of(leans: Iterable[Lean]) -> tuple[tuple[str, Oid], ...]:
    """Return the objects that all was answered from, by path; none if one of them is missing, or is no object."""
    found = {asked.removesuffix("/"): answer.rpartition(" ")[2] for asked, answer in _outermost(leans)}
    if any(not oid or asked.startswith(_ALL) or "\n" in asked for asked, oid in found.items()):
        return ()
    return tuple((path, Oid(oid)) for path, oid in found.items())


def _outermost(leans: Iterable[Lean]) -> Iterator[Lean]:
    """Leave out what stands in a folder that was asked for as well: a folder is alike with all that is in it."""
    asked = tuple(leans)
    folders = tuple(name for name, answer in asked if name.endswith("/") and answer)
    yield from (lean for lean in asked if lean[0] in folders or not lean[0].startswith(folders))


def _cut(snapshot: Snapshot, depth: int, limit: int) -> Iterator[str]:
    for entry in snapshot.cut(depth, limit=limit):
        yield f"{entry.path}/-" if entry.mode == TREE else entry.path


def _answer(snapshot: Snapshot, asked: str, limit: int = MOST_ENTRIES) -> str:
    if asked.startswith(_ALL) and (depth := asked.removeprefix(_ALL)).isdecimal():
        said = "\0".join(_cut(snapshot, int(depth), limit))
        return digest_bytes(said.encode("utf-8", "surrogateescape"))
    if asked == _ALL:
        paths = "\0".join(entry.path for entry in snapshot.entries(limit=limit))
        return digest_bytes(paths.encode("utf-8", "surrogateescape"))
    if asked.endswith("/"):
        return snapshot.subtree(asked) or ""
    entry = snapshot.entry(asked)
    return f"{entry.mode:o} {entry.oid}" if entry else ""
