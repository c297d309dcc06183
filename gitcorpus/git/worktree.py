"""A work tree, and the commit that it or its index would become, without a write into the repository.

git itself makes the tree, but in a git folder of our own that only borrows: a copy of the index, the repository's
objects to read, and those few of its settings that say which bytes a file becomes. So what `git add` makes lands in
that folder and is gone afterwards, and none of the repository's hooks, filters and monitors is known there, so that
none can run. All that changes in the repository is a time: where git makes an object that is there already, it marks
the old one as still in use.
"""

import os
import shlex
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import pygit2

from gitcorpus.errors import GitcorpusError, UnjudgedError
from gitcorpus.git.borrowed import Borrower, borrowed
from gitcorpus.git.pipes import refuse_door, refuse_pipes_in_work_tree
from gitcorpus.git.repo import Repo
from gitcorpus.git.user import User
from gitcorpus.model.place import Oid

_BORROWED: Final = (
    "core.attributesFile",
    "core.autocrlf",
    "core.checkStat",
    "core.eol",
    "core.excludesFile",
    "core.fileMode",
    "core.ignoreCase",
    "core.precomposeUnicode",
    "core.symlinks",
    "core.trustctime",
)
"""Settings that say which bytes a file becomes; none of them names a program."""
_PINNED: Final[Mapping[str, str]] = {
    "core.fsmonitor": "false",
    "core.hooksPath": "/dev/null",
    "core.safecrlf": "false",
    "core.untrackedCache": "false",
}


class WorkTree(NamedTuple):
    """A folder that is checked out, and the git folder that holds its index."""

    root: Path
    git_dir: Path


class Found(NamedTuple):
    """A repository, and its work tree if it has one."""

    repo: Repo
    work: WorkTree | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A commit that nobody has made yet."""

    parent: Oid
    staged: bool
    """Whether only the index counts, and not what is changed in the work tree."""
    index: Path | None
    """Another index than the work tree's own, such as the one that git makes for `git commit FILE`."""
    author: User
    now: datetime


def find_repository(folder: Path) -> Found:
    """Open the repository around a folder, with its work tree if it has one.

    The work tree is the folder in which its `.git` stands: a setting that leads elsewhere is not obeyed.

    Raises:
        GitcorpusError: not-a-repository; repository-not-owned, if it belongs to another account; work-tree-elsewhere,
            if its settings name another work tree.
    """
    for above in (folder.absolute(), *folder.absolute().parents):
        if os.path.lexists(above / ".git"):
            refuse_door(above / ".git")
            break
    found = pygit2.discover_repository(str(folder)) if folder.is_dir() else None
    repo = Repo.open(Path(found) if found else folder)
    repository = pygit2.Repository(found or str(folder))
    if repository.is_bare:
        return Found(repo, None)
    root, git_dir = (Path(os.path.realpath(each)) for each in (repository.workdir, repository.path))
    at = folder.resolve()
    if root != next((above for above in (at, *at.parents) if (above / ".git").exists()), None):
        sentence = f"core.worktree in its settings names another work tree, {root}, which is not looked at"
        hint = f"git --git-dir={shlex.quote(str(git_dir))} config --unset core.worktree"
        raise GitcorpusError("work-tree-elsewhere", sentence, place=str(git_dir / "config"), hint=hint)
    return Found(repo, WorkTree(root, git_dir))


def tree_path(work: WorkTree | None, folder: Path, word: str) -> str:
    """Return a path as the tree has it: from the root of the work tree; empty for all of it.

    Raises:
        GitcorpusError: no-such-path, if it leads out of the work tree.
    """
    if work is None:
        named = os.path.normpath(word)
        return "" if named == os.curdir else named
    written = Path(os.path.normpath(folder / word))
    full = written.parent.resolve() / written.name
    if not full.is_relative_to(work.root):
        sentence = "it is outside of the work tree"
        raise GitcorpusError("no-such-path", sentence, place=word, hint=f"the work tree is {work.root}")
    return full.relative_to(work.root).as_posix() if full != work.root else ""


@contextmanager
def drafted(repo: Repo, work: WorkTree, draft: Draft) -> Iterator[tuple[Repo, Oid]]:
    """Make the commit in a folder of our own, and open the repository with it for a while.

    Raises:
        GitcorpusError: index-unmerged, if the index holds conflicts.
        UnjudgedError: work-tree-unreadable, if git cannot take up a file; git-missing or git-failed.
    """
    with borrowed(repo.stores) as git:
        _lend(repo, work, git.git_dir, draft.index)
        variables = _variables(repo, work, draft)
        _refuse_unmerged(git.run("ls-files", "--unmerged", "-z", variables=variables))
        if not draft.staged:
            refuse_pipes_in_work_tree(work.root)
            _add_all(git, variables)
        tree = git.run("write-tree", "--missing-ok", variables=variables).decode().strip()
        words = ("commit-tree", tree, "-p", draft.parent)
        commit = git.run(*words, stdin=b"what would be committed\n", variables=variables)
        yield Repo.open(work.git_dir, also=git.git_dir / "objects"), Oid(commit.decode().strip())


def _lend(repo: Repo, work: WorkTree, git_dir: Path, index: Path | None) -> None:
    """Let git start from a copy of the repository's index."""
    copied = {path.name: path for path in work.git_dir.glob("sharedindex.*")}
    copied |= {"index": index or work.git_dir / "index"}
    copied |= {name: repo.path / name for name in ("info/exclude", "info/attributes")}
    for name, path in copied.items():
        if path.is_file():
            shutil.copy2(path, git_dir / name)  # with its time, by which git knows what it must look at again
    if git_dir.is_relative_to(work.root):
        with (git_dir / "info/exclude").open("ab") as exclude:
            exclude.write(b"\n/" + os.fsencode(git_dir.relative_to(work.root)) + b"/\n")


def _variables(repo: Repo, work: WorkTree, draft: Draft) -> dict[str, str]:
    """Return git's variables: the work tree, the settings, and whose commit it is."""
    borrowed = {name: value for name in _BORROWED if (value := repo.config(name)) is not None}
    settings = {**borrowed, **_PINNED}
    variables = {"GIT_WORK_TREE": str(work.root), "GIT_CONFIG_COUNT": str(len(settings))}
    for number, (name, value) in enumerate(settings.items()):
        variables |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    for role in ("AUTHOR", "COMMITTER"):
        variables[f"GIT_{role}_NAME"] = draft.author.name or "nobody"
        variables[f"GIT_{role}_EMAIL"] = draft.author.email or "nobody"
        variables[f"GIT_{role}_DATE"] = f"@{int(draft.now.timestamp())} +0000"
    return variables


def _add_all(git: Borrower, variables: Mapping[str, str]) -> None:
    try:
        git.run("add", "--all", variables=variables)
    except UnjudgedError as error:
        if error.code != "git-failed":
            raise
        sentence = f"git cannot take up every file: {error.sentence}"
        hint = "mend the file, or let .gitignore name it; which one it is: git add --all --dry-run"
        raise UnjudgedError("work-tree-unreadable", sentence, hint=hint) from error


def _refuse_unmerged(listed: bytes) -> None:
    paths = sorted({os.fsdecode(line.partition(b"\t")[2]) for line in listed.split(b"\0") if line})
    if paths:
        others = f", and {len(paths) - 1} more" if len(paths) > 1 else ""
        sentence = f"the index holds a conflict that is not resolved{others}"
        hint = "mend the file, then git add it; or git merge --abort"
        raise GitcorpusError("index-unmerged", sentence, place=paths[0], hint=hint)
