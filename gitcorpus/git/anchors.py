"""A reference whose history says how far a ledger had come: commits of nothing, each the child of the one before.

A clone fetches it by name, and a plain fetch refuses one that went back. It is written after every push, so it is
written without git: one loose object and one file. git's own lock of the reference is respected.
"""

import hashlib
import os
import re
import zlib
from contextlib import suppress
from pathlib import Path
from time import time
from typing import Final, NamedTuple

from gitcorpus.durable import sync_path
from gitcorpus.git.repo import Repo
from gitcorpus.model.place import Oid

REF: Final = "refs/gitcorpus/ledger-head"
_BY: Final = "gitcorpus <gitcorpus@localhost>"
_STALE: Final = 600.0
"""Seconds after which the lock of a killed writer is taken away: git holds one for an instant."""
_MESSAGE: Final = re.compile(r"ledger entry ([0-9]+)\n\ndigest: (sha256:[0-9a-f]{64})\nappended_at: (\S+)\n")


class Anchor(NamedTuple):
    """Number, digest and time of the ledger's newest entry, as a commit says it."""

    number: int
    digest: str
    appended_at: str

    @property
    def message(self) -> str:
        """Return the message of the commit."""
        return f"ledger entry {self.number}\n\ndigest: {self.digest}\nappended_at: {self.appended_at}\n"


def read_anchor(repo: Repo) -> Anchor | None:
    """Return what the reference says; none where it is not there, or is none of ours."""
    oid = repo.ref(REF)
    found = _MESSAGE.fullmatch(repo.commit(oid).message) if oid is not None else None
    return Anchor(int(found[1]), found[2], found[3]) if found else None


def anchor_oid(git_dir: Path) -> Oid | None:
    """Return the commit that the reference names, without opening the repository."""
    with suppress(FileNotFoundError):
        return Oid((git_dir / REF).read_text(encoding="ascii").strip())
    with suppress(FileNotFoundError):
        for line in (git_dir / "packed-refs").read_bytes().splitlines():
            if line.endswith(b" " + REF.encode()):
                return Oid(line.split(b" ")[0].decode("ascii"))
    return None


def write_anchor(git_dir: Path, anchor: Anchor, seconds: int) -> Oid | None:
    """Make the next commit and let the reference name it; none if another writer is at it.

    Raises:
        OSError: what the disk says.
    """
    lock = git_dir / f"{REF}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    except FileExistsError:
        with suppress(FileNotFoundError):
            if time() - lock.stat().st_mtime > _STALE:
                lock.unlink()
        return None
    try:
        with os.fdopen(descriptor, "wb") as file:
            before = anchor_oid(git_dir)
            oid = _commit(git_dir, anchor, before, seconds)
            file.write(f"{oid}\n".encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
        lock.replace(git_dir / REF)
    except BaseException:
        lock.unlink(missing_ok=True)
        raise
    return oid


def _commit(git_dir: Path, anchor: Anchor, parent: Oid | None, seconds: int) -> Oid:
    is_long = re.search(rb"(?im)^\s*objectformat\s*=\s*sha256", (git_dir / "config").read_bytes())
    algorithm = "sha256" if is_long else "sha1"
    tree = _write(git_dir, b"tree", b"", algorithm)
    lines = [f"tree {tree}", *([f"parent {parent}"] if parent else [])]
    lines += [f"author {_BY} {seconds} +0000", f"committer {_BY} {seconds} +0000", "", anchor.message]
    return _write(git_dir, b"commit", "\n".join(lines).encode("utf-8"), algorithm)


def _write(git_dir: Path, kind: bytes, data: bytes, algorithm: str) -> Oid:
    """Write a loose object, and see it to the disk before anything names it."""
    whole = kind + b" %d\0" % len(data) + data
    oid = hashlib.new(algorithm, whole, usedforsecurity=False).hexdigest()
    path = git_dir / "objects" / oid[:2] / oid[2:]
    if path.exists():
        return Oid(oid)
    path.parent.mkdir(exist_ok=True)
    part = path.with_name(f"tmp_obj_{os.getpid()}_{oid[2:10]}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o444)
    with os.fdopen(descriptor, "wb") as file:
        file.write(zlib.compress(whole))
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_path(path.parent)
    return Oid(oid)
