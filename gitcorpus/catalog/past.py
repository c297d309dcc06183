"""Who worked on a solution, when first and last, and what every commit changed in its folder.

A merge counts only for what it has from none of its parents. Folders are not followed through renames; where the
lines of a file came from is another question, and `git blame` answers it.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from gitcorpus.git.changes import Landed
from gitcorpus.model.contributors import Contributors
from gitcorpus.model.place import Oid
from gitcorpus.model.progress import Progress
from gitcorpus.model.steps import Touched
from gitcorpus.model.tree import Change


class Past(NamedTuple):
    """The commits of one solution, oldest first, with what each changed in it."""

    touched: tuple[Touched, ...] = ()

    @property
    def n_commits(self) -> int:
        """How many there are."""
        return len(self.touched)

    @property
    def first(self) -> Oid | None:
        """The first, if there is one."""
        return self.touched[0].commit.oid if self.touched else None

    @property
    def last(self) -> Oid | None:
        """The last, if there is one."""
        return self.touched[-1].commit.oid if self.touched else None

    def authors(self, contributors: Contributors) -> tuple[str, ...]:
        """Return ids of contributors, or e-mail addresses of those who are not known, sorted."""
        emails = {each.commit.author.email for each in self.touched}
        people = {email: contributors.person(email) for email in emails}
        return tuple(sorted({person.id if person else email for email, person in people.items()}))


def read_pasts(
    history: Iterable[Landed], n_commits: int, roots: Collection[str], *, progress: Progress
) -> dict[str, Past]:
    """Return the past of every folder; `history` is what all commits that there are changed, oldest first.

    Raises:
        UnjudgedError: git-missing or git-failed.
    """
    found: dict[str, list[Touched]] = {root: [] for root in sorted(roots)}
    for done, (commit, changes) in enumerate(history):
        progress("reading history", done, n_commits)
        by_root: dict[str, list[Change]] = {}
        for change in changes:
            for root in _roots(change.path, found):
                by_root.setdefault(root, []).append(change)
        for root, within in by_root.items():
            found[root].append(Touched(commit, tuple(within), len(changes)))
    return {root: Past(tuple(touched)) for root, touched in found.items()}


def _roots(path: str, roots: Collection[str]) -> Iterator[str]:
    """Return the solution folders above a path."""
    end = path.rfind("/")
    while end > 0:
        if path[:end] in roots:
            yield path[:end]
        end = path.rfind("/", 0, end)
