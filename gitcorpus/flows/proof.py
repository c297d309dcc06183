"""What of a tagged tree needs no answer again: verdicts of the ledger prove it.

A tag is judged on its whole tree. Each update of a protected branch was judged on what it changed. So where the ledger
leads from the tagged commit back through such updates, all accepted by the same bar, everything that they changed is
proven, and what they all left alone is judged now. The way back ends well at a tree that was judged whole: an earlier
tag's. Otherwise it ends at the first update that has no such verdict, and what its old tree and the tagged one have in
common is judged.

The bar is all that answers depend on beside the content: specs, server's file, versions of what judges, waivers that
are in force on the day. Gates that run programs, and those that read whole solutions, prove nothing here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from typing import Any, Final, NamedTuple

from gitcorpus.canon import digest_value
from gitcorpus.gates.base import Candidate, Proof
from gitcorpus.gates.registry import GATES, LASTING
from gitcorpus.gates.runner import concerns
from gitcorpus.gates.sources import LANDED
from gitcorpus.git.changes import is_ancestor, merge_base, unchanged
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger, Lookup
from gitcorpus.model.declaration import Declaration, Stage
from gitcorpus.model.entry import Entry, EntryKind
from gitcorpus.model.place import ZERO_OID, Digest, Oid
from gitcorpus.model.push import RefUpdate
from gitcorpus.model.server import Server
from gitcorpus.model.spec import HEADS, TAGS, Spec
from gitcorpus.model.verdict import GateState, Outcome
from gitcorpus.secrets.engine import PACKAGE
from gitcorpus.syntax import grammar_version, languages

_FARTHEST: Final = 1000
"""Updates through which the way back is followed, at most."""
_NEAREST: Final = 500
"""Entries that are looked at for one commit, at most."""


def bar_of(spec: Spec, server: Server, today: date) -> Digest:
    """Return the digest of all that answers of gates depend on beside the content and who pushes it."""
    in_force = sorted(each.id for each in spec.waivers if today <= each.until)
    return digest_value([spec.digest, repr(server), [list(each) for each in versions()], in_force])


@cache
def versions() -> tuple[tuple[str, str], ...]:
    """Return the versions of what judges: gitcorpus, its gates, and what they read texts with."""
    found = [(f"gate {gate.name}", gate.version) for gate in GATES.values()]
    found += [(f"grammar {name}", grammar_version(name)) for name in sorted(languages())]
    return (*found, *((name, _version(name)) for name in ("gitcorpus", PACKAGE)))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


class Proving(NamedTuple):
    """What proofs are looked for with."""

    repo: Repo
    spec: Spec
    server: Server
    ledger: Ledger
    bar: Digest
    declared: Sequence[Declaration]
    updates: Sequence[RefUpdate]
    """Those of the push."""


class _Step(NamedTuple):
    """An accepted verdict on one commit."""

    entry: Entry
    update: Mapping[str, Any]
    base: Oid | None
    """The commit against which it was judged; none if it was judged whole."""


def find_proof(candidate: Candidate, proving: Proving) -> Proof | None:
    """Return what of a tag's tree is left to judge, and by which gates; none if all of it is.

    Args:
        candidate: the tag, before its files are read.
        proving: the specs, the ledger and the push.
    """
    if candidate.snapshot is None or not candidate.update.ref.startswith(TAGS):
        return None
    commit, lookup = candidate.snapshot.commit, proving.ledger.lookup()
    gates = _lasting(candidate, proving.declared)
    brought = _brought_beside(commit, proving)
    first: Entry | None = None
    at, is_whole = commit, False
    if brought is not None:
        update, base = brought
        gates &= _judging(replace(candidate, update=update, stage=Stage.MERGE), proving.declared)
        at = base
    for _ in range(_FARTHEST):
        found = () if is_whole else _steps(at, proving, lookup, must_stand=first is None)
        kept = [(gates & _answered(each, candidate, proving.declared), each) for each in found]
        if not kept:
            break
        gates, step = max(kept, key=lambda pair: (len(pair[0]), pair[1].base is None, pair[1].entry.number))
        first = first or step.entry
        is_whole, at = step.base is None, step.base or at
    if not gates or (first is None and brought is None):
        return None
    files = () if is_whole else unchanged(proving.repo, at, commit, limit=LANDED)
    return Proof(files, gates, first.digest if first is not None else None)


def _lasting(candidate: Candidate, declared: Sequence[Declaration]) -> frozenset[str]:
    """Return the ids of gates that judge a tag, and whose answers about a file last as long as it stays."""
    judging = _judging(candidate, declared)
    return frozenset(
        each.id
        for each in declared
        if each.id in judging
        and each.uses in LASTING
        and not (each.uses == "annotations" and (each.paths or each.languages))
    )


def _judging(candidate: Candidate, declared: Sequence[Declaration]) -> frozenset[str]:
    return frozenset(each.id for each in declared if concerns(each, candidate))


def _answered(step: _Step, candidate: Candidate, declared: Sequence[Declaration]) -> frozenset[str]:
    """Return the ids of the gates that judged an update and passed."""
    told: Any = step.entry.body.get("gates", ())
    passed = {each["gate"] for each in told if each["state"] == GateState.PASSED.value}
    then = RefUpdate(ref=step.update["ref"], old=Oid(step.update["old"]), new=Oid(step.update["new"]))
    at = replace(candidate, update=then, stage=Stage(step.update["stage"]))
    return _judging(at, declared) & passed


def _brought_beside(commit: Oid, proving: Proving) -> tuple[RefUpdate, Oid] | None:
    """Return the update of a protected branch in the same push that brings a commit, and what it is judged against."""
    for update in proving.updates:
        if update.deletes or not _is_protected_branch(update.ref, proving):
            continue
        if proving.repo.peel(update.new) == commit:
            return (update, base) if (base := _base(update, commit, proving)) is not None else None
    return None


def _steps(at: Oid, proving: Proving, lookup: Lookup, *, must_stand: bool) -> Iterator[_Step]:
    """Yield the verdicts that prove something of a commit, newest first."""
    for entry in islice(lookup.naming(f'"commit":"{at}"'), _NEAREST):
        body: Any = entry.body
        is_accepted = entry.kind is EntryKind.VERDICT and body.get("outcome") == Outcome.ACCEPTED.value
        if not is_accepted or body.get("unanswered") or body.get("bar") != proving.bar:
            continue
        for update in body.get("updates", ()):
            step = _proven(entry, update, at, proving)
            if step is not None and (not must_stand or _has_landed(step, proving, lookup)):
                yield step


def _proven(entry: Entry, update: Mapping[str, Any], at: Oid, proving: Proving) -> _Step | None:
    """Return what one update of an accepted verdict proves of a commit, or none."""
    if update.get("commit") != at or "stage" not in update:
        return None
    if update["ref"].startswith(TAGS):
        return _Step(entry, update, None)
    if not _is_protected_branch(update["ref"], proving):
        return None
    move = RefUpdate(ref=update["ref"], old=Oid(update["old"]), new=Oid(update["new"]))
    base = _base(move, at, proving, policy=entry.body.get("policy"))
    return _Step(entry, update, base) if base is not None else None


def _base(update: RefUpdate, commit: Oid, proving: Proving, policy: object = None) -> Oid | None:
    """Return what an update of a branch was judged against, if that is still there."""
    if update.old != ZERO_OID:
        return proving.repo.peel(update.old)
    known = Oid(policy) if isinstance(policy, str) else proving.spec.commit
    return merge_base(proving.repo, known, commit) if known is not None else None


def _is_protected_branch(ref: str, proving: Proving) -> bool:
    return ref.startswith(HEADS) and (ref == proving.server.policy_branch or proving.spec.protects(ref))


def _has_landed(step: _Step, proving: Proving, lookup: Lookup) -> bool:
    """Tell whether the reference went where the verdict let it: it is there, or the ledger says so and it went on."""
    ref, new = step.update["ref"], step.update["new"]
    now = proving.repo.ref(ref)
    if now is None or (ref.startswith(TAGS) and now != new):
        return False
    if now == new:
        return True
    tip = proving.repo.peel(now)
    if tip is None or not is_ancestor(proving.repo, Oid(step.update["commit"]), tip):
        return False
    return any(
        _tells_landing(entry, step, ref) for entry in lookup.naming(f'"verdict":"{step.entry.digest}"')
    )


def _tells_landing(entry: Entry, step: _Step, ref: str) -> bool:
    body: Any = entry.body
    moved = [each["ref"] for each in body.get("updates", ())]
    return entry.kind is EntryKind.LANDED and body.get("verdict") == step.entry.digest and ref in moved
