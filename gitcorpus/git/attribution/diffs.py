"""Which lines two blobs share, as git's own diff says; and which of a parent's files a new file was."""

from array import array
from collections.abc import Sequence
from secrets import token_hex
from typing import Final, NamedTuple

from gitcorpus.git.attribution.servants import Leaf, Servant, servant_of
from gitcorpus.git.borrowed import Stores

PAIRS: Final = 400
"""Pairs of blobs in one batch."""
_DIFF: Final = (
    "-r",
    "-p",
    "-U0",
    "--no-renames",
    "--no-textconv",
    "--no-ext-diff",
    "--indent-heuristic",
    "--diff-algorithm=myers",
    "--no-color",
    "--full-index",
    "--src-prefix=a/",
    "--dst-prefix=b/",
)
_AS_TEXT: Final = (*_DIFF, "--text")
_DELETED: Final = ("-r", "--raw", "-z", "--no-abbrev", "--no-renames", "--no-commit-id", "--diff-filter=D")
_RENAMED: Final = ("-r", "-M", "-l0", "--raw", "-z", "--no-abbrev", "--diff-filter=R")
_APART: Final = b"gitcorpus.%b/" % token_hex(8).encode()
_QUESTIONS: Final = 400
"""Lines that a pipe holds."""
_FILE: Final = b"100644"
_NAME: Final = 8
"""Digits of a name in a tree that is made up."""


class Pair(NamedTuple):
    """Two blobs; an old one with no bytes is none, so that all lines are new."""

    old: bytes
    new: bytes


class Hunks(NamedTuple):
    """What differs: four numbers a hunk, see `Hunk`, as 32-bit integers of this machine."""

    numbers: bytes
    is_binary: bool
    """Whether one of the two looks binary to git."""


def diff_pairs(stores: Stores, pairs: Sequence[Pair]) -> list[Hunks]:
    """Return what differs between the blobs of each pair: old start, old lines, new start, new lines, from 0.

    Source: `git blame` compares with no context lines, by Myers' algorithm with the indent heuristic.

    Raises:
        UnjudgedError: git-missing or git-failed.
    """
    found, binary = _compare(stores, pairs, _DIFF)
    if binary:
        again, _ = _compare(stores, [pairs[number] for number in binary], _AS_TEXT)
        for number, hunks in zip(binary, again, strict=True):
            found[number] = hunks._replace(is_binary=True)
    return found


def _compare(
    stores: Stores, pairs: Sequence[Pair], command: tuple[str, ...]
) -> tuple[list[Hunks], list[int]]:
    servant = servant_of(stores)
    old, new = (servant.make_tree(_flat(pairs, side)) for side in (0, 1))
    said = servant.ask(command, [old, b" ", new, b"\n"])
    numbers: list[array[int]] = [array("i") for _ in pairs]
    binary = []
    for part in said.split(b"\ndiff --git a/")[1:]:
        number = int(part[:_NAME], 16)
        hunks = part.split(b"\n@@ -")
        for hunk in hunks[1:]:
            numbers[number].extend(_numbers(hunk[: hunk.index(b" @@")]))
        if len(hunks) == 1 and b"\nBinary files " in part:
            binary.append(number)
    return [Hunks(each.tobytes(), False) for each in numbers], binary


def _flat(pairs: Sequence[Pair], side: int) -> bytes:
    return b"".join(
        b"%b %0*x\0%b" % (_FILE, _NAME, number, pair[side]) for number, pair in enumerate(pairs) if pair[side]
    )


def _numbers(header: bytes) -> tuple[int, int, int, int]:
    """Read `12,3 +14`; a side without lines names the line before it."""
    old, new = header.split(b" +")
    old_start, _, old_lines = old.partition(b",")
    new_start, _, new_lines = new.partition(b",")
    n_old, n_new = int(old_lines or 1), int(new_lines or 1)
    return int(old_start) - (n_old > 0), n_old, int(new_start) - (n_new > 0), n_new


class Question(NamedTuple):
    """A file that a commit has and one of its parents does not have at that path."""

    commit: bytes
    parent: bytes
    path: bytes
    mode: bytes
    oid: bytes


