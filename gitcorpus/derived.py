"""Files of derived state in a repository: only those that this account wrote here are read.

A repository may come with such files already in it, from whoever made it, and they would be believed. So their names
are sealed: a name holds a code of the real folder that it stands in, made with a key that only this account has
(`~/.cache/gitcorpus/key`). A file that came along has another name, or was sealed for another place or account, and
is never opened. A linked folder, or an account without a home, has no such files: what is found out is not kept.
"""

import hmac
import os
import pwd
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from secrets import token_bytes
from typing import Final

_FOLDER: Final = "gitcorpus"
_SIZE: Final = 32
CODE_SIZE: Final = 32
"""Bytes of a code."""
_PARTS: Final = ("", "-wal", "-shm")
"""What SQLite adds to the name of a file for those beside it."""
_NAME: Final = re.compile(r"([a-z]+)(?:-[0-9a-f]{32})?\.db(?:-wal|-shm)?")


def sealed(git_dir: Path, topic: str) -> Path | None:
    """Return the file of this account for one topic in a repository; none where nothing may be kept or believed.

    Files from before names were sealed are deleted when there is none of the new name.
    """
    folder = Path(os.path.realpath(git_dir)) / _FOLDER
    if folder.is_symlink() or (key := _key()) is None:
        return None
    code = hmac.digest(key, os.fsencode(folder / topic), "sha256")[:16].hex()
    found = folder / f"{topic}-{code}.db"
    if any(Path(f"{found}{part}").is_symlink() for part in _PARTS):
        return None
    if not found.exists():
        for part in _PARTS:
            with suppress(OSError):
                (folder / f"{topic}.db{part}").unlink()
    return found


def code_of(data: bytes) -> bytes | None:
    """Return the code of some bytes that only this account can make; none if it has no key."""
    key = _key()
    return hmac.digest(key, b"data\0" + data, "sha256") if key is not None else None


def every(git_dir: Path, topic: str) -> Iterator[Path]:
    """Yield all files of a topic, those of other accounts and places too: for counting or deleting, not for reading."""
    folder = git_dir / _FOLDER
    if not folder.is_symlink():
        for path in sorted(folder.glob(f"{topic}*.db*")):
            named = _NAME.fullmatch(path.name)
            if named is not None and named[1] == topic:
                yield path


def _key() -> bytes | None:
    """Return this account's key, which is made when it is first needed; none if it cannot be kept from others."""
    try:
        folder = Path(pwd.getpwuid(os.geteuid()).pw_dir) / ".cache" / "gitcorpus"
        try:
            return _read(folder / "key")
        except FileNotFoundError:
            _make(folder)
            return _read(folder / "key")
    except (OSError, KeyError):
        return None


def _read(path: Path) -> bytes | None:
    opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = os.fstat(opened)
        is_ours = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077
        key = os.read(opened, _SIZE) if is_ours else b""
    finally:
        os.close(opened)
    return key if len(key) == _SIZE else None


def _make(folder: Path) -> None:
    """Make the key whole or not at all; of several processes, the first one's counts."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f"key.{os.getpid()}.{token_bytes(4).hex()}"
    opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(opened, token_bytes(_SIZE))
        with suppress(FileExistsError):
            os.link(draft, folder / "key")
    finally:
        os.close(opened)
        draft.unlink()
