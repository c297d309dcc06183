"""The specs that judge: those at the policy branch's tip before the push (law 3).

Whoever judges many pushes keeps them: most pushes to the policy branch leave alone what the specs lean on, and then
they need not be loaded again.
"""

from dataclasses import replace
from typing import NamedTuple

from gitcorpus.gates.kept import Kept, Parsing, key_of
from gitcorpus.gates.sources import Lean, SnapshotSource, answers, leans_alike, objects_of
from gitcorpus.git.changes import is_ancestor
from gitcorpus.git.repo import Repo
from gitcorpus.model.place import Oid
from gitcorpus.model.server import Server
from gitcorpus.model.spec import Spec
from gitcorpus.spec.document import Parse, parse_document
from gitcorpus.spec.layout import LayoutMatcher
from gitcorpus.spec.load import load_specs
from gitcorpus.spec.sources import FOLDER


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


def load_policy(repo: Repo, server: Server, before: Policy | None = None, kept: Kept | None = None) -> Policy:
    """Load the specs that judge, or take those that were loaded before if nothing has changed for them.

    Args:
        repo: the repository.
        server: names the policy branch.
        before: what this process loaded before.
        kept: what another one may have loaded before, and where this one keeps what it loads.
    """
    commit = _tip(repo, server)
    if commit is None:
        return _no_branch(server)
    found = recall_policy(repo, server, before, kept)
    if found is None:
        parsing = Parsing(kept)
        found = policy_at(repo, commit, parsing)
        if kept is not None:
            _keep(repo, found, kept)
            parsing.keep()
    return found


def recall_policy(
    repo: Repo, server: Server, before: Policy | None = None, kept: Kept | None = None
) -> Policy | None:
    """Return the specs that judge if they were loaded before, in this process or another one; else none."""
    commit = _tip(repo, server)
    if commit is None:
        return _no_branch(server)
    return _held(repo, commit, before) or (_known(repo, commit, kept) if kept is not None else None)


def _tip(repo: Repo, server: Server) -> Oid | None:
    tip = repo.ref(server.policy_branch)
    return None if tip is None else repo.peel(tip)


def _no_branch(server: Server) -> Policy:
    return Policy(None, None, f"there is no branch {server.policy_branch} yet")


def _held(repo: Repo, commit: Oid, before: Policy | None) -> Policy | None:
    """Return specs that were loaded before if they are those of a commit."""
    if before is None or before.spec is None:
        return None
    if before.commit == commit:
        return before
    if before.leans and leans_alike(repo.snapshot(commit), before.leans):
        return before._replace(commit=commit, spec=replace(before.spec, commit=commit))
    return None


def _known(repo: Repo, commit: Oid, kept: Kept) -> Policy | None:
    """Return the specs of a commit if some process of this account has loaded the same before.

    What of the tree they were made from is known by the tree of their files, and they themselves by what that was.
    """
    snapshot = repo.snapshot(commit)
    asked = kept.recall(_asks(snapshot.subtree(FOLDER) or ""))
    if asked is None:
        return None
    leans = answers(snapshot, asked)
    found = kept.recall(_key(leans), commit)
    if found is None:
        return None
    spec, fault = found
    return Policy(commit, spec, fault, leans, LayoutMatcher(spec, discovers=True) if spec else None)


def _keep(repo: Repo, policy: Policy, kept: Kept) -> None:
    """Keep specs for the next process, if it is known what they were made from."""
    if policy.commit is not None and policy.leans:
        asked = tuple(name for name, _ in policy.leans)
        kept.keep(_asks(repo.snapshot(policy.commit).subtree(FOLDER) or ""), asked)
        kept.keep(_key(policy.leans), (policy.spec, policy.fault), policy.commit)


def _asks(specs: str) -> bytes:
    return key_of("asks", specs)


def _key(leans: tuple[Lean, ...]) -> bytes:
    written = (f"{name}\0{answer}".encode("utf-8", "surrogateescape").hex() for name, answer in leans)
    return key_of("policy", tuple(written))


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


def policy_at(repo: Repo, commit: Oid, parse: Parse = parse_document) -> Policy:
    """Load the specs of one commit.

    Units that discover their tasks have none from there: those of what is judged stand in its own tree.
    """
    source = SnapshotSource(repo.snapshot(commit))
    loaded = load_specs(source, commit=commit, discovers=False, parse=parse)
    leans = tuple(source.leans)
    if loaded.spec is not None and loaded.spec.corpus.policy is not None:
        return Policy(commit, loaded.spec, "", leans, LayoutMatcher(loaded.spec, discovers=True))
    if loaded.spec is not None:
        fault = "the specs on the policy branch have no `policy:` in their Corpus document"
        return Policy(commit, None, fault, leans)
    first = next(finding for finding in loaded.findings if finding.blocks)
    fault = f"the specs on the policy branch are broken: {first.place} {first.sentence}"
    return Policy(commit, None, fault, leans)
