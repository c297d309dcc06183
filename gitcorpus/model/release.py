"""What a caller asks of the compiler."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

from gitcorpus.model.place import Digest, Oid
from gitcorpus.model.record import Omission


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRequest:
    """Compile one tag of a repository.

    `target` is the folder to make; none takes `NAME-VERSION` in `folder`. `specs` is a folder with specs from
    outside the repository. `unverified` lets a commit through that has no accepted verdict. `jobs` is how many
    processes render records; the release is the same with any number. `today` is written beside what is kept for the
    next release; none neither keeps nor takes anything, so that everything is made anew. `marks` are the tags that
    label steps and name accepted commits, with their commits; none takes those that the repository has now.
    """

    repository: Path
    tag: str
    folder: Path
    target: Path | None = None
    specs: Path | None = None
    unverified: bool = False
    jobs: int = 1
    today: date | None = None
    marks: tuple[tuple[str, Oid], ...] | None = None


class Planned(NamedTuple):
    """What a tag would compile to."""

    name: str
    rows: tuple[tuple[str, int], ...]
    """How many records each view has."""
    omissions: tuple[Omission, ...]
    """What would be left out, and why."""
    unverified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A release as it stands on the disk."""

    path: Path
    name: str
    rows: tuple[tuple[str, int], ...]
    """Rows by view."""
    n_lines: int
    n_runs: int
    n_commits: int
    omissions: tuple[tuple[str, int], ...]
    unverified: bool
    commit: Oid
    specs_digest: Digest
    manifest_digest: Digest
    notes: tuple[str, ...] = ()
    """Commits whose author or committer lines are odd, and how they are read."""
    refused: tuple[str, ...] = ()
    """Ledger entries of the refused pushes that records are made of."""
