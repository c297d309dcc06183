"""Keeps what a push brought after git has thrown it away: its objects, and a reference that holds them."""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

from gitcorpus.git.command import run_git
from gitcorpus.git.repo import Repo
from gitcorpus.model.place import Oid

_LAST: Final = ".idx"
"""A pack is there for others once its index is, so that comes last."""


def keep_objects(repo: Repo, quarantine: str) -> None:
    """Bring the objects of a push's quarantine into the repository's own store; those that are there stay.

    Raises:
        OSError: what the disk says.
    """
    store, found = repo.path / "objects", repo.path / quarantine
    files = sorted(
        (path for path in found.rglob("*") if path.is_file() and not path.is_symlink()),
        key=lambda path: (path.suffix == _LAST, path),
    )
    for path in files:
        inner = path.relative_to(found)
        if len(inner.parts) == 2 and (inner.parts[0] == "pack" or len(inner.parts[0]) == 2):  # noqa: PLR2004 - folder and file
            _bring(path, store / inner)


def _bring(path: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    with suppress(FileExistsError):
        try:
            os.link(path, target)
        except FileExistsError:
            raise
        except OSError:  # another file system, or one without links
            partial = target.with_name(f"tmp_{target.name}.{os.getpid()}")
            shutil.copyfile(path, partial)
            partial.chmod(0o444)
            partial.replace(target)


def hold(repo: Repo, name: str, oid: Oid) -> None:
    """Make a reference.

    Raises:
        UnjudgedError: git-failed.
    """
    run_git(repo.path, "update-ref", name, oid)


def let_go(repo: Repo, name: str) -> None:
    """Take a reference away; what it alone held is thrown away by git in time.

    Raises:
        UnjudgedError: git-failed.
    """
    run_git(repo.path, "update-ref", "-d", name)
