"""History in one total order: parents before children, then by committer date, then by oid.

The same commits come in the same order whatever the repository's packs, references and work trees look like.
"""

from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush

from gitcorpus.errors import GitcorpusError
from gitcorpus.git.repo import Repo
from gitcorpus.model.place import Oid
from gitcorpus.model.tree import Commit


def ancestry(repo: Repo, tip: Oid) -> tuple[Commit, ...]:
    """Return a commit and all its ancestors, oldest first.

    Raises:
        GitcorpusError: shallow-clone, if history was cut off when the repository was cloned.
        UnjudgedError: object-missing or object-broken.
    """
    refuse_shallow(repo)
    found: dict[Oid, Commit] = {}
    waiting = [tip]
    while waiting:
        oid = waiting.pop()
        if oid not in found:
            found[oid] = repo.commit(oid)
            waiting.extend(found[oid].parents)
    return order_commits(found.values())


def order_commits(commits: Iterable[Commit]) -> tuple[Commit, ...]:
    """Order commits: parents before children, otherwise by committer date and oid."""
    known = {commit.oid: commit for commit in commits}
    children: dict[Oid, list[Oid]] = {oid: [] for oid in known}
    parents_left = {}
    for oid, commit in known.items():
        parents = {parent for parent in commit.parents if parent in known}
        parents_left[oid] = len(parents)
        for parent in parents:
            children[parent].append(oid)
    ready = [(known[oid].committer.seconds, oid) for oid, left in parents_left.items() if not left]
    heapify(ready)
    ordered = []
    while ready:
        _, oid = heappop(ready)
        ordered.append(known[oid])
        for child in children[oid]:
            parents_left[child] -= 1
            if not parents_left[child]:
                heappush(ready, (known[child].committer.seconds, child))
    return tuple(ordered)


def oddities_of(repo: Repo, commits: Iterable[Oid]) -> Iterator[str]:
    """Yield a sentence for everything that is odd about the author and committer lines of some commits."""
    for oid in commits:
        for why in repo.commit(oid).odd:
            yield f"commit {oid[:12]}: {why}; it is read as `git log` reads it"


def refuse_shallow(repo: Repo) -> None:
    """Stop where only a part of history is there.

    Raises:
        GitcorpusError: shallow-clone.
    """
    if repo.is_shallow:
        raise GitcorpusError(
            "shallow-clone",
            "the repository is a shallow clone: the commits that lines came from are not all there",
            place=str(repo.path),
            hint="git fetch --unshallow",
        )
