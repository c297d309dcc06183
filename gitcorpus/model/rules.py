"""Style rules as specs write them: tree-sitter queries, each with a sentence and with examples."""

from dataclasses import dataclass

from gitcorpus.model.corpus import Role
from gitcorpus.model.finding import Severity
from gitcorpus.model.place import Digest, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Nesting:
    """How many nodes of some kinds may stand within each other, up to the nearest node of other kinds."""

    kinds: tuple[str, ...]
    until: tuple[str, ...]
    at_most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A match of `query` is a finding at its capture `@at`, if the conditions hold."""

    id: str
    query: str
    sentence: str
    """`{name}` stands for what a capture of that name holds."""
    hint: str
    severity: Severity
    roles: tuple[Role, ...]
    lines_at_most: int | None
    """A finding only if `@span`, or else `@at`, has more lines."""
    nesting: Nesting | None
    counted: str
    """The capture whose named children are counted, or empty."""
    count_at_most: int
    inside: tuple[str, ...]
    """A finding only within a node of one of these kinds."""
    not_inside: tuple[str, ...]
    without: str
    """A query of which nothing may match within `@span`, or else `@at`; or empty."""
    accepted: tuple[str, ...]
    refused: tuple[str, ...]
    place: Place
    query_place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePack:
    """Rules for some languages; a ready pack's name begins with `gitcorpus:`."""

    name: str
    languages: tuple[str, ...]
    rules: tuple[Rule, ...]
    digest: Digest
    """Over the bytes of its file: a part of the key under which answers are known."""
    place: Place