class Source(NamedTuple):
    """What a file was called in the parent, and which blob it was."""

    path: bytes
    oid: bytes


def find_renames(stores: Stores, questions: Sequence[Question]) -> list[Source | None]:
    """Return, for each file, which of the parent's files that the commit does not have it was.

    Source: `git blame` asks git's rename detection for one file at a time, with all deleted files as candidates.

    Raises:
        UnjudgedError: git-missing or git-failed.
    """
    deleted: dict[tuple[bytes, bytes], Deleted] = {}
    asked: dict[bytes, None] = {}
    answers: list[Source | bytes | None] = []
    for each in questions:
        key = each.commit, each.parent
        if key not in deleted:
            deleted[key] = Deleted(_deleted(stores, *key))
        answer = _source(stores, each, deleted[key])
        if isinstance(answer, bytes):
            asked[answer] = None
        answers.append(answer)
    told = _renamed(stores, list(asked))
    return [told.get(each) if isinstance(each, bytes) else each for each in answers]


class Deleted:
    """The files of a parent that a commit does not have."""

    def __init__(self, leaves: Sequence[Leaf]) -> None:
        self._regular = [leaf for leaf in leaves if _is_regular(leaf.mode)]
        self._by_blob: dict[tuple[bytes, bytes], list[Leaf]] = {}
        for leaf in leaves:
            self._by_blob.setdefault((leaf.mode[:3], leaf.oid), []).append(leaf)
        self._trees: dict[tuple[bytes, bytes] | None, bytes] = {}

    def identical(self, mode: bytes, oid: bytes) -> Sequence[Leaf]:
        """Return the files of a kind with a blob."""
        return self._by_blob.get((mode[:3], oid), ())

    def tree(self, servant: Servant, mode: bytes, oid: bytes) -> bytes:
        """Return a tree of the files that a file may have been, those with the same blob before all others."""
        key = (mode[:3], oid) if (mode[:3], oid) in self._by_blob else None
        if key is None and not (self._regular and _is_regular(mode)):
            return b""
        if key not in self._trees:
            self._trees[key] = servant.tree(self._regular if key is None else self._by_blob[key])
        return self._trees[key]


def _deleted(stores: Stores, commit: bytes, parent: bytes) -> list[Leaf]:
    said = servant_of(stores).ask(_DELETED, [commit, b" ", parent, b"\n"]).split(b"\0")
    found = []
    for head, path in zip(said[:-1:2], said[1::2], strict=False):
        mode, _, oid, *_ = head.lstrip(b":").split(b" ")
        found.append(Leaf(path, mode, bytes.fromhex(oid.decode())))
    return found


def _source(stores: Stores, asked: Question, deleted: Deleted) -> Source | bytes | None:
    """Return what a file was, or the two trees to ask git about where there is something to choose from.

    Of the file only its last name counts for git; its folder is one that no other file is in.
    """
    identical = deleted.identical(asked.mode, asked.oid)
    if len(identical) == 1:
        return Source(identical[0].path, identical[0].oid)
    servant = servant_of(stores)
    old = deleted.tree(servant, asked.mode, asked.oid)
    if not old:
        return None
    name = asked.path.rpartition(b"/")[2]
    return b"%b %b" % (old, servant.tree([Leaf(_APART + name, asked.mode, asked.oid)]))


def _renamed(stores: Stores, asked: Sequence[bytes]) -> dict[bytes, Source]:
    """Return what git finds renamed between pairs of trees."""
    found: dict[bytes, Source] = {}
    for start in range(0, len(asked), _QUESTIONS):
        lines = (line + b"\n" for line in asked[start : start + _QUESTIONS])
        said = servant_of(stores).ask(_RENAMED, lines).split(b"\0")
        for head, path in zip(said[:-2:3], said[1:-1:3], strict=True):
            trees, _, raw = head.rpartition(b"\n:")
            found[trees.rpartition(b"\n")[2]] = Source(path, bytes.fromhex(raw.split(b" ")[2].decode()))
    return found


def _is_regular(mode: bytes) -> bool:
    return mode[:3] == b"100"
