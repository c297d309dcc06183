"""What the compiler makes of a snapshot: content, records and what was left out."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from gitcorpus.model.corpus import Role
from gitcorpus.model.entry import Json
from gitcorpus.model.place import Oid
from gitcorpus.model.traced import TracedText


class Reason(StrEnum):
    """Why something is not in a view."""

    BINARY = "binary"
    BROKEN = "broken"
    EMPTY = "empty"
    NOT_SELECTED = "not-selected"
    NOT_TAGGED = "not-tagged"
    NOT_TEXT = "not-text"
    NOT_UTF8 = "not-utf8"
    OUTSIDE = "outside"
    OUTSIDE_LAYOUT = "outside-layout"
    SUBMODULE = "submodule"
    SYMLINK = "symlink"
    TOO_LARGE = "too-large"
    UNPARSED = "unparsed"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Omission:
    """Something left out: of one view, or of the whole release where `view` is empty."""

    view: str
    key: str
    reason: Reason
    detail: str = ""


class ContentFile(NamedTuple):
    """One text file of a solution, as the catalog lists it."""

    path: str
    unit: str
    task: str
    solution: str
    root: str
    role: Role
    language: str | None
    blob: Oid
    mode: int
    n_bytes: int
    n_lines: int
    pattern: int
    """Which of its role's patterns matched: files of one role are joined in this order, then by path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """One solution with its files, in the order in which they are joined."""

    unit: str
    task: str
    solution: str
    root: str
    files: tuple[ContentFile, ...]

    def of_role(self, role: Role) -> tuple[ContentFile, ...]:
        """Return the files in one role."""
        return tuple(file for file in self.files if file.role is role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Everything in a snapshot that can become records, and what cannot."""

    solutions: tuple[Solution, ...]
    omissions: tuple[Omission, ...]

    @property
    def files(self) -> tuple[ContentFile, ...]:
        """All files of all solutions by path."""
        return tuple(sorted((f for s in self.solutions for f in s.files), key=lambda file: file.path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One row of a dataset: its values, and the traced texts by JSON pointer."""

    record_id: str
    view: str
    key: str
    unit: str
    task: str
    solution: str | None
    split: str
    values: Mapping[str, Json]
    texts: Mapping[str, TracedText]
