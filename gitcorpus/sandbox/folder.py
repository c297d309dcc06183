"""A fresh folder for one run of a tool: pushed files go in, nothing gets out, and all of it goes away.

A path is pushed content. So every step of it is opened by itself below the folder that was opened before, and no step
may be a link: whatever a path says, what is written stands below the folder. A path that git would never write is left
out and counted.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from errno import EEXIST, EILSEQ, EINVAL, EISDIR, ELOOP, ENAMETOOLONG, ENOTDIR
from itertools import count
from pathlib import Path
from secrets import token_hex
from tempfile import mkdtemp
from typing import Final, NamedTuple

from gitcorpus.sandbox.supervise import FOLDER

WORK: Final = "work"
HOME: Final = "home"
TEMPORARY: Final = "tmp"
SETTINGS: Final = "settings"

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NEVER: Final = frozenset({b"", b".", b"..", b".git"})
_OF_THE_PATH: Final = frozenset({EEXIST, EILSEQ, EINVAL, EISDIR, ELOOP, ENAMETOOLONG, ENOTDIR})
"""Errors that a path can bring about; all others are the machine's."""


class GivenFile(NamedTuple):
    """A regular file for a tool. Bytes of the path that are not UTF-8 stand as lone surrogates."""

    path: str
    data: bytes
    executable: bool = False


@contextmanager
def fresh_folder() -> Iterator[Path]:
    """Make a folder that only this account can enter, with room for what a tool is given and what it writes.

    What is below it may be read by all, since a sandbox shows it to an account of its own.
    """
    folder = Path(mkdtemp(prefix=FOLDER)).resolve()
    try:
        for name in (WORK, HOME, TEMPORARY, SETTINGS):
            (folder / name).mkdir()
            (folder / name).chmod(0o755)
        yield folder
    finally:
        remove_folder(folder)


def write_files(folder: Path, files: Iterable[GivenFile]) -> int:
    """Write files below a folder, and return how many were left out because of their paths."""
    top = os.open(folder, _FOLDER)
    try:
        return sum(not _write(top, file) for file in files)
    finally:
        os.close(top)


def _write(top: int, file: GivenFile) -> bool:
    """Write one file; tell whether its path could be had."""
    *folders, name = file.path.encode("utf-8", "surrogateescape").split(b"/")
    if any(step.lower() in _NEVER or b"\0" in step for step in (*folders, name)):
        return False
    at = os.dup(top)
    try:
        for step in folders:
            at = _enter(at, step)
        opened = os.open(name, _NEW_FILE, 0o600, dir_fd=at)
        with os.fdopen(opened, "wb") as target:
            target.write(file.data)
            os.fchmod(opened, 0o755 if file.executable else 0o644)
    except OSError as error:
        if error.errno not in _OF_THE_PATH:
            raise
        return False
    else:
        return True
    finally:
        os.close(at)


def _enter(at: int, step: bytes) -> int:
    """Open a folder below an open one, which is closed; it is made if it is not there."""
    with suppress(FileExistsError):
        os.mkdir(step, 0o700, dir_fd=at)
    inner = os.open(step, _FOLDER, dir_fd=at)
    os.fchmod(inner, 0o755)
    os.close(at)
    return inner


def remove_folder(folder: Path) -> None:
    """Remove a folder with all that a tool left in it, however deep and however closed; its processes are over."""
    names = (f"{token_hex(8)}-{number}" for number in count())
    waiting = [folder]
    while waiting:
        inner = waiting.pop()
        with suppress(OSError):
            waiting += _emptied(inner, folder, names)
    shutil.rmtree(folder, ignore_errors=True)


def _emptied(inner: Path, folder: Path, names: Iterator[str]) -> list[Path]:
    """Empty one folder; the folders in it move to the top, where their paths are short."""
    inner.chmod(0o700)
    moved = []
    with os.scandir(inner) as entries:
        found = list(entries)
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            target = folder / next(names)
            Path(entry.path).chmod(0o700)
            moved.append(Path(entry.path).rename(target))
        else:
            Path(entry.path).unlink()
    return moved
