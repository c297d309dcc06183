"""Which verdict of the ledger stands behind a release: for exactly its commit, at which stage, by which specs.

A release ships what a merge into the policy branch would have let in, unless the release spec is content with less.
What it is content with, the specs said that judged the push of the tag: those in the tagged tree, or from outside,
may ask for more, never for less. The newest verdict counts that the ledger had when the tag came; where it had none,
the first one after that. So what is judged later changes no release.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from gitcorpus.model.declaration import Stage
from gitcorpus.model.entry import Entry, EntryKind
from gitcorpus.model.place import Digest, Oid
from gitcorpus.model.tree import Tag
from gitcorpus.model.verdict import Outcome


class Backing(NamedTuple):
    """A verdict that accepted a commit, and the bar by which it was judged."""

    number: int
    """The number of its entry."""
    digest: Digest
    stage: Stage
    policy: Oid
    """The commit whose specs judged."""
    specs: Digest
    """The digest of these specs."""


def backings(entries: Iterable[Entry], commit: Oid) -> Iterator[Backing]:
    """Yield the verdicts that accepted a commit by specs that they name, oldest first, each at its highest stage."""
    branch, listed = "", list(entries)
    bars: dict[Digest, str] = {}
    withdrawn = _withdrawn(listed)
    for entry in listed:
        body: Any = entry.body
        if entry.kind is EntryKind.INSTALLED:
            branch = str(body.get("policy_branch") or "")
        if entry.kind is not EntryKind.VERDICT or body.get("outcome") != Outcome.ACCEPTED.value:
            continue
        if body.get("unanswered"):  # gates gave no answer, and held up no change of specs: nothing is proven
            continue
        policy, specs, bar = body.get("policy"), body.get("spec_digest"), body.get("bar")
        updates = [
            each
            for each in body.get("updates", ())
            if each.get("commit", each["new"]) == commit and (entry.digest, each["ref"]) not in withdrawn
        ]
        if any("reuses" in each and (bar is None or bars.get(each["reuses"]) != bar) for each in updates):
            continue  # what it rests on was not accepted before by the same bar
        if bar is not None:
            bars[entry.digest] = bar
        stages = [_stage(update, branch, policy) for update in updates]
        if not stages and commit in body.get("tips", ()) and not _is_in(entry.digest, withdrawn):
            stages = [Stage.PUSH]
        if stages and policy and specs:
            stage = Stage.MERGE if Stage.MERGE in stages else Stage.PUSH
            yield Backing(entry.number, entry.digest, stage, Oid(policy), Digest(specs))


def _withdrawn(entries: Iterable[Entry]) -> frozenset[tuple[str, str]]:
    """Return the verdicts, each with a reference, whose move git did not carry out."""
    found: list[tuple[str, str]] = []
    for entry in entries:
        body: Any = entry.body
        if entry.kind is EntryKind.WITHDRAWN:
            found += [(str(body.get("verdict")), each["ref"]) for each in body.get("updates", ())]
    return frozenset(found)


def _is_in(verdict: Digest, withdrawn: frozenset[tuple[str, str]]) -> bool:
    return any(each == verdict for each, _ in withdrawn)


def _stage(update: Any, branch: str, policy: str | None) -> Stage:
    """Return the stage of an update: `merge` if all judged it that judges an update of the policy branch.

    Entries of older versions do not say it. Then only an update of the policy branch that began at the commit whose
    specs judged is known to be one.
    """
    if "stage" in update:
        merged = update["stage"] == Stage.MERGE.value and bool(update.get("policy_branch"))
    else:
        merged = bool(branch) and (update["ref"], update["old"]) == (branch, policy)
    return Stage.MERGE if merged else Stage.PUSH


def choose_verdict(tag: Tag, entries: Sequence[Entry], requires: Stage) -> Backing | None:
    """Return the verdict that stands behind a tag's release, or none if no verdict does.

    `requires` is what the release spec says that compiles the tag. Less than `merge` is enough only in the verdict of
    this tag's own push, and only if the specs said so too that judged it. The newest verdict counts that the ledger
    had when the tag came, one of stage `merge` before others; else the first one after that.
    """
    modest = frozenset(_content_with_push(tag, entries)) if requires is Stage.PUSH else frozenset()
    found = [
        each for each in backings(entries, tag.commit) if each.stage is Stage.MERGE or each.number in modest
    ]
    came = _arrival(tag, entries)
    before = [each for each in found if each.number <= came]
    merged = [each for each in before if each.stage is Stage.MERGE]
    return next((some[-1] for some in (merged, before) if some), found[0] if found else None)


def _content_with_push(tag: Tag, entries: Iterable[Entry]) -> Iterator[int]:
    """Yield the numbers of verdicts of a tag's push whose specs were content with what judges every push."""
    for entry in entries:
        body: Any = entry.body
        for update in body.get("updates", ()) if entry.kind is EntryKind.VERDICT else ():
            named = (update["ref"], update["new"]) == (f"refs/tags/{tag.name}", tag.oid)
            if named and update.get("requires") == Stage.PUSH.value:
                yield entry.number


def policy_branch_of(entries: Iterable[Entry]) -> str:
    """Return the policy branch that a ledger named last; empty if it never did."""
    branch = ""
    for entry in entries:
        body: Any = entry.body
        named = [each.get("policy_branch") for each in (body, *body.get("updates", ()))]
        branch = next((str(each) for each in named if each), branch)
    return branch


def _arrival(tag: Tag, entries: Iterable[Entry]) -> int:
    """Return the number of the first entry by which a tag is what it is; -1 if there is none."""
    ref = f"refs/tags/{tag.name}"
    for entry in entries:
        body: Any = entry.body
        if entry.kind is EntryKind.VERDICT and body.get("outcome") != Outcome.ACCEPTED.value:
            continue
        there = [(each["ref"], each["oid"]) for each in body.get("refs", ())]
        moved = [(each["ref"], each["new"]) for each in body.get("updates", ())]
        if (ref, tag.oid) in (*there, *moved):
            return entry.number
    return -1
