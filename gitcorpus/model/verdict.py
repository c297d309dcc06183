"""The one answer for one push, and how it is folded from what the gates said.

Deny unless proven: accepted means that every required gate passed, not that nothing was found.
"""

from dataclasses import dataclass
from enum import StrEnum

from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Digest, Oid
from gitcorpus.model.push import RefUpdate


class Outcome(StrEnum):
    """Unjudged refuses as well, and says that it was not the pusher's fault."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNJUDGED = "unjudged"


class GateState(StrEnum):
    """How one gate ended. Not applicable means that the push brought nothing of its kind."""

    PASSED = "passed"
    FAILED = "failed"
    UNJUDGED = "unjudged"
    NOT_APPLICABLE = "not-applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """What one declared gate said about one push."""

    gate: str
    state: GateState
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    """Why the gate could not judge, or what it had nothing to say about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All results for one push, with the specs that judged it."""

    updates: tuple[RefUpdate, ...]
    results: tuple[GateResult, ...]
    policy: Oid | None = None
    """Commit whose specs judged; none only for the push that brings the first specs."""
    spec_digest: Digest | None = None
    commits: tuple[Oid, ...] = ()
    """The new commits that were judged, oldest first."""
    tips: tuple[Oid, ...] = ()
    """The commits that the updated refs would name."""
    files: int = 0

    @property
    def outcome(self) -> Outcome:
        """Fold: any unjudged gate is unjudged unless another refused; any failed gate refuses."""
        states = {result.state for result in self.results}
        if GateState.FAILED in states:
            return Outcome.REFUSED
        if GateState.UNJUDGED in states or not self.results:
            return Outcome.UNJUDGED
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
        waiting = {GateState.FAILED, GateState.UNJUDGED}
        return tuple(result.gate for result in self.results if result.state in waiting)
