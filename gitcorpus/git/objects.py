"""The object store of one repository: what an oid names, byte for byte.

Objects are read through libgit2 by a repository without configuration, references, grafts and replacements,
so that only the objects themselves say what they are. One store belongs to one thread.

A few kilobytes that are sent can swell to gigabytes. So the size that stands in an object's header is looked at
before the object is unpacked, and one that is too large is not read at all.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha1
from itertools import islice
from typing import Final

import pygit2
from pygit2.enums import AttrCheck, ObjectType

from gitcorpus.errors import UnjudgedError
from gitcorpus.git.ancestors import ancestors, common_ancestor, follow
from gitcorpus.git.borrowed import Stores, object_missing
from gitcorpus.git.commits import TagObject, object_broken, parse_commit, parse_tag
from gitcorpus.git.trees import LARGE, Listed, list_large
from gitcorpus.model.place import Oid
from gitcorpus.model.tree import Commit

_ATTRIBUTES = AttrCheck.INDEX_ONLY | AttrCheck.NO_SYSTEM | AttrCheck.INCLUDE_COMMIT
"""Only what the commit's own `.gitattributes` say: there is no index and no system here."""

LARGEST: Final[Mapping[ObjectType, int]] = {
    ObjectType.COMMIT: 1 << 20,
    ObjectType.TAG: 1 << 20,
    ObjectType.TREE: 64 << 20,
    ObjectType.BLOB: 1 << 30,
}
"""Most bytes of an object that is read. Even a folder of 100000 names of the greatest length is smaller."""

MOST_TAGS: Final = 8
"""Annotated tags that are followed from one to the next. A tag of a signed tag is seen, more hardly ever."""


_LAST: Final = 1
"""The least priority of a store."""
_STAND_IN: Final = b"tree %b\nauthor x <x> 0 +0000\ncommitter x <x> 0 +0000\n\n"


class Objects:
    """Reads the objects of one store, and of a quarantine beside it."""

    def __init__(self, stores: Stores) -> None:
        self._odb = odb = stores.open()
        self._graph = pygit2.Repository()
        self._graph.set_odb(odb)
        self._stores = stores
        self._attributes: _Attributes | None = None
        self._large: dict[Oid, Listed | None] = {}

    def kind(self, oid: Oid) -> ObjectType | None:
        """Return what an object is, or none if it is not there."""
        try:
            return ObjectType(self._odb.read_header(oid)[0])
        except (KeyError, ValueError):
            return None
        except pygit2.GitError as error:
            raise object_broken(oid, str(error)) from error

    def size(self, oid: Oid) -> int:
        """Return an object's size without inflating it."""
        try:
            return self._odb.read_header(oid)[1]
        except KeyError as error:
            raise object_missing(oid) from error
        except pygit2.GitError as error:
            raise object_broken(oid, str(error)) from error

    def read_blob(self, oid: Oid) -> bytes:
        """Return a blob's bytes."""
        return self._read(oid, ObjectType.BLOB)

    def read_small(self, oid: Oid, most: int) -> bytes | int:
        """Return a blob's bytes, or only its size where that is more than `most`."""
        size = self.size(oid)
        return size if size > most else self._unpack(oid, ObjectType.BLOB, size)

    def read_tree(self, oid: Oid) -> bytes:
        """Return a tree's bytes."""
        return self._read(oid, ObjectType.TREE)

    def list_large(self, oid: Oid) -> Listed | None:
        """Return what stands in a large folder; none for one that is small or broken, which is read as it is."""
        if oid not in self._large:
            is_large = self.size(oid) in LARGE
            self._large[oid] = list_large(self.read_tree(oid), oid) if is_large else None
        return self._large[oid]

    def read_commit(self, oid: Oid) -> Commit:
        """Return a commit."""
        return parse_commit(oid, self._read(oid, ObjectType.COMMIT))

    def read_tag(self, oid: Oid) -> TagObject:
        """Return an annotated tag."""
        return parse_tag(oid, self._read(oid, ObjectType.TAG))

    def read_text(self, oid: Oid) -> bytes:
        """Return the bytes of a commit or an annotated tag, headers included."""
        return self._read(oid, ObjectType.TAG if self.kind(oid) == ObjectType.TAG else ObjectType.COMMIT)

    def read_any(self, oid: Oid) -> bytes:
        """Return the bytes of a blob, a commit or an annotated tag."""
        return self.read_blob(oid) if self.kind(oid) == ObjectType.BLOB else self.read_text(oid)

    def is_tree(self, oid: Oid) -> bool:
        """Tell whether an object is a tree."""
        return self.kind(oid) == ObjectType.TREE

    def peel(self, oid: Oid) -> Oid | None:
        """Follow tags to a commit; none if they end in something else or in nothing, or are too many."""
        for _, tag in self.tags(oid):
            oid = tag.target
        return oid if self.kind(oid) == ObjectType.COMMIT else None

    def tags(self, oid: Oid) -> Iterator[tuple[Oid, TagObject]]:
        """Yield the annotated tags that lead on from an oid, `MOST_TAGS` at most; none if it is no tag."""
        for _ in range(MOST_TAGS):
            if self.kind(oid) != ObjectType.TAG:
                return
            tag = self.read_tag(oid)
            yield oid, tag
            oid = tag.target

    def is_nested(self, oid: Oid) -> bool:
        """Tell whether more than `MOST_TAGS` annotated tags stand one behind another."""
        tags = list(self.tags(oid))
        return len(tags) == MOST_TAGS and self.kind(tags[-1][1].target) == ObjectType.TAG

    def follow(self, oid: Oid, steps: str) -> Oid | None:
        """Return the commit at the end of some steps from an object, such as `~2`: by the commits' own parents."""
        return follow(self.read_commit, self.peel, oid, steps)

    def merge_base(self, one: Oid, other: Oid) -> Oid | None:
        """Return a best common ancestor of two commits, or none if they share no history."""
        with _whole_history(one, other):
            try:
                found = self._graph.merge_base(one, other)
            except pygit2.GitError as error:
                _refuse_missing(error)
                return common_ancestor(self.read_commit, one, other)
        return Oid(str(found)) if found else None

    def is_ancestor(self, old: Oid, new: Oid) -> bool:
        """Tell whether `old` is `new` or an ancestor of it."""
        with _whole_history(old, new):
            try:
                return old == new or self._graph.descendant_of(new, old)
            except pygit2.GitError as error:
                _refuse_missing(error)
                return old in ancestors(self.read_commit, [new])

    def walk(self, tip: Oid, hidden: Iterable[Oid], most: int) -> list[Oid]:
        """Return commits that the tip reaches and none of the hidden does: `most` at most, unordered."""
        without = list(hidden)
        with _whole_history(tip):
            try:
                walker = self._graph.walk(tip)
                for oid in without:
                    walker.hide(oid)
                return [Oid(str(commit.id)) for commit in islice(walker, most)]
            except pygit2.GitError as error:
                _refuse_missing(error)
                beyond = frozenset(ancestors(self.read_commit, without))
                return list(islice(ancestors(self.read_commit, [tip], beyond), most))

    def attribute(self, commit: Oid, path: str, name: str) -> str | bool | None:
        """Return what the `.gitattributes` of a commit say: a value, set or unset, or nothing."""
        if self._attributes is None:
            self._attributes = _Attributes(self._stores)
        return self._attributes.read(self.read_commit(commit).tree, path, name)

    def _read(self, oid: Oid, kind: ObjectType) -> bytes:
        return self._unpack(oid, kind, self.size(oid))

    def _unpack(self, oid: Oid, kind: ObjectType, size: int) -> bytes:
        if size > LARGEST[kind]:
            raise _too_large(oid, kind, size)
        try:
            found, data = self._odb.read(oid)
        except KeyError as error:
            raise object_missing(oid) from error
        except pygit2.GitError as error:
            raise object_broken(oid, str(error)) from error
        if found != kind:
            raise object_broken(
                oid, f"a {ObjectType(found).name.lower()} stands where a {kind.name.lower()} must"
            )
        return data


