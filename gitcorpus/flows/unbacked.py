"""Why no verdict stands behind a tag's release, and what would have its commit judged."""

import shlex
from collections.abc import Iterator

from gitcorpus.compiler.verdicts import backings, policy_branch_of
from gitcorpus.errors import RefusedError
from gitcorpus.flows.policy import policy_at
from gitcorpus.git.changes import is_ancestor
from gitcorpus.git.repo import Repo
from gitcorpus.model.entry import Entry
from gitcorpus.model.spec import TAGS
from gitcorpus.model.tree import Tag
from gitcorpus.model.view import ReleaseSpec


def unbacked(repo: Repo, tag: Tag, release: ReleaseSpec, entries: tuple[Entry, ...]) -> RefusedError:
    """Return the refusal of a tag's release, with a way out that can be pasted."""
    short = tag.commit[:12]
    if not entries:
        sentence = f"there is no ledger here, so nothing says that commit {short} was ever accepted"
        ways = ["the server's own repository has the ledger: name it with --repo"]
    elif any(backings(entries, tag.commit)):
        sentence = (
            f"commit {short} was accepted at stage `push` only, and its release requires `merge`: "
            "all that judges a merge into the policy branch"
        )
        ways = [*_ways(repo, tag, release, policy_branch_of(entries))]
    else:
        sentence = f"no push with commit {short} as its tip was ever accepted here by specs"
        ways = [*_ways(repo, tag, release, policy_branch_of(entries))]
    ways.insert(0, "--unverified compiles it all the same, and says so")
    return RefusedError("tag-unjudged", sentence, place=f"{TAGS}{tag.name}", hint="; ".join(ways))


def _ways(repo: Repo, tag: Tag, release: ReleaseSpec, branch: str) -> Iterator[str]:
    """Yield the push that has a tag's commit judged: a merge, or else another tag, since a protected one stays."""
    ref, tip = f"{TAGS}{tag.name}", repo.resolve(branch) if branch else None
    if tip is None:
        return
    if tip != tag.commit and is_ancestor(repo, tip, tag.commit):
        refspec = shlex.quote(f"{ref}^{{commit}}:{branch}")
        yield f"or have it judged: git push origin {refspec}"
        return
    taken = {name.removeprefix(TAGS) for name, _ in repo.refs() if name.startswith(TAGS)}
    other, spec = release.other_tag(tag.name, taken), policy_at(repo, tip).spec
    if other and spec is not None and spec.requires(f"{TAGS}{other}") is not None:
        refspec = shlex.quote(f"{ref}:{TAGS}{other}")
        command = f"git push origin {refspec} && gitcorpus release {shlex.quote(other)}"
        yield f"or have another tag judged, and compile that one: {command}"
