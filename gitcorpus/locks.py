"""Locks that no other account can take, and waits that end.

flock(2) needs no right to write: every account that can open a file can lock it, for as long as it likes. So a lock
file is its owner's alone (0600), also one that was made with other rights. A process waits for a lock for some seconds,
and says then which lock it is and which process holds it. A pipe in the place of a file is refused, and not waited for.
"""

import fcntl
import os
import shlex
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from gitcorpus.errors import UnjudgedError

PATIENCE: Final = 8.0
"""Most seconds that a push waits for one lock; git's client waits for all of them."""
OTHERS: Final = 0o077
"""The rights of every account but the owner."""
_FIRST: Final = 0.001
_LONGEST: Final = 0.02
_LOCKS: Final = Path("/proc/locks")


@contextmanager
def locked(path: Path, *, seconds: float = PATIENCE) -> Iterator[None]:
    """Hold a lock file, which is made if it is not there.

    Raises:
        UnjudgedError: lock-held, if it cannot be had in time.
        OSError: what the disk says, and that it is no regular file.
    """
    deadline = monotonic() + seconds
    while True:
        descriptor = open_private(path)
        try:
            if not _take(descriptor, deadline - monotonic()):
                raise _held(path, seconds)
            if _is_at(path, descriptor):
                yield
                return
        finally:
            os.close(descriptor)


def open_private(path: Path) -> int:
    """Open a file for writing that only its owner may open, which is made if it is not there.

    Raises:
        OSError: what the disk says, and that it is no regular file.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        found = _regular(descriptor, path)
        if found.st_mode & OTHERS:
            with suppress(PermissionError):  # another account owns it, which the doctor names
                os.fchmod(descriptor, 0o600)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def make_private(path: Path) -> None:
    """See to it that only its owner may open a file of SQLite and those beside it; others could lock them.

    Raises:
        OSError: what the disk says, and that it is no regular file.
    """
    was_exposed = path.exists() and path.stat().st_mode & OTHERS
    os.close(open_private(path))
    for ending in ("-wal", "-shm") if was_exposed else ():
        with suppress(FileNotFoundError, PermissionError):
            Path(f"{path}{ending}").chmod(0o600)


def try_locked(path: Path) -> int | None:
    """Take a lock that is free and return its descriptor, which lets go of it when it is closed; none if it is held.

    Raises:
        OSError: what the disk says, and that it is no regular file.
    """
    descriptor = open_private(path)
    if _take(descriptor, 0):
        return descriptor
    os.close(descriptor)
    return None


def read_regular(path: Path) -> bytes:
    """Read a file as long as it is now, and never wait for a pipe that stands in its place.

    Raises:
        OSError: what the disk says, and that it is no regular file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(_regular(descriptor, path).st_size)


def holder(path: Path) -> str:
    """Name the process that holds a lock on a file, as far as `/proc` tells; empty if it does not."""
    try:
        found = path.stat()
        lines = _LOCKS.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return ""
    device = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}"
    for line in lines:
        words = line.split()  # 1: FLOCK ADVISORY WRITE 708 00:13:5345 0 EOF
        if words[1:2] == ["->"] or len(words) < len("nameless"):
            continue  # one that waits
        at, _, inode = words[5].rpartition(":")
        pid = words[4]
        if inode == str(found.st_ino) and pid.isdecimal() and (at == device or _has_open(pid, found)):
            return f"process {pid}{_command(pid)}"
    return ""


def _is_at(path: Path, descriptor: int) -> bool:
    """Tell whether a file still has its name: one that was moved away meanwhile locks out nobody."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _regular(descriptor: int, path: Path) -> os.stat_result:
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(None, "it is no regular file", str(path))
    return found


def _take(descriptor: int, seconds: float) -> bool:
    """Take a lock within some seconds; asked for again and again, since flock(2) itself waits without an end."""
    deadline, pause = 0.0, _FIRST
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        now = monotonic()
        deadline = deadline or now + seconds
        if now >= deadline:
            return False
        sleep(min(pause, deadline - now))
        pause = min(2 * pause, _LONGEST)


def _held(path: Path, seconds: float) -> UnjudgedError:
    by = holder(path)
    sentence = f"{by or 'another process'} holds this lock, and did not let go of it for {seconds:g} s"
    pid = by.split()[1] if by else ""
    look = f"ps -o pid,user,stat,args -p {pid}" if pid else f"fuser -v {shlex.quote(str(path))}"
    hint = f"an administrator looks at that process, `{look}`, and ends it if it is stuck; then push again"
    return UnjudgedError("lock-held", sentence, place=str(path), hint=hint)


def _has_open(pid: str, wanted: os.stat_result) -> bool:
    """Tell whether a process has a file open: some file systems write other numbers of devices into `/proc/locks`."""
    with suppress(OSError):
        return any(os.path.samestat(path.stat(), wanted) for path in Path(f"/proc/{pid}/fd").iterdir())
    return False


def _command(pid: str) -> str:
    with suppress(OSError, ValueError):
        name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
        return f" ({name})" if name.isprintable() else ""
    return ""