class _Attributes:
    """Reads attributes of a tree: through a commit of it whose author libgit2 can read, since it asks for a commit."""

    def __init__(self, stores: Stores) -> None:
        self._stand_ins = _StandIns()
        odb = stores.open()
        odb.add_backend(self._stand_ins, _LAST)
        self._repository = pygit2.Repository()
        self._repository.set_odb(odb)

    def read(self, tree: Oid, path: str, name: str) -> str | bool | None:
        commit = self._stand_ins.add(_STAND_IN % tree.encode())
        return self._repository.get_attr(path.encode("utf-8", "surrogateescape"), name, _ATTRIBUTES, commit)


class _StandIns(pygit2.OdbBackend):
    """Commits that are made here and are in no store."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, bytes] = {}

    def add(self, data: bytes) -> Oid:
        oid = sha1(b"commit %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
        self._known[oid] = data
        return Oid(oid)

    def read_cb(self, oid: object) -> tuple[ObjectType, bytes]:
        return ObjectType.COMMIT, self._known[str(oid)]

    def read_header_cb(self, oid: object) -> tuple[ObjectType, int]:
        return ObjectType.COMMIT, len(self._known[str(oid)])

    def exists_cb(self, oid: object) -> bool:
        return str(oid) in self._known

    def read_prefix_cb(self, oid: object) -> tuple[ObjectType, bytes, object]:
        raise KeyError(oid)

    def exists_prefix_cb(self, oid: object) -> object:
        raise KeyError(oid)

    def refresh_cb(self) -> None:
        """There is nothing to look for."""


def refuse_swollen(odb: pygit2.Odb) -> None:
    """Look at the size of every commit, tag and tree of a store, before a walk unpacks them one after another.

    Raises:
        UnjudgedError: commit-too-large, object-too-large or object-broken.
    """
    for oid in odb:
        try:
            found, size = odb.read_header(oid)
        except pygit2.GitError as error:
            raise object_broken(Oid(str(oid)), str(error)) from error
        kind = ObjectType(found)
        if kind != ObjectType.BLOB and size > LARGEST[kind]:
            raise _too_large(Oid(str(oid)), kind, size)


def _refuse_missing(error: pygit2.GitError) -> None:
    """Raise what stopped libgit2 if an object is missing; otherwise it is a commit that it cannot read."""
    if isinstance(error, KeyError):
        raise error


@contextmanager
def _whole_history(*tips: Oid) -> Iterator[None]:
    try:
        yield
    except (KeyError, ValueError, pygit2.GitError, UnjudgedError) as error:
        between = " and ".join(tips)
        raise UnjudgedError(
            "history-broken",
            f"the history of {between} cannot be walked: {error}",
            hint="run `git fsck` in the repository; a shallow clone does not do, clone it whole",
        ) from error


def _too_large(oid: Oid, kind: ObjectType, size: int) -> UnjudgedError:
    text = kind in (ObjectType.COMMIT, ObjectType.TAG)
    return UnjudgedError(
        "commit-too-large" if text else "object-too-large",
        f"the {kind.name.lower()} {oid} has {size} bytes when it is unpacked; more than {LARGEST[kind]} are not read",
        hint="write a shorter message and keep the rest in a file"
        if text
        else "make the commit anew without it",
    )
