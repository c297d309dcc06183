"""What to write: curricula, units and tasks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from gitcorpus.model.place import Place

ANYBODY: Final = "anybody"
"""In the place of a role: every account that may push."""
OWNERS: Final = "owners"
"""In the place of a role: those who own the file that declares the unit, and so could list the task there."""


class Priority(StrEnum):
    """How urgent a unit is."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class Technique:
    """A named skill that tasks practise."""

    id: str
    title: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How many solutions a unit wants, in all, by language and by technique."""

    solutions: int | None = None
    per_language: Mapping[str, int] = field(default_factory=dict)
    per_technique: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptText:
    """A prompt that stands in the curriculum, with the file lines it came from.

    `lines[i]` is the 1-based line of the spec file in which line i of `text` stands; a folded or quoted
    scalar that mixes lines has its first line for all of them.
    """

    text: str
    lines: tuple[int, ...]
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One exercise. Without `prompt`, the files in the role `prompt` of a solution are the prompt."""

    id: str
    unit: str
    title: str
    prompt: PromptText | None
    languages: tuple[str, ...]
    techniques: tuple[str, ...]
    domain: str
    difficulty: int | None
    steps: tuple[str, ...]
    family: str = ""
    """What near-equal tasks are called together; empty for a task that is like no other."""
    place: Place

    @property
    def kin(self) -> str:
        """The family, or the task itself: what a split can keep together."""
        return self.family or self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class DifficultyLookup:
    """Read a discovered task's difficulty from a JSON file of the repository.

    `path` is a dotted path into the document whose brackets select a list element by a key:
    `exercises.practice[slug={task}].difficulty`.
    """

    source: str
    path: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """Tasks that a unit finds in the tree instead of listing them: one for each directory of `layout`."""

    layout: str
    languages: tuple[str, ...]
    techniques: tuple[str, ...]
    difficulty: int | DifficultyLookup | None
    by: tuple[str, ...] = (ANYBODY,)
    """Who may add such a task to a protected branch: roles and ids of people, `owners`, or `anybody`."""
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A stretch of the course with a window and a quota."""

    id: str
    title: str
    first_day: date | None
    last_day: date | None
    priority: Priority
    quota: Quota
    tasks: tuple[Task, ...]
    discover: Discovery | None
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Curriculum:
    """One `kind: Curriculum` document."""

    units: tuple[Unit, ...]
    techniques: tuple[Technique, ...]
    place: Place
