"""Where a repository's attribution is kept, how much it is, and how it is forgotten.

None of it needs what finds attribution out, so that a server's light install can count and forget it too.
"""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

from gitcorpus import derived
from gitcorpus.git.repo import Repo

_TOPIC: Final = "attribution"


def kept_at(repo: Repo) -> Path | None:
    """Return the file in which a repository's attribution is kept; it may be deleted at any time. None if it is not."""
    return derived.sealed(repo.path, _TOPIC)


def count_kept(repo: Repo) -> tuple[int, int]:
    """Return how many versions of files are known, and how many bytes that takes."""
    path = kept_at(repo)
    if path is None:
        return 0, 0
    return count(path), sum(each.stat().st_size for each in files_of(path))


def forget_kept(repo: Repo) -> int:
    """Forget what is known; return of how many versions of files."""
    path = kept_at(repo)
    n_known = count(path) if path is not None else 0
    for each in derived.every(repo.path, _TOPIC):
        each.unlink(missing_ok=True)
    return n_known


def files_of(path: Path) -> list[Path]:
    """Return the files that what is kept stands in, as far as they are there."""
    names = (path, Path(f"{path}-wal"), Path(f"{path}-shm"))
    return [name for name in names if name.exists()]


def count(path: Path) -> int:
    """Return how many versions of files are known; none where nothing is kept, or it cannot be read."""
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as opened,
    ):
        return int(opened.execute("SELECT count(*) FROM nodes").fetchone()[0])
    return 0
