"""The corpus itself: its policy branch, its layout, and how paths map to tasks, solutions and roles."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gitcorpus.model.place import Place


class Role(StrEnum):
    """What a file is in its solution."""

    PROMPT = "prompt"
    TEST = "test"
    DOC = "doc"
    SOURCE = "source"
    FIXTURE = "fixture"
    ANNOTATION = "annotation"


@dataclass(frozen=True, slots=True, kw_only=True)
class RolePatterns:
    """The globs of one role, matched against the path within the solution."""

    role: Role
    patterns: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which directories are solutions, which files in them play which role, and what may stand elsewhere.

    `solutions` are path patterns such as `corpus/{unit}/{task}/{solution}`; each brace names one path
    segment. The first role that matches wins. `elsewhere` are globs of files that belong to no solution.
    """

    solutions: tuple[str, ...]
    roles: tuple[RolePatterns, ...]
    elsewhere: tuple[str, ...]
    languages: Mapping[str, str]
    """File name endings that this corpus adds to the known ones: `{".tf": "hcl"}`."""
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Which branch's specs judge, who owns which paths, and how many approvals a change needs."""

    branch: str
    """Short name: `main`."""
    owners: Mapping[str, tuple[str, ...]]
    approvals: int
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """How far back a release follows its lines; unless it is asked for more, as far as `git blame` does."""

    moved: bool = False
    """Whether lines that were moved or copied keep their origin."""
    ignored: str = ""
    """The file of the tagged tree that lists commits to look through; empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """One `kind: Corpus` document; exactly one a corpus."""

    name: str
    layout: Layout
    policy: Policy | None
    origins: Origins
    protected: tuple[str, ...]
    """Globs of full ref names that may neither be rewound nor deleted."""
    place: Place
