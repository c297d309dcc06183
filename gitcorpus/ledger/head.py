"""The head of a ledger: number, digest and time of its newest entry, in a file beside the ledger's folder.

It shows what a chain cannot: that the newest entries are gone, or the whole folder. The file has two places that are
written by turns, so that one of them is whole whenever a writer is killed.
"""

import os
from pathlib import Path
from typing import Final, NamedTuple
from zlib import crc32

from gitcorpus.durable import sync_path
from gitcorpus.locks import read_regular
from gitcorpus.model.entry import Entry
from gitcorpus.model.place import Digest

_SIZE: Final = 512
_PLACES: Final = 2
_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_DSYNC


class Head(NamedTuple):
    """What the newest entry is."""

    number: int
    digest: Digest
    appended_at: str

    @classmethod
    def of(cls, entry: Entry) -> "Head":
        """Return the head of a ledger that ends with an entry."""
        return cls(entry.number, entry.digest, entry.appended_at)


class BrokenHeadError(Exception):
    """Neither of the two places holds a head."""


def head_path(folder: Path) -> Path:
    """Return the file that holds the head of the ledger in a folder: beside it, or inside if the folder is a link.

    One that was written by way of a link stays inside, by whatever name the folder is read.
    """
    inside = folder / "head"
    return inside if folder.is_symlink() or inside.is_file() else folder.with_name(f"{folder.name}-head")


def read_head(path: Path) -> Head | None:
    """Return what was written last, or none if there is no such file.

    Raises:
        OSError: what the disk says.
        BrokenHeadError: if there is something else in it.
    """
    try:
        data = read_regular(path)
    except FileNotFoundError:
        return None
    found = [_parsed(data[at : at + _SIZE]) for at in range(0, _PLACES * _SIZE, _SIZE)]
    heads = [head for head in found if head is not None]
    if not heads:
        raise BrokenHeadError
    return max(heads)


def write_head(path: Path, head: Head) -> None:
    """Write a head to the disk, into the place that does not hold the newest one.

    Raises:
        OSError: what the disk says.
    """
    said = f"{head.number} {head.digest} {head.appended_at}".encode("ascii")
    line = said + b" %08x" % crc32(said)
    descriptor = os.open(path, _FLAGS, 0o644)
    try:
        os.pwrite(descriptor, line.ljust(_SIZE - 1) + b"\n", head.number % _PLACES * _SIZE)
    finally:
        os.close(descriptor)


def begin_head(path: Path, head: Head) -> None:
    """Write a head of a ledger that begins anew, whatever is there.

    Raises:
        OSError: what the disk says.
    """
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    write_head(part, head)
    part.replace(path)
    sync_path(path.parent)


def _parsed(data: bytes) -> Head | None:
    said, _, check = data.rstrip().rpartition(b" ")
    words = said.split(b" ")
    if check != b"%08x" % crc32(said) or len(words) != len(Head._fields):
        return None
    return Head(int(words[0]), Digest(words[1].decode("ascii")), words[2].decode("ascii"))
