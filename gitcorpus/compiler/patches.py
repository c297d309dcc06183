"""Patches as traced text: each line of a file keeps where it came from, before or after; the rest is git's own."""

from collections.abc import Iterable, Iterator
from re import compile as compiled
from typing import Final

from gitcorpus.git.patch import unified
from gitcorpus.git.repo import Repo
from gitcorpus.model.place import Oid
from gitcorpus.model.traced import PATCH, Piece, Source, TracedText
from gitcorpus.model.tree import Change

_HUNK: Final = compiled(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_NOBODY: Final = Oid("e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")
"""The oid that git gives to no bytes at all."""
_TOOL: Final = Source(PATCH, _NOBODY, in_tree=False, template=True)


def traced_patch(repo: Repo, changes: Iterable[Change], before: Oid | None, after: Oid) -> TracedText:
    """Return the patch that makes the files of one commit those of another; without `before`, of nothing."""
    return TracedText(piece for change in changes for piece in _pieces(repo, change, before, after))


def _pieces(repo: Repo, change: Change, before: Oid | None, after: Oid) -> Iterator[Piece]:
    sides = {
        "-": Source(change.path, change.old.oid, in_tree=True, revision=before) if change.old else _TOOL,
        "+": Source(change.path, change.new.oid, in_tree=True, revision=after) if change.new else _TOOL,
    }
    numbers = {"-": 0, "+": 0}
    inside = False
    for line in _lines(unified(repo, change)):
        found = _HUNK.match(line)
        mark = line[:1]
        if found is not None:
            numbers, inside = {"-": int(found[1]), "+": int(found[2])}, True
        if found is not None or not inside or mark not in ("+", "-", " "):
            yield Piece(line, _TOOL, 1)
            continue
        side = "-" if mark == "-" else "+"
        yield Piece(mark, _TOOL, 1)
        yield Piece(line[1:], sides[side], numbers[side])
        for each in ("-", "+") if mark == " " else (mark,):
            numbers[each] += 1


def _lines(text: str) -> Iterator[str]:
    """Yield the lines of a text with their LF; nothing else ends a line."""
    at = 0
    while at < len(text):
        end = text.find("\n", at) + 1 or len(text)
        yield text[at:end]
        at = end
