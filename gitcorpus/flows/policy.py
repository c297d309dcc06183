"""The specs that judge: those at the policy branch's tip before the push (law 3).

Whoever judges many pushes keeps them: most pushes to the policy branch leave alone what the specs lean on, and then
they need not be loaded again.
"""

from dataclasses import replace
from typing import NamedTuple

from gitcorpus.gates.sources import Lean, SnapshotSource, leans_alike, objects_of
from gitcorpus.git.changes import is_ancestor
from gitcorpus.git.repo import Repo
from gitcorpus.model.place import Oid
from gitcorpus.model.server import Server
from gitcorpus.model.spec import Spec
from gitcorpus.spec.layout import LayoutMatcher
from gitcorpus.spec.load import load_specs


class Policy(NamedTuple):
    """The specs at the policy branch's tip before the push. `fault` says why there are none that judge."""

    commit: Oid | None
    spec: Spec | None
    fault: str
    leans: tuple[Lean, ...] = ()
    """What of the tree the specs were made from."""
    matcher: LayoutMatcher | None = None
    """Locates paths by their layout."""

    @property
    def objects(self) -> tuple[tuple[str, Oid], ...]:
        """What judges, as paths of its tree with their objects; none if it is more than objects, or does not judge."""
        return objects_of(self.leans) if self.spec is not None else ()


def load_policy(repo: Repo, server: Server, before: Policy | None = None) -> Policy:
    """Load the specs that judge, or take those that were loaded before if nothing has changed for them."""
    tip = repo.ref(server.policy_branch)
    commit = None if tip is None else repo.peel(tip)
    if commit is None:
        return Policy(None, None, f"there is no branch {server.policy_branch} yet")
    if before is not None and before.spec is not None:
        if before.commit == commit:
            return before
        if before.leans and leans_alike(repo.snapshot(commit), before.leans):
            return before._replace(commit=commit, spec=replace(before.spec, commit=commit))
    return policy_at(repo, commit)


def still_judges(repo: Repo, server: Server, policy: Policy) -> bool:
    """Tell whether specs that judged are those that judge now.

    The policy branch may have moved, as long as it went forward and what the specs were made from is the same: then it
    holds all that it held, and a push that is compared with where it was brings no less.
    """
    tip = repo.ref(server.policy_branch)
    now = None if tip is None else repo.peel(tip)
    if now is None or policy.commit is None or now == policy.commit:
        return now == policy.commit
    has_leans = policy.spec is not None and bool(policy.leans)
    forward = has_leans and is_ancestor(repo, policy.commit, now)
    return forward and leans_alike(repo.snapshot(now), policy.leans)


def policy_at(repo: Repo, commit: Oid) -> Policy:
    """Load the specs of one commit.

    Units that discover their tasks have none from there: those of what is judged stand in its own tree.
    """
    source = SnapshotSource(repo.snapshot(commit))
    loaded = load_specs(source, commit=commit, discovers=False)
    leans = tuple(source.leans)
    if loaded.spec is not None and loaded.spec.corpus.policy is not None:
        return Policy(commit, loaded.spec, "", leans, LayoutMatcher(loaded.spec, discovers=True))
    if loaded.spec is not None:
        fault = "the specs on the policy branch have no `policy:` in their Corpus document"
        return Policy(commit, None, fault, leans)
    first = next(finding for finding in loaded.findings if finding.blocks)
    fault = f"the specs on the policy branch are broken: {first.place} {first.sentence}"
    return Policy(commit, None, fault, leans)
