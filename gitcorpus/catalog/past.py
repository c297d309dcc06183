"""Who worked on a solution, and when first and last: the commits that changed something in its folder.

A merge counts only for what it has from none of its parents. Folders are not followed through renames; where the
lines of a file came from is another question, and `git blame` answers it.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from gitcorpus.git.changes import commit_changes
from gitcorpus.git.repo import Repo
from gitcorpus.model.contributors import Contributors
from gitcorpus.model.place import Oid
from gitcorpus.model.progress import Progress
from gitcorpus.model.tree import Commit


class Past(NamedTuple):
    """The commits of one solution: their authors, how many there are, the first and the last."""

    authors: tuple[str, ...] = ()
    """Ids of contributors, or e-mail addresses of those who are not known, sorted."""
    n_commits: int = 0
    first: Oid | None = None
    last: Oid | None = None


def read_pasts(
    repo: Repo,
    commits: Sequence[Commit],
    roots: Collection[str],
    *,
    contributors: Contributors,
    progress: Progress,
) -> dict[str, Past]:
    """Return the past of every folder; `commits` are all that there are, oldest first.

    Raises:
        UnjudgedError: tree-too-large, object-missing or object-broken.
    """
    pasts = dict.fromkeys(sorted(roots), Past())
    for done, commit in enumerate(commits):
        progress("reading history", done, len(commits))
        paths = (change.path for change in commit_changes(repo, commit))
        for root in sorted({root for path in paths for root in _roots(path, pasts)}):
            pasts[root] = _extended(pasts[root], commit, contributors)
    return pasts


def _roots(path: str, roots: Collection[str]) -> Iterator[str]:
    """Return the solution folders above a path."""
    end = path.rfind("/")
    while end > 0:
        if path[:end] in roots:
            yield path[:end]
        end = path.rfind("/", 0, end)


def _extended(past: Past, commit: Commit, contributors: Contributors) -> Past:
    person = contributors.person(commit.author.email)
    author = person.id if person else commit.author.email
    authors = tuple(sorted({*past.authors, author}))
    return Past(authors, past.n_commits + 1, past.first or commit.oid, commit.oid)
