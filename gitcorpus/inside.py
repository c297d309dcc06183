"""Regular files inside a folder that others may have made, and nothing else.

The maker of a release wrote the paths that its manifest names. So each is opened step by step below the folder, no step
may be a link, and what is opened must be a regular file: a pipe that never ends and a device are not even waited for.
All readers of a release open its files here.
"""

import hashlib
import os
import stat
from io import BufferedReader
from pathlib import Path
from typing import Final, NamedTuple

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEVER: Final = frozenset({"", ".", ".."})


class NotInsideError(OSError):
    """A path leads out of its folder, through a link, or to something that is no regular file."""


class Inside(NamedTuple):
    """A file of a folder: the folder, which is trusted, and a path in it, which is not."""

    root: Path
    name: str

    def __str__(self) -> str:
        """Render as the path that it would be."""
        return f"{self.root}/{self.name}"

    def open(self) -> BufferedReader:
        """Open it for reading.

        Raises:
            NotInsideError: if it is no regular file within the folder.
            OSError: what the disk says.
        """
        return os.fdopen(self._descriptor(), "rb")

    def read(self, most: int) -> bytes:
        """Return its bytes.

        Raises:
            NotInsideError: as `open` does, and if there are more than `most` bytes.
            OSError: what the disk says.
        """
        with self.open() as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise NotInsideError(f"it has more than {most} bytes")
        return data

    def size(self) -> int:
        """Return how many bytes it has.

        Raises:
            OSError: as `open` does.
        """
        with self.open() as file:
            return os.fstat(file.fileno()).st_size

    def digest(self) -> str:
        """Return its sha256, in hex.

        Raises:
            OSError: as `open` does.
        """
        with self.open() as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _descriptor(self) -> int:
        *folders, last = self._steps()
        at = os.open(self.root, _FOLDER & ~os.O_NOFOLLOW)
        try:
            for step in folders:
                inner = _opened(step, _FOLDER, at)
                os.close(at)
                at = inner
            found = _opened(last, _FILE, at)
        finally:
            os.close(at)
        if not stat.S_ISREG(os.fstat(found).st_mode):
            os.close(found)
            raise NotInsideError("it is no regular file")
        return found

    def _steps(self) -> list[str]:
        steps = self.name.split("/")
        if any(step in _NEVER or "\\" in step or "\0" in step for step in steps):
            raise NotInsideError("its path leads out of the folder, or is none")
        return steps


def _opened(step: str, flags: int, at: int) -> int:
    """Open one step below an open folder; a link is told apart from what is not there."""
    try:
        return os.open(step, flags, dir_fd=at)
    except OSError as error:
        try:
            is_link = stat.S_ISLNK(os.stat(step, dir_fd=at, follow_symlinks=False).st_mode)
        except OSError:
            is_link = False
        if is_link:
            raise NotInsideError("it stands behind a link") from error
        raise
