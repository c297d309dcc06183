"""What every commit changed, as `git log` tells it, path by path and small enough to be kept.

A change says how a path came to be what it is in a commit: from the first parent, from another one of a merge, from
several of them, or from nowhere. A path that a commit leaves alone, or whose mode alone it changes, has none.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from subprocess import Popen
from typing import Final, NamedTuple

from gitcorpus.git.borrowed import Borrower, Stores, borrowed
from gitcorpus.git.command import end_git

MODIFIED: Final = b"M"
"""The first parent has another blob at the path; after it comes the new one."""
ADDED: Final = b"A"
"""The first parent has nothing at the path, and the commit takes some file away; after it come mode and blob."""
NEW: Final = b"N"
"""No parent has anything that the file could come from; after it come mode and blob."""
TAKEN: Final = b"P"
"""Another parent has the same blob; after it comes its number, or nothing if it must be looked up."""
MERGED: Final = b"X"
"""No parent has the same blob; after it come mode and blob, then for each parent a letter and a blob."""
HAS, LACKS, OTHER = b"H", b"L", b"O"
"""Whether a parent has a file of the same kind, nothing, or something of another kind at the path."""

MODE: Final = 6
_LOG: Final = (
    "log",
    "-z",
    "--raw",
    "-r",
    "--root",
    "--no-abbrev",
    "--no-renames",
    "--no-color",
    "--no-show-signature",
)
_FORMAT: Final = ("--no-notes", "--format=%H %P", "--no-decorate", "--no-mailmap")
_GITLINK: Final = b"160000"
_NOTHING: Final = b"000000"
_AT_ONCE: Final = 1 << 20
_OCTOPUS: Final = 3


class Logged(NamedTuple):
    """One commit: its parents, and what it changed."""

    commit: bytes
    parents: tuple[bytes, ...]
    changes: list[tuple[bytes, bytes]]


class _Logging(NamedTuple):
    """A `git log` that runs, and where."""

    borrower: Borrower
    process: Popen[bytes]


_Raw = tuple[bytes, tuple[bytes, ...], list[tuple[bytes, bytes]]]
"""A commit, its parents, and raw entries with their paths."""


def read_log(stores: Stores, tips: list[bytes], without: list[bytes]) -> Iterator[Logged]:
    """Yield the commits behind `tips` that are not behind `without`, children before parents.

    Raises:
        UnjudgedError: git-missing or git-failed.
    """
    revisions = b"\n".join([*tips, *(b"^" + each for each in without)]) + b"\n"
    with ThreadPoolExecutor(1) as thread, _logging(stores, revisions) as (plain, combining):
        merges = thread.submit(lambda: {raw[0]: raw[2] for raw in _raw(combining)})
        everything = list(_raw(plain))
        combined = merges.result()
    for commit, parents, entries in everything:
        if len(parents) > 1:
            changes = _of_merge(entries, combined.get(commit, []), len(parents))
        else:
            changes = _of_commit(entries)
        yield Logged(commit, parents, changes)


def _of_commit(entries: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    takes_away = any(head.endswith(b"D") for head, _ in entries)
    found = []
    for head, path in entries:
        old_mode, mode, old, new, status = head[1:].split(b" ")
        if mode in (_GITLINK, _NOTHING):
            continue
        if status == b"M":
            if old != new:
                found.append((path, MODIFIED + _bytes(new)))
        else:
            kind = ADDED if takes_away and old_mode == _NOTHING else NEW
            found.append((path, kind + mode + _bytes(new)))
    return found


def _of_merge(
    entries: list[tuple[bytes, bytes]], combined: list[tuple[bytes, bytes]], n_parents: int
) -> list[tuple[bytes, bytes]]:
    differs = dict(zip((path for _, path in combined), (head for head, _ in combined), strict=True))
    found = []
    for head, path in entries:
        old_mode, mode, old, new, _ = head[1:].split(b" ")
        if mode in (_GITLINK, _NOTHING) or (old == new and old_mode[:3] == mode[:3]):
            continue
        said = differs.get(path)
        if said is None:
            found.append((path, TAKEN if n_parents >= _OCTOPUS else TAKEN + b"1"))
        else:
            found.append((path, _of_parents(said, n_parents, mode, new)))
    return found


def _of_parents(head: bytes, n_parents: int, mode: bytes, new: bytes) -> bytes:
    words = head.lstrip(b":").split(b" ")
    modes, oids = words[:n_parents], words[n_parents + 1 : 2 * n_parents + 1]
    sides = []
    for number, (each, oid) in enumerate(zip(modes, oids, strict=True)):
        same_kind = each[:3] == mode[:3]
        if same_kind and oid == new:
            return TAKEN + str(number).encode()
        sides.append((HAS if same_kind else LACKS if each == _NOTHING else OTHER) + _bytes(oid))
    return MERGED + mode + _bytes(new) + b"".join(sides)


def _bytes(digits: bytes) -> bytes:
    return bytes.fromhex(digits.decode())


@contextmanager
def _logging(stores: Stores, revisions: bytes) -> Iterator[list[_Logging]]:
    """Start `git log` twice: for what every commit changed, and for what merges have from no parent."""
    with borrowed(stores) as borrower, ExitStack() as stack:
        told = borrower.git_dir / "revisions"
        told.write_bytes(revisions)
        started = []
        for options in (("--diff-merges=first-parent",), ("--merges", "-c")):
            stdin = stack.enter_context(told.open("rb"))
            command = (*_LOG, *_FORMAT, *options, "--stdin")
            process = borrower.start(*command, stdin=stdin)
            stack.callback(end_git, process)
            started.append(_Logging(borrower, process))
        yield started


def _raw(logging: _Logging) -> Iterator[_Raw]:
    """Yield what `git log` says, commit by commit."""
    commit, head = b"", b""
    parents: tuple[bytes, ...] = ()
    entries: list[tuple[bytes, bytes]] = []
    for token in _tokens(logging):
        if head:
            entries.append((head, token))
            head = b""
        elif (bare := token.lstrip(b"\n")).startswith(b":"):
            head = bare
        elif bare:
            if commit:
                yield commit, parents, entries
            commit, *rest = bare.split()
            parents, entries = tuple(rest), []
    if commit:
        yield commit, parents, entries


def _tokens(logging: _Logging) -> Iterator[bytes]:
    process, tail = logging.process, b""
    while piece := process.stdout.read(_AT_ONCE) if process.stdout else b"":
        *tokens, tail = (tail + piece).split(b"\0")
        yield from tokens
    if tail:
        yield tail
    code = process.wait()
    if code:
        raise logging.borrower.failed("log", code, process.stderr.read() if process.stderr else b"")
