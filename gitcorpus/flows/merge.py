"""Judging what a branch becomes when the push is merged into it: two changes that each pass may break each other."""

from contextlib import ExitStack
from dataclasses import replace

from gitcorpus.gates.base import Candidate
from gitcorpus.git.changes import changes, is_ancestor
from gitcorpus.git.merges import merged
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Oid, Place
from gitcorpus.model.verdict import GateResult, GateState

MERGE = "merge"
"""Id of the result that says whether it can be merged at all."""


def as_merged(candidate: Candidate, onto: Oid, stack: ExitStack) -> tuple[Candidate, GateResult]:
    """Return the candidate for the merge of a tip into a commit, and whether there is one.

    The commits that are judged are still those that the push brings. The merge lives for as long as the stack.
    """
    place = Place(path=candidate.update.ref)
    if candidate.snapshot is None or is_ancestor(candidate.repo, onto, candidate.snapshot.commit):
        return candidate, GateResult(
            gate=MERGE, state=GateState.PASSED, reason="it is ahead of the branch already"
        )
    result = stack.enter_context(merged(candidate.repo, onto, candidate.snapshot.commit))
    if result.commit is None:
        return candidate, GateResult(
            gate=MERGE,
            state=GateState.FAILED,
            findings=tuple(_conflict(path, place) for path in result.conflicts),
        )
    found = changes(result.repo, onto, result.commit, limit=candidate.server.max_files)
    made = replace(
        candidate,
        repo=result.repo,
        update=replace(candidate.update, old=onto, new=result.commit),
        snapshot=result.repo.snapshot(result.commit),
        files=tuple(change.new for change in found if change.new is not None),
        deleted=tuple(change.path for change in found if change.new is None),
        base=onto,
    )
    return made, GateResult(gate=MERGE, state=GateState.PASSED)


def _conflict(path: str, place: Place) -> Finding:
    sentence = f"it cannot be merged into {place.path.removeprefix('refs/heads/')} without a conflict"
    hint = f"merge it and resolve the file: git merge origin/{place.path.removeprefix('refs/heads/')}"
    return Finding(code="merge-conflict", place=replace(place, path=path), sentence=sentence, hint=hint)
