"""Writes a release whole or not at all, and never over an existing one."""

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gitcorpus.durable import sync_path
from gitcorpus.errors import GitcorpusError


def refuse_taken(target: Path) -> None:
    """Refuse a target that is there or cannot be made, before any work is done for it.

    Raises:
        GitcorpusError: target-exists or target-unwritable.
    """
    if target.exists() or target.is_symlink():
        hint = "a release is never written over another: name a new folder with -o"
        raise GitcorpusError("target-exists", f"{target} exists already", hint=hint)
    parent = target.absolute().parent
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        missing = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        denied = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        raise _explain(denied if parent.is_dir() else missing, parent)


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """Give an empty folder beside `target` to write to; on a clean end it becomes `target`.

    Raises:
        GitcorpusError: target-exists, target-unwritable or disk-full; nothing is left behind then, nor after
            any other exception.
    """
    refuse_taken(target)
    parent = target.absolute().parent
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.partial-", dir=parent))
    except OSError as error:
        raise _explain(error, parent) from error
    try:
        yield folder
        folder.chmod(0o755)
        sync_tree(folder)
        _rename(folder, target)
        sync_path(parent)
    except OSError as error:
        raise _explain(error, parent) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _rename(folder: Path, target: Path) -> None:
    """Move the folder into place; an empty folder that came up meanwhile is no release and is refused too."""
    if target.exists():
        raise FileExistsError(errno.EEXIST, "exists", str(target))
    folder.rename(target)


def sync_tree(folder: Path) -> None:
    """Bring every file and folder to the disk."""
    for place, _, files in os.walk(folder):
        for name in files:
            sync_path(Path(place) / name)
        sync_path(Path(place))


def _explain(error: OSError, parent: Path) -> GitcorpusError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return GitcorpusError(
            "disk-full", f"no room below {parent}", hint="make room, or name another folder with -o"
        )
    if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
        return GitcorpusError("target-exists", f"{error.filename} came up meanwhile")
    why = error.strerror or str(error)
    hint = "name a folder that you may write to with -o"
    return GitcorpusError("target-unwritable", f"cannot write below {parent}: {why}", hint=hint)


def file_digest(path: Path) -> str:
    """Return the sha256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_below(folder: Path) -> list[str]:
    """Return the paths of all that stands below a folder and is no folder, sorted."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    )


def write_sums(folder: Path) -> None:
    """Write `SHA256SUMS`, as `sha256sum --check` reads it, over all other files."""
    lines = [f"{file_digest(folder / name)}  {name}\n" for name in files_below(folder)]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")
