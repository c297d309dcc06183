"""What is good enough: gates as specs declare them, and waivers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from gitcorpus.model.entry import Json
from gitcorpus.model.finding import Severity
from gitcorpus.model.place import Digest, Place


class Stage(StrEnum):
    """When a gate judges: every push, an update of a protected ref, or a release."""

    PUSH = "push"
    MERGE = "merge"
    RELEASE = "release"


class Scope(StrEnum):
    """What a gate judges of a push: its last commit, or every new one."""

    TIP = "tip"
    EVERY_COMMIT = "every-commit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """One gate as a spec declares it. Empty `paths`, `languages` and `refs` mean all."""

    id: str
    uses: str
    when: Stage
    on: Scope
    severity: Severity
    parameters: Mapping[str, Json]
    paths: tuple[str, ...]
    languages: tuple[str, ...]
    refs: tuple[str, ...]
    budget_seconds: int | None
    digest: Digest
    """Of everything above: a part of the key under which results are known."""
    place: Place
    brought_at: Place | None = None
    """Where the corpus takes a ready profile over that declares it; none if it declares it itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A reasoned exception to one gate's findings under some paths, valid through its last day."""

    id: str
    gate: str
    code: str
    """Only findings of this code, or empty for all of the gate."""
    paths: tuple[str, ...]
    contents: tuple[str, ...]
    """Only findings with one of these contents, or empty for all."""
    reason: str
    by: str
    until: date
    place: Place
