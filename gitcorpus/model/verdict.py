"""The one answer for one push, and how it is folded from what the gates said.

Deny unless proven: accepted means that every required gate passed, not that nothing was found.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gitcorpus.model.declaration import Stage
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Digest, Oid
from gitcorpus.model.push import RefUpdate


class Outcome(StrEnum):
    """Unjudged refuses as well, and says that it was not the pusher's fault. Parked has yet to be judged to its end."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNJUDGED = "unjudged"
    PARKED = "parked"


class GateState(StrEnum):
    """How one gate ended.

    Not applicable means that the push brought nothing of its kind; late, that it needs more time than a push has.
    """

    PASSED = "passed"
    FAILED = "failed"
    UNJUDGED = "unjudged"
    LATE = "late"
    NOT_APPLICABLE = "not-applicable"


_UNANSWERED: Final = frozenset({GateState.UNJUDGED, GateState.LATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """What one declared gate said about one push."""

    gate: str
    state: GateState
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    """Why the gate could not judge, or what it had nothing to say about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """By which bar one update was judged: what a release later asks of the verdict."""

    commit: Oid | None
    """The commit that the ref would name; none if it goes away or would name something else."""
    stage: Stage
    policy_branch: str = ""
    """The policy branch, if all judged the update that judges an update of that branch."""
    requires: Stage | None = None
    """What the release spec that compiles the tag asks for; none for what no release spec compiles."""
    reuses: Digest | None = None
    """The verdict that proves what was not judged again of the tag's tree, if one does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What one gate that a push adds or changes would refuse of the whole tree: it judges nothing yet."""

    gate: str
    files: int = 0
    """How many paths of the tree have a finding that blocks."""
    examples: tuple[Finding, ...] = ()
    reason: str = ""
    """Why the tree was not tried, or not to its end; else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All results for one push, with the specs that judged it."""

    updates: tuple[RefUpdate, ...]
    results: tuple[GateResult, ...]
    policy: Oid | None = None
    """Commit whose specs judged; none only for the push that brings the first specs."""
    spec_digest: Digest | None = None
    bar: Digest | None = None
    """Of all that answers depend on beside the content; none for a verdict that no other one may rest on."""
    commits: tuple[Oid, ...] = ()
    """The new commits that were judged, oldest first."""
    tips: tuple[Oid, ...] = ()
    """The commits that the updated refs would name."""
    judged: tuple[Judged, ...] = ()
    """How each update was judged, in the order of the updates; nothing if the push never came to its gates."""
    files: int = 0
    may_park: bool = False
    """Whether the server takes pushes aside that need more time."""
    tried: tuple[Tried, ...] = ()
    """What gates that the push adds or changes would refuse of its tree; it changes no outcome."""
    unanswered: tuple[str, ...] = ()
    """Ids of gates that gave no answer and do not hold the push up: an owner's, which changes specs alone.

    It may land, so that a gate that cannot answer can be taken out; nothing is proven by it.
    """

    @property
    def outcome(self) -> Outcome:
        """Fold: a failed gate refuses, an unjudged one leaves it unjudged, a late one parks it if it may be parked."""
        excused = _UNANSWERED if self.unanswered else frozenset()
        states = {
            result.state
            for result in self.results
            if not (result.state in excused and result.gate in self.unanswered)
        }
        if GateState.FAILED in states:
            return Outcome.REFUSED
        if GateState.UNJUDGED in states or not states:
            return Outcome.UNJUDGED
        if GateState.LATE in states:
            return Outcome.PARKED if self.may_park else Outcome.UNJUDGED
        return Outcome.ACCEPTED

    @property
    def accepted(self) -> bool:
        """Tell whether the push may land."""
        return self.outcome is Outcome.ACCEPTED

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, in the order of their gates."""
        return tuple(finding for result in self.results for finding in result.findings)

    @property
    def missing(self) -> tuple[str, ...]:
        """Ids of the gates that would still have to pass."""
        waiting = {GateState.FAILED, GateState.UNJUDGED, GateState.LATE}
        return tuple(result.gate for result in self.results if result.state in waiting)
