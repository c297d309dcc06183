"""The tree at one commit, read-only."""

from collections.abc import Iterator

from gitcorpus.errors import GitcorpusError
from gitcorpus.git.objects import Objects
from gitcorpus.git.trees import (
    Budget,
    Folders,
    RawEntry,
    decode_path,
    encode_path,
    listed_entry,
    parse_tree,
    walk_tree,
)
from gitcorpus.model.place import Oid
from gitcorpus.model.tree import GITLINK, TREE, TreeEntry


class Snapshot:
    """Looks paths up in one commit's tree. A path is written with `/`, without a leading or final one."""

    def __init__(self, objects: Objects, commit: Oid, tree: Oid) -> None:
        self.commit = commit
        self._objects = objects
        self._tree = tree
        self._folders: dict[Oid, dict[bytes, RawEntry]] = {}
        self._names: dict[Oid, tuple[str, ...]] = {}
        self._all: tuple[TreeEntry, ...] | None = None

    def entries(self, under: str = "", *, limit: int = 100_000) -> tuple[TreeEntry, ...]:
        """Return the file-like entries of a folder and all below it, in the order of their paths' bytes.

        A folder that does not exist has none.

        Raises:
            UnjudgedError: tree-too-large, if there are more than `limit` entries, folders included.
        """
        if not under and self._all is not None and len(self._all) <= limit:
            return self._all
        tree = self.subtree(under)
        if tree is None:
            return ()
        prefix = encode_path(under.rstrip("/")) + b"/" if under.rstrip("/") else b""
        found = tuple(walk_tree(self._objects.read_tree, tree, prefix, Budget(limit)))
        if not under:
            self._all = found
        return found

    def cut(self, depth: int, *, limit: int = 100_000) -> Iterator[TreeEntry]:
        """Yield what stands in the first folders: files above a depth, and the folders at it, with the mode of a tree.

        Raises:
            UnjudgedError: tree-too-large, if more than `limit` entries have to be looked at.
        """
        folders = Folders(self._objects.read_tree, Budget(limit))
        waiting: list[tuple[bytes, Oid]] = [(b"", self._tree)]
        while waiting:
            prefix, tree = waiting.pop()
            for entry in folders.entries(tree, prefix):
                if entry.is_tree and prefix.count(b"/") + 1 < depth:
                    waiting.append((prefix + entry.name + b"/", entry.oid))
                else:
                    yield entry.at(prefix)

    def entry(self, path: str) -> TreeEntry | None:
        """Return the file, symlink or submodule at a path, or none."""
        found = self._find(path)
        if found is None or found.is_tree:
            return None
        return TreeEntry(path, found.mode, found.oid)

    def names(self, folder: str = "") -> tuple[str, ...]:
        """Return what stands directly in a folder, files and folders alike; one that does not exist has none."""
        tree = self.subtree(folder)
        if tree is None:
            return ()
        if tree not in self._names:
            listed = self._objects.list_large(tree)
            self._names[tree] = tuple(map(decode_path, self._folder(tree) if listed is None else listed))
        return self._names[tree]

    def subtree(self, path: str) -> Oid | None:
        """Return the tree of a folder, or none; an empty path is the top folder."""
        found = self._find(path.rstrip("/"))
        return found.oid if found is not None and found.is_tree else None

    def read(self, path: str) -> bytes:
        """Return the bytes of a file, or the target of a symlink.

        Raises:
            GitcorpusError: no-such-path, if there is no file at that path.
        """
        entry = self.entry(path)
        if entry is None or entry.mode == GITLINK:
            raise no_such_path(path, self.commit)
        return self._objects.read_blob(entry.oid)

    def size(self, path: str) -> int | None:
        """Return the size of a regular file in bytes, without inflating it; none for anything else."""
        entry = self.entry(path)
        return self._objects.size(entry.oid) if entry is not None and entry.is_regular else None

    def _find(self, path: str) -> RawEntry | None:
        found: RawEntry | None = RawEntry(b"", TREE, self._tree)
        for step in encode_path(path).split(b"/") if path else ():
            if found is None or not found.is_tree:
                return None
            listed = self._objects.list_large(found.oid) if found.oid not in self._folders else None
            found = self._folder(found.oid).get(step) if listed is None else listed_entry(listed, step)
        return found

    def _folder(self, tree: Oid) -> dict[bytes, RawEntry]:
        if tree not in self._folders:
            entries = parse_tree(self._objects.read_tree(tree), tree)
            self._folders[tree] = {entry.name: entry for entry in entries}
        return self._folders[tree]


def no_such_path(path: str, commit: Oid) -> GitcorpusError:
    """Say that a commit has no file at a path."""
    return GitcorpusError(
        "no-such-path",
        f"there is no file at this path in commit {commit[:12]}",
        place=path,
        hint=f"git ls-tree -r --name-only {commit[:12]}",
    )
