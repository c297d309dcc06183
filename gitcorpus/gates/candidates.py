"""What of an update is judged: its changed files against its base, and the commits that it brings to its ref.

A commit is new to a ref even if another branch holds it already: a gate that judges only some refs, or only
protected ones, has not seen it there. So commits are hidden by what the ref itself and the protected refs hold,
and by nothing else.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from gitcorpus.gates.base import Candidate, Proof
from gitcorpus.gates.sources import LANDED
from gitcorpus.git.changes import changes, commit_changes, merge_base, new_commits
from gitcorpus.git.repo import Repo
from gitcorpus.model.declaration import Stage
from gitcorpus.model.place import Oid
from gitcorpus.model.push import RefUpdate
from gitcorpus.model.server import Server
from gitcorpus.model.spec import HEADS, TAGS, Spec
from gitcorpus.model.tree import Change, Commit, TreeEntry

_REMOTES: Final = "refs/remotes/"
_MOST_FRESH: Final = 10_000
"""Commits of one push that are looked at; one that brings more is refused."""


def build_candidate(  # noqa: PLR0913 - all that an update is judged by
    update: RefUpdate,
    *,
    repo: Repo,
    server: Server,
    spec: Spec | None,
    policy: Oid | None,
    pusher: str | None = None,
    prove: Callable[[Candidate], Proof | None] = lambda _: None,
) -> Candidate:
    """Build the candidate for one update of one ref.

    Args:
        update: the update.
        repo: reads what is pushed.
        server: the server's file.
        spec: the specs that judge, if there are any.
        policy: the commit that holds them.
        pusher: the account that pushes, if the server names one.
        prove: finds what earlier verdicts prove of a tag's tree.

    Raises:
        UnjudgedError: if there is more to read than the server's limits allow.
    """
    stage = spec.stage_of(update.ref) if spec is not None else Stage.PUSH
    if update.ref == server.policy_branch:
        stage = Stage.MERGE
    bare = Candidate(
        stage=stage,
        update=update,
        pusher=pusher,
        protected=update.ref == server.policy_branch or (spec is not None and spec.protects(update.ref)),
        whole=stage is Stage.MERGE,
        spec=spec,
        server=server,
        repo=repo,
        snapshot=None,
    )
    tip = None if update.deletes else repo.peel(update.new)
    if tip is None:
        return bare
    base = _base(update, tip, repo=repo, policy=policy)
    commits = new_commits(repo, tip, beyond=tuple(_judged_before(bare, policy)))
    found = replace(bare, snapshot=repo.snapshot(tip), commits=commits, base=base)
    if not update.ref.startswith(TAGS):
        files, deleted = _sides(changes(repo, base, tip, limit=server.max_files))
        return replace(found, files=files, deleted=deleted)
    if base is not None and base != tip:
        changes(repo, base, tip, limit=server.max_files)
    proof = prove(found)
    return replace(found, files=proof.files if proof is not None else tree_of(found), proof=proof)


def _judged_before(candidate: Candidate, policy: Oid | None) -> Iterator[Oid]:
    """Name what the ref and the protected branches hold before the push.

    A tag may be older than the release spec that protects it, so it does not show that its commits were judged.
    """
    update, spec = candidate.update, candidate.spec
    if not update.creates:
        yield update.old
    if policy is not None:
        yield policy
    for name, oid in candidate.repo.refs():
        if not name.startswith(TAGS) and (name == update.ref or (spec is not None and spec.protects(name))):
            yield oid


def _base(update: RefUpdate, tip: Oid, *, repo: Repo, policy: Oid | None) -> Oid | None:
    """Return the commit that an update's files are compared with."""
    if not update.creates:
        return repo.peel(update.old)
    return merge_base(repo, policy, tip) if policy is not None else None


def tree_of(candidate: Candidate) -> tuple[TreeEntry, ...]:
    """Return the whole tree of a tag, which differs from a tree that was judged by no more than a push may change.

    Raises:
        UnjudgedError: tree-too-large, where there is no such tree.
    """
    if candidate.snapshot is None:
        return ()
    limit = candidate.server.max_files if candidate.base is None else LANDED
    return candidate.snapshot.entries(limit=limit)


def _sides(found: tuple[Change, ...]) -> tuple[tuple[TreeEntry, ...], tuple[str, ...]]:
    files = tuple(change.new for change in found if change.new is not None)
    return files, tuple(change.path for change in found if change.new is None)


def held_commits(candidate: Candidate) -> tuple[Oid, ...]:
    """Return those of a candidate's commits that a branch or a tag held before the push: it did not bring them."""
    if candidate.snapshot is None or not candidate.commits:
        return ()
    named = (oid for name, oid in candidate.repo.refs() if name.startswith((HEADS, TAGS)))
    peeled = {commit for oid in named if (commit := candidate.repo.peel(oid)) is not None}
    most = len(candidate.commits)
    fresh = frozenset(candidate.repo.objects.walk(candidate.snapshot.commit, peeled, most))
    return tuple(commit.oid for commit in candidate.commits if commit.oid not in fresh)


def brought_files(candidate: Candidate) -> tuple[TreeEntry, ...]:
    """Return those of a candidate's files that the push brings: no branch and no tag held them there before.

    In a clone, what counts is what was fetched of the server's branches.
    """
    if candidate.snapshot is None or not candidate.files:
        return ()
    tip, limit = candidate.snapshot.commit, candidate.server.max_files
    found: set[str] | None = None
    for commit in _held_before(candidate, tip):
        if commit == tip:
            return ()
        differing = {change.path for change in changes(candidate.repo, commit, tip, limit=limit)}
        found = differing if found is None else found & differing
    return tuple(entry for entry in candidate.files if found is None or entry.path in found)


def _held_before(candidate: Candidate, tip: Oid) -> tuple[Oid, ...]:
    """Return the commits that the push builds on: the tip itself, or the parents of new commits, that a ref held."""
    repo = candidate.repo
    beginnings = (_REMOTES,) if candidate.local else (HEADS, TAGS)
    named = (oid for name, oid in repo.refs() if name.startswith(beginnings))
    held = {commit for oid in named if (commit := repo.peel(oid)) is not None}
    fresh = frozenset(repo.objects.walk(tip, held, _MOST_FRESH))
    if not fresh:
        return (tip,)
    if candidate.earlier:
        return repo.commit(tip).parents
    parents = (parent for oid in sorted(fresh) for parent in repo.commit(oid).parents)
    return tuple(dict.fromkeys(parent for parent in parents if parent not in fresh))


def at_commit(candidate: Candidate, commit: Commit) -> Candidate:
    """Return the candidate for one of the new commits: its tree and its own changes."""
    files, deleted = _sides(commit_changes(candidate.repo, commit, limit=candidate.server.max_files))
    snapshot = candidate.repo.snapshot(commit.oid)
    base = commit.parents[0] if commit.parents else None
    at = replace(candidate, snapshot=snapshot, files=files, deleted=deleted, commits=(commit,), base=base)
    return replace(at, earlier=True)


def reopened(candidate: Candidate) -> Candidate:
    """Return the candidate with a repository of its own, for another thread."""
    repo = candidate.repo.again()
    snapshot = repo.snapshot(candidate.snapshot.commit) if candidate.snapshot is not None else None
    return replace(candidate, repo=repo, snapshot=snapshot)
