"""Which lines of a file are new, between two commits."""

import pygit2
from pygit2.enums import DiffOption

from gitcorpus.git.repo import Repo
from gitcorpus.model.place import Oid
from gitcorpus.model.tree import TreeEntry


def added_lines(repo: Repo, base: Oid | None, entry: TreeEntry) -> frozenset[int]:
    """Return the numbers, from 1, of the lines that a file has and the file at its path in `base` does not have.

    Without a base, or without a file there, these are all of its lines. Source: libgit2's diff, as `git diff -U0`.
    """
    before = repo.snapshot(base).entry(entry.path) if base is not None else None
    if before is not None and before.oid == entry.oid:
        return frozenset()
    old = repo.read_blob(before.oid) if before is not None and before.is_regular else b""
    patch = pygit2.Patch.create_from(
        old, repo.read_blob(entry.oid), flag=DiffOption.FORCE_TEXT, context_lines=0
    )
    return frozenset(line.new_lineno for hunk in patch.hunks for line in hunk.lines if line.origin == "+")
