"""Which commit, path and line every line of some files came from, for a file as for whole folders."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from gitcorpus.errors import GitcorpusError
from gitcorpus.git.attribution.attribute import attribute
from gitcorpus.git.attribution.blame import Extent
from gitcorpus.git.attribution.ignored import read_ignored
from gitcorpus.git.attribution.kept import kept_at
from gitcorpus.git.repo import Repo
from gitcorpus.git.snapshot import no_such_path
from gitcorpus.git.worktree import Found, tree_path
from gitcorpus.model.attribution import Attribution, Blamed, Origin
from gitcorpus.model.place import Oid
from gitcorpus.model.progress import Progress
from gitcorpus.model.tree import GITLINK, TreeEntry, is_binary

_MOST: Final = 10_000_000
"""Most entries of a folder."""
_COMMITS: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whose lines are asked for, as somebody wrote it."""

    words: tuple[str, ...]
    """Files and folders."""
    folder: Path
    """The absolute folder that they start from."""
    rev: str
    moved: bool = False
    """Whether lines keep their origin when they are moved or copied."""
    ignored: str = ""
    """The file of the commit, from its root, that lists commits to look through; empty for none."""


class Skipped(NamedTuple):
    """How many files below the folders were left out."""

    binaries: int
    submodules: int


class Blame:
    """The answer, file by file."""

    def __init__(
        self, repo: Repo, commit: Oid, files: Iterable[tuple[TreeEntry, Attribution]], skipped: Skipped
    ) -> None:
        self.commit = commit
        self.skipped = skipped
        self._repo = repo
        self._files = tuple(files)
        self._cut_off = repo.cut_off
        self.origin = lru_cache(_COMMITS)(self._origin)
        """Returns what is known of a commit by its oid."""

    def __len__(self) -> int:
        return len(self._files)

    def __iter__(self) -> Iterator[Blamed]:
        """Yield the files, in the order of their paths."""
        for entry, runs in self._files:
            yield Blamed(entry.path, self._repo.read_blob(entry.oid), runs)

    def _origin(self, oid: Oid) -> Origin:
        commit = self._repo.commit(oid)
        return Origin(commit, not commit.parents or oid in self._cut_off)


def blame(found: Found, asked: Asked, progress: Progress) -> Blame:
    """Attribute files, and all text files below folders; a file that is named may be binary.

    Raises:
        GitcorpusError: no-such-revision or no-such-path; ignored-broken, if the list of commits cannot be read.
        UnjudgedError: git-missing or git-failed.
    """
    repo = found.repo
    commit = _commit(repo, asked.rev)
    wanted, skipped = _wanted(
        repo, commit, [tree_path(found.work, asked.folder, word) for word in asked.words]
    )
    ignored = read_ignored(repo, commit, asked.ignored) if asked.ignored else ()
    files = attribute(
        repo,
        commit,
        list(wanted),
        extent=Extent(asked.moved, ignored),
        keep=kept_at(repo),
        progress=lambda done: progress("attributing", done, len(wanted)),
    )
    return Blame(repo, commit, ((wanted[path], files[path]) for path in sorted(wanted)), skipped)


def _commit(repo: Repo, rev: str) -> Oid:
    commit = repo.resolve(rev)
    if commit is None:
        hint = "see what there is: git branch --all && git tag"
        raise GitcorpusError("no-such-revision", f"`{rev}` is no commit, branch or tag", hint=hint)
    return commit


def _wanted(repo: Repo, commit: Oid, paths: Iterable[str]) -> tuple[dict[str, TreeEntry], Skipped]:
    snapshot = repo.snapshot(commit)
    named: dict[str, TreeEntry] = {}
    below: dict[str, TreeEntry] = {}
    for path in paths:
        entry = snapshot.entry(path) if path else None
        if entry is not None:
            named[path] = entry
        elif snapshot.subtree(path) is not None:
            below |= {each.path: each for each in snapshot.entries(path, limit=_MOST)}
        else:
            raise no_such_path(path, commit)
    submodules = {path for path, each in below.items() if each.mode == GITLINK}
    binaries = {
        path
        for path, each in below.items()
        if path not in named and path not in submodules and is_binary(repo.read_blob(each.oid))
    }
    text = {path: each for path, each in below.items() if path not in submodules | binaries}
    return text | named, Skipped(len(binaries), len(submodules))
