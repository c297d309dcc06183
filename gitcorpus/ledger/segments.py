"""The files of a ledger: a lock, segments that only grow, and what was set aside.

Every write is on the disk when it returns, and undone when it fails.
"""

import os
import re
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from time import sleep
from typing import Final, NamedTuple

from gitcorpus.durable import sync_path
from gitcorpus.locks import read_regular

SEGMENT = 1000
"""Entries in one segment."""

LOCK: Final = "lock"
"""What a writer holds. Readers hold nothing: a stopped one would stop every push."""
_BLOCK = 1 << 16
_LOOKS: Final = 5
_BETWEEN: Final = 0.02


class Line(NamedTuple):
    """One line of a segment, with the byte at which it starts."""

    path: Path
    number: int
    offset: int
    data: bytes


def segment_of(folder: Path, number: int) -> Path:
    """Return the segment that holds the entry of that number."""
    return folder / f"{number // SEGMENT:06d}.jsonl"


def segments(folder: Path) -> list[Path]:
    """Return the segments that are there, oldest first."""
    return sorted(path for path in folder.glob("*.jsonl") if path.stem.isdecimal())


def missing_segments(folder: Path) -> list[Path]:
    """Return the segments that are not there though later ones are."""
    there = segments(folder)
    expected = range(int(there[-1].stem) if there else 0)
    return [path for n in expected if (path := segment_of(folder, n * SEGMENT)) not in there]


def read_lines(path: Path, *, waits: bool = False) -> Iterator[Line]:
    """Yield the lines of a segment as they are; with `waits`, a last one that is being written is waited for."""
    data = read_regular(path)
    for _ in range(_LOOKS if waits else 0):
        if not data or data.endswith(b"\n"):
            break
        sleep(_BETWEEN)
        data = read_regular(path)
    offset = 0
    for number, text in enumerate(re.findall(rb"[^\n]*\n|[^\n]+", data), start=1):
        yield Line(path, number, offset, text)
        offset += len(text)


def read_tail(path: Path) -> bytes:
    """Return the end of a segment."""
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _BLOCK))
        return file.read()


def last_line(path: Path) -> tuple[int, bytes]:
    """Return where the last line starts, and the line."""
    with path.open("rb") as file:
        start, data = file.seek(0, os.SEEK_END), b""
        while start > 0:
            step = min(_BLOCK, start)
            start -= step
            file.seek(start)
            data = file.read(step) + data
            cut = data.rfind(b"\n", 0, -1)
            if cut >= 0:
                return start + cut + 1, data[cut + 1 :]
    return 0, data


def move_aside(path: Path, offset: int, data: bytes) -> None:
    """Move the bytes that start at `offset` out of a segment into the next free `torn-N`."""
    aside = next(torn for n in count() if not (torn := path.parent / f"torn-{n}").exists())
    append_bytes(aside, data)
    with path.open("r+b") as file:
        file.truncate(offset)
        os.fsync(file.fileno())


def move_folder_aside(folder: Path) -> Path:
    """Give a ledger's folder another name, under which nothing looks for it, and return that."""
    aside = next(each for n in count() if not (each := folder.with_name(f"{folder.name}-aside-{n}")).exists())
    folder.rename(aside)
    sync_path(folder.parent)
    return aside


def replace_bytes(path: Path, data: bytes) -> None:
    """Write a segment anew, as a whole."""
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_path(path.parent)


def append_bytes(path: Path, data: bytes, *, then: Callable[[], None] = lambda: None) -> None:
    """Append bytes, see them to the disk and do what follows; if any of that fails, leave the file as it was."""
    is_new = not path.exists()
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    size = os.fstat(descriptor).st_size
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
        then()
    except BaseException:
        os.ftruncate(descriptor, size)
        if is_new:
            path.unlink()
        raise
    finally:
        os.close(descriptor)
    if is_new:
        sync_path(path.parent)


def make_folder(folder: Path) -> None:
    """Make a ledger's folder."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        sync_path(folder.parent)
        sync_path(folder.parent.parent)
