"""What two commits become when they are merged, without a work tree and without a write into the repository.

git itself merges (`git merge-tree`, git 2.38) over borrowed objects, where no merge driver is known.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from gitcorpus.git.borrowed import borrowed
from gitcorpus.git.repo import Repo
from gitcorpus.git.trees import decode_path
from gitcorpus.model.place import Oid

_SOMEBODY = {f"GIT_{role}_{part}": "nobody" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
_SOMETIME = {f"GIT_{role}_DATE": "@0 +0000" for role in ("AUTHOR", "COMMITTER")}


class Merged(NamedTuple):
    """The repository with the objects of the merge, and the commit that it would make; none if there are conflicts."""

    repo: Repo
    commit: Oid | None
    conflicts: tuple[str, ...]
    """Paths that somebody has to mend."""


@contextmanager
def merged(repo: Repo, ours: Oid, theirs: Oid) -> Iterator[Merged]:
    """Merge two commits, and open the repository with the result for a while.

    Raises:
        UnjudgedError: git-missing or git-failed.
    """
    with borrowed(repo.stores) as git:
        said = git.run("merge-tree", "--write-tree", "-z", "--name-only", ours, theirs, ok=(0, 1))
        tree, *rest = said.split(b"\0")
        paths = rest[: rest.index(b"")] if b"" in rest else []
        if paths:
            yield Merged(repo, None, tuple(map(decode_path, dict.fromkeys(paths))))
            return
        words = ("commit-tree", tree.decode(), "-p", ours, "-p", theirs)
        made = git.run(*words, stdin=b"what a merge would make\n", variables={**_SOMEBODY, **_SOMETIME})
        yield Merged(repo.beside(git.git_dir / "objects"), Oid(made.decode().strip()), ())
