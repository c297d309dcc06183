"""What the gates that a push adds or changes would refuse of the tree as it is.

A push is judged by the specs before it, and only on what it changes. So without a trial, a new gate says nothing of
the old files until a tag is judged on its whole tree. The trial runs the gates that read files, for a bounded time; it
changes no outcome. Gates that run programs would take too long, and the gate `secrets` would find the values of old
commits in a push that did not bring them: both are named and not tried.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Final

from gitcorpus.errors import GitcorpusError
from gitcorpus.flows.policy import policy_at
from gitcorpus.gates.base import Candidate, Reads
from gitcorpus.gates.known import Known
from gitcorpus.gates.registry import GATES, with_always
from gitcorpus.gates.runner import Means, run_gates, runs_programs
from gitcorpus.gates.sources import leans_alike
from gitcorpus.model.declaration import Declaration, Stage
from gitcorpus.model.spec import Spec
from gitcorpus.model.verdict import GateResult, GateState, Tried

SECONDS: Final = 10.0
"""Most seconds of one trial."""
EXAMPLES: Final = 5
_SECRETS: Final = "secrets"


def try_tree(candidate: Candidate, *, today: date, known: Known | None = None) -> tuple[Tried, ...]:
    """Try the gates that an update of the policy branch adds or changes on the whole tree that it brings.

    Args:
        candidate: the update; nothing is tried of one that leaves the specs alone, or of another branch.
        today: the day on which waivers count.
        known: answers that are known of files.
    """
    snapshot = candidate.snapshot
    if snapshot is None or candidate.update.ref != candidate.server.policy_branch:
        return ()
    if candidate.leans and leans_alike(snapshot, candidate.leans):
        return ()
    brought = policy_at(candidate.repo, snapshot.commit, candidate.parse)
    if brought.spec is None:
        return ()
    changed = tuple(changed_gates(candidate.spec, brought.spec))
    named = [each for each in changed if runs_programs(each) or each.uses == _SECRETS]
    tried = tuple(
        replace(each, when=Stage.PUSH, refs=())
        for each in changed
        if each not in named and GATES[each.uses].reads is not Reads.PUSH
    )
    results: tuple[GateResult, ...] = ()
    reason = ""
    try:
        whole = replace(
            candidate,
            spec=brought.spec,
            files=snapshot.entries(limit=candidate.most_entries),
            deleted=(),
            commits=(),
            leans=(),
            known_matcher=brought.matcher,
        )
        means = Means(known=known, seconds=SECONDS)
        results = run_gates((whole,), tried, waivers=brought.spec.waivers, today=today, means=means)
    except GitcorpusError as error:
        reason = error.sentence
    found = [_tried(result) for result in results]
    found += [Tried(gate=each.id, reason=reason) for each in tried if reason]
    found += [Tried(gate=each.id, reason=_reason(each)) for each in named]
    return tuple(each for each in found if each.files or each.reason)


def changed_gates(before: Spec | None, after: Spec) -> Iterator[Declaration]:
    """Yield the declarations of which a change of specs can change what they say of an old file."""
    old = {each.id: each.digest for each in with_always(before.gates)} if before is not None else {}
    moved = _moved(before, after) if before is not None else frozenset()
    waived = {
        each.gate for each in (before.waivers if before is not None else ()) if each not in after.waivers
    }
    for each in with_always(after.gates):
        if old.get(each.id) != each.digest or each.uses in moved or each.id in waived:
            yield each


def _moved(before: Spec, after: Spec) -> frozenset[str]:
    """Return the gates that read something else in the specs that has changed."""
    reads = {
        "layout": ((before.corpus.layout, before.curricula), (after.corpus.layout, after.curricula)),
        "style": (before.rules, after.rules),
        _SECRETS: (before.secret_rules, after.secret_rules),
    }
    return frozenset(name for name, (old, new) in reads.items() if old != new)


def _tried(result: GateResult) -> Tried:
    blocking = [finding for finding in result.findings if finding.blocks]
    first = {finding.place.path: finding for finding in reversed(blocking)}
    examples = sorted(first.values(), key=lambda each: each.place.path)[:EXAMPLES]
    unanswered = result.state in (GateState.UNJUDGED, GateState.LATE)
    reason = f"it gave no answer within {SECONDS:g} s: {result.reason}" if unanswered else result.reason
    is_cut = unanswered or (result.state is GateState.FAILED and bool(result.reason))
    return Tried(
        gate=result.gate, files=len(first), examples=tuple(examples), reason=reason if is_cut else ""
    )


def _reason(declaration: Declaration) -> str:
    if declaration.uses == _SECRETS:
        return "it was not tried on old files: a tag is searched whole"
    return "it runs programs, and was not tried on old files"
