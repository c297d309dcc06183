"""Which commit, path and line every line of a file came from, as runs."""

from typing import NamedTuple

from gitcorpus.model.place import Oid
from gitcorpus.model.tree import Commit


class BlameRun(NamedTuple):
    """`n_lines` lines from line `line` of the file, which stood at `source_line` of `source_path` in `commit`.

    Lines are 1-based. A line is what git counts as one: text up to and with LF, or the rest of the file.
    """

    line: int
    n_lines: int
    commit: Oid
    source_path: str
    source_line: int


Attribution = tuple[BlameRun, ...]
"""Runs in the order of the file that cover each of its lines exactly once."""


class Blamed(NamedTuple):
    """A file of a commit, its bytes, and where its lines came from."""

    path: str
    data: bytes
    runs: Attribution


class Origin(NamedTuple):
    """A commit that lines are from."""

    commit: Commit
    is_boundary: bool
    """Whether history ends there: it has no parents, or they were left behind."""
