"""One regular file of a work tree, read, and exchanged for another with the same name and mode.

A path of a tree is what somebody pushed or unpacked. So every step of it is opened by itself below the folder that was
opened before, and no step may be a link: what is read and written stands inside the work tree.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, ENXIO
from pathlib import Path
from secrets import token_hex
from typing import Final

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NEVER: Final = frozenset({"", ".", "..", ".git"})
_ABSENT: Final = frozenset({ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, ENXIO})


def read_work_file(root: Path, path: str) -> bytes | None:
    """Return a file's bytes; none if no regular file stands there, or only behind a link."""
    with _parent(root, path) as folder:
        return None if folder is None else _read(folder, path.rpartition("/")[2])


def exchange_work_file(root: Path, path: str, *, old: bytes, new: bytes) -> bool:
    """Put other bytes into the place of those that were read; tell whether these were still there.

    A reader sees either all of the old bytes or all of the new ones.
    """
    name = path.rpartition("/")[2]
    with _parent(root, path) as folder:
        if folder is None or _read(folder, name) != old:
            return False
        like = os.stat(name, dir_fd=folder, follow_symlinks=False)
        beside = f".gitcorpus-{token_hex(8)}"
        try:
            _write(folder, beside, new, like)
            if _read(folder, name) != old:
                return False
            os.rename(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(beside, dir_fd=folder)
        os.fsync(folder)
    return True


@contextmanager
def _parent(root: Path, path: str) -> Iterator[int | None]:
    """Open the folder of a file, step by step; none if it is not there, or only behind a link."""
    steps = path.split("/")
    if any(step.lower() in _NEVER for step in steps):
        yield None
        return
    at: int | None = os.open(root, _FOLDER & ~os.O_NOFOLLOW)
    try:
        for step in steps[:-1]:
            at = _enter(at, step) if at is not None else None
        yield at
    finally:
        if at is not None:
            os.close(at)


def _enter(at: int, step: str) -> int | None:
    """Open a folder below an open one, which is closed."""
    try:
        return os.open(step, _FOLDER, dir_fd=at)
    except OSError as error:
        if error.errno not in _ABSENT:
            raise
        return None
    finally:
        os.close(at)


def _read(folder: int, name: str) -> bytes | None:
    try:
        opened = os.open(name, _FILE, dir_fd=folder)
    except OSError as error:
        if error.errno not in _ABSENT:
            raise
        return None
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        return None
    with os.fdopen(opened, "rb") as file:
        return file.read()


def _write(folder: int, name: str, data: bytes, like: os.stat_result) -> None:
    """Write a new file with the mode of another one, and its owner if the account may give files away."""
    opened = os.open(name, _NEW_FILE, 0o600, dir_fd=folder)
    with os.fdopen(opened, "wb") as file:
        file.write(data)
        file.flush()
        with suppress(PermissionError):
            os.fchown(opened, like.st_uid, like.st_gid)
        os.fchmod(opened, like.st_mode & 0o777)
        os.fsync(opened)
