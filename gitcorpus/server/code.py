"""Whether the code on the disk is still the one in memory: an upgrade shows in the files that were imported."""

import ctypes
import os
import select
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from gitcorpus.shipped import shipped_path

_SHIPPED: Final = ("specs", "schemas", "server_hooks")
_TOLD: Final = 0x2 | 0x4 | 0x8 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800
"""IN_MODIFY, IN_ATTRIB, IN_CLOSE_WRITE, IN_MOVED_FROM, IN_MOVED_TO, IN_CREATE, IN_DELETE, IN_DELETE_SELF and
IN_MOVE_SELF of inotify(7)."""


class Code:
    """The files that this process has imported, as they were then.

    Some hundred files are looked at only after the kernel has told of a change in one of their folders (inotify(7)),
    or always where it cannot tell. The events stay unread, so that processes forked meanwhile see them too.
    """

    def __init__(self) -> None:
        packages = Path(sysconfig.get_path("purelib"))
        files = _files()
        self._folders = sorted({path.parent for path in files} | {packages})
        self._roots = (packages, Path(__file__).parent, *map(shipped_path, _SHIPPED))
        self._told, self._placed = _listen(self._folders), self._places()
        self._seen = {path: _mark(path) for path in (*files, packages)}

    def is_changed(self) -> bool:
        """Tell whether any of them was changed since, or packages were installed beside them."""
        if self._told is not None and self._placed == self._places():
            poll = select.poll()
            poll.register(self._told, select.POLLIN)
            if not poll.poll(0):
                return False
        told = _listen(self._folders)  # first, so that what changes from now on is told again
        if any(_mark(path) != mark for path, mark in self._seen.items()):
            _close(told)
            return True
        _close(self._told)
        self._told, self._placed = told, self._places()
        return False

    def _places(self) -> list[tuple[int, int] | None]:
        """Return which folders the code stands in: no folder tells that another one has taken its place."""
        return [(found.st_dev, found.st_ino) if (found := _stat(root)) else None for root in self._roots]


def _files() -> list[Path]:
    ours = [module for name, module in sys.modules.items() if name.partition(".")[0] == "gitcorpus"]
    paths = [Path(file) for module in ours if (file := getattr(module, "__file__", None))]
    paths += [
        path
        for folder in _SHIPPED
        for path in shipped_path(folder).rglob("*.*")
        if path.suffix in (".py", ".sh", ".yaml", ".json")
    ]
    return paths


def _mark(path: Path) -> tuple[int, int, int] | None:
    found = _stat(path)
    return (found.st_mtime_ns, found.st_size, found.st_ino) if found else None


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _listen(folders: Iterable[Path]) -> int | None:
    """Return a descriptor that can be read once anything in the folders has changed; none where there is no such."""
    try:
        libc = ctypes.CDLL(None)
        told: int = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if told < 0:
            return None
        if all(libc.inotify_add_watch(told, os.fsencode(folder), _TOLD) >= 0 for folder in folders):
            return told
    except (OSError, AttributeError):
        return None
    os.close(told)
    return None


def _close(told: int | None) -> None:
    if told is not None:
        os.close(told)
