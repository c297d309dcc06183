"""Tree objects read from their own bytes, and the most of them that anybody walks.

A tree of twelve objects can name a million million files. So every walk spends from a `Budget`: one for each
entry, and it says so when it is spent.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Final, NamedTuple

from gitcorpus.errors import UnjudgedError
from gitcorpus.git.commits import object_broken
from gitcorpus.model.place import Oid
from gitcorpus.model.tree import TREE, TreeEntry

DEEPEST = 2048
"""Folders within folders; git itself stops there."""

TreeReader = Callable[[Oid], bytes]
"""Returns a tree object's bytes."""


class RawEntry(NamedTuple):
    """One entry of one tree, its name in git's own bytes."""

    name: bytes
    mode: int
    oid: Oid

    @property
    def is_tree(self) -> bool:
        """Tell a folder from what stands in one."""
        return self.mode & 0o170000 == TREE

    def at(self, prefix: bytes) -> TreeEntry:
        """Return the entry with its whole path."""
        return TreeEntry(decode_path(prefix + self.name), self.mode, self.oid)


class Budget:
    """How many entries one walk may still meet."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._left = limit

    def spend(self, prefix: bytes, count: int = 1) -> None:
        """Count entries below `prefix`.

        Raises:
            UnjudgedError: tree-too-large, if too many were met or the folders go too deep.
        """
        self._left -= count
        if self._left < 0:
            raise _too_large(f"more than {self._limit} entries")
        if prefix.count(b"/") > DEEPEST:
            raise _too_large(f"folders more than {DEEPEST} deep")


def parse_tree(data: bytes, oid: Oid) -> Iterator[RawEntry]:
    """Yield the entries of a tree object.

    Raises:
        UnjudgedError: object-broken, for bytes that are no tree, or a name that no folder can hold.
    """
    entry = _entry(len(oid) // 2)
    at = 0
    names = set()
    while at < len(data):
        found = entry.match(data, at)
        if found is None:
            raise object_broken(
                oid, "the tree cannot be read, or holds a name that is empty or holds a slash"
            )
        mode, name, raw = found.groups()
        if name in names:
            raise object_broken(oid, "the tree holds one name twice")
        names.add(name)
        at = found.end()
        yield RawEntry(name, int(mode, 8), Oid(raw.hex()))


Listed = Mapping[bytes, tuple[bytes, bytes]]
"""The names of a large folder, each with the bytes of its mode and its oid."""

LARGE: Final = range(16 << 10, 4 << 20)
"""Bytes of a folder of which a push needs a few names: they are told apart before they are read."""


def list_large(data: bytes, oid: Oid) -> Listed | None:
    """Return what stands in a folder, quickly; none for bytes that `parse_tree` refuses."""
    width = len(oid) // 2
    if not _entries(width).fullmatch(data):
        return None
    found = _entry(width).findall(data)
    listed = {name: (mode, raw) for mode, name, raw in found}
    return listed if len(listed) == len(found) else None


def listed_entry(listed: Listed, name: bytes) -> RawEntry | None:
    """Return one entry of a large folder, or none."""
    found = listed.get(name)
    return RawEntry(name, int(found[0], 8), Oid(found[1].hex())) if found is not None else None


@cache
def _entries(width: int) -> re.Pattern[bytes]:
    """Match a whole folder, and never twice at one place: whoever made it may have wanted it to take long."""
    return re.compile(rb"(?:[0-7]{1,7} [^\0/]++\0.{%d})*+" % width, re.DOTALL)


@cache
def _entry(width: int) -> re.Pattern[bytes]:
    return re.compile(rb"([0-7]{1,7}) ([^\0/]+)\0(.{%d})" % width, re.DOTALL)


class Folders:
    """The folders of one walk: a tree that stands in many places is read once, and counted in each of them."""

    def __init__(self, read_tree: TreeReader, budget: Budget) -> None:
        self._read_tree = read_tree
        self._budget = budget
        self._found: dict[Oid, tuple[RawEntry, ...]] = {}

    def entries(self, tree: Oid, prefix: bytes) -> tuple[RawEntry, ...]:
        """Return what stands in a tree.

        Raises:
            UnjudgedError: tree-too-large, if the budget is spent; object-broken or object-missing.
        """
        if tree in self._found:
            self._budget.spend(prefix, len(self._found[tree]))
            return self._found[tree]
        found = []
        for entry in parse_tree(self._read_tree(tree), tree):
            self._budget.spend(prefix)
            found.append(entry)
        self._found[tree] = tuple(sorted(found, key=_sort_key))
        return self._found[tree]


def walk_tree(read_tree: TreeReader, tree: Oid, prefix: bytes, budget: Budget) -> Iterator[TreeEntry]:
    """Yield every file-like entry below a tree, in the order of their paths' bytes."""
    folders = Folders(read_tree, budget)
    waiting: list[tuple[bytes, RawEntry]] = [(prefix, RawEntry(b"", TREE, tree))]
    while waiting:
        above, entry = waiting.pop()
        if not entry.is_tree:
            yield entry.at(above)
            continue
        inside = above + entry.name + b"/" if entry.name else above
        waiting.extend((inside, inner) for inner in reversed(folders.entries(entry.oid, inside)))


def decode_path(path: bytes) -> str:
    """Return a path as text; bytes that are not UTF-8 stand as lone surrogates."""
    return path.decode("utf-8", "surrogateescape")


def encode_path(path: str) -> bytes:
    """Return git's own bytes of a path."""
    return path.encode("utf-8", "surrogateescape")


def _sort_key(entry: RawEntry) -> bytes:
    return entry.name + b"/" if entry.is_tree else entry.name


def _too_large(what: str) -> UnjudgedError:
    return UnjudgedError(
        "tree-too-large",
        f"the tree holds {what}",
        hint="push fewer files at once, or let the administrator raise `limits.files` in gitcorpus/server.yaml",
    )
