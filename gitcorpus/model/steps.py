"""How solutions came to be: what commits changed in them, the steps that labels name, and pairs of before and after."""

from dataclasses import dataclass
from typing import NamedTuple

from gitcorpus.model.place import Oid
from gitcorpus.model.tree import Change, Commit


class Touched(NamedTuple):
    """One commit, and what it changed in one solution's folder."""

    commit: Commit
    changes: tuple[Change, ...]
    n_files: int
    """How many files it changed in all."""


class FileChange(NamedTuple):
    """One file that one commit changed."""

    root: str
    touched: Touched
    change: Change


class Step(NamedTuple):
    """One commit of a solution's history that a trailer or a tag labels."""

    root: str
    number: int
    """From 1."""
    label: str
    touched: Touched

    @property
    def key(self) -> str:
        """What names it: the folder and the number."""
        return f"{self.root}@{self.number}"

    @property
    def good(self) -> bool:
        """Whether the label does not say otherwise."""
        return word_of(self.label) not in BAD


BAD = frozenset({"bad", "broken", "insecure", "naive", "rejected", "slow", "vulnerable", "wrong"})
"""First words of labels that say of a step that it is not as it should be."""
KINDS = {
    ("bad", "good"): "refactor",
    ("broken", "fixed"): "fix",
    ("insecure", "secure"): "secure",
    ("slow", "fast"): "perf",
    ("untested", "tested"): "test",
    ("vulnerable", "secure"): "secure",
    ("wrong", "right"): "fix",
}
"""What a pair of labels says that happened between them."""
STEP = "step"
"""The kind of a pair whose labels say nothing that is known."""
REFUSED = "refused"
"""The kind of a pair whose first side a gate refused."""


def word_of(label: str) -> str:
    """Return the first word of a label."""
    return label.lower().replace("-", " ").replace("_", " ").split(" ")[0] if label else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One solution at two commits."""

    kind: str
    root: str
    before: Oid
    after: Oid
    before_step: str
    after_step: str
    changes: tuple[Change, ...]
    """What differs between the two, within the solution."""
    cwe: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What names the pair: both commits and the folder."""
        return f"{self.before}..{self.after}:{self.root}"


class Rewrite(NamedTuple):
    """One file of a pair, before and after."""

    pair: Pair
    change: Change

    @property
    def key(self) -> str:
        """What names it: both commits and the path."""
        return f"{self.pair.before}..{self.pair.after}:{self.change.path}"


class Fix(NamedTuple):
    """A pair whose tests were run on both sides: which failed before, and which passed on both."""

    pair: Pair
    fail_to_pass: tuple[str, ...]
    pass_to_pass: tuple[str, ...]
    language: str
    """What most of its tests are written in."""
    solved_at: int
    """When the second side was committed, in seconds since 1970."""


class Fragment(NamedTuple):
    """A named syntactic piece of a source file, in whole lines; the lines of its documentation, or 0 and 0."""

    path: str
    kind: str
    name: str
    first: int
    last: int
    doc_first: int
    doc_last: int

    @property
    def key(self) -> str:
        """What names it: the file, its lines and its kind."""
        return f"{self.path}:{self.first}-{self.last}:{self.kind}"
