"""What a run hands out: a line when it begins, and an archive of the files that were asked for when it ends.

The archive comes out of the room, so it is hostile: pushed code can write another one. Only regular files are taken
from it, only below the names that were asked for, and nothing is written anywhere. The reader knows as much of the
format as GNU tar writes there, since the standard library's follows chains of headers until it has no stack left.
Source: GNU tar, Basic Tar Format.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

READY: Final = b"ready\n"
ABSENT: Final = b"absent\n"
TAKEN: Final = b"taken\n"

_BLOCK: Final = 512
_NAME, _SIZE, _SUM, _KIND = slice(0, 100), slice(124, 136), slice(148, 156), slice(156, 157)
_FILE, _LONG_NAME = b"0", b"L"
_LONGEST: Final = 4096
"""Bytes of a path that a program can name."""


def is_ready(said: bytes) -> bool:
    """Tell whether the room stood and the program's turn came."""
    return said.startswith(READY)


def is_absent(said: bytes) -> bool:
    """Tell whether the room has no such program."""
    return said == READY + ABSENT


def read_taken(said: bytes, wanted: Sequence[str]) -> Mapping[str, bytes]:
    """Return files by their paths; one that is not there, or that nobody asked for, is left out."""
    _, mark, archive = said.partition(READY + TAKEN)
    tops = {each.rstrip("/") for each in wanted}
    found: dict[str, bytes] = {}
    for name, data in _files(archive if mark else b""):
        path = name.decode("utf-8", "surrogateescape").removeprefix("./")
        if _is_wanted(path, tops):
            found[path] = bytes(data)
    return found


class _Header(NamedTuple):
    """What is read of one member's header."""

    name: bytes
    size: int
    kind: bytes


def _files(archive: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yield names and contents of regular files, until something is not as it should be."""
    at, long_name = 0, b""
    whole = memoryview(archive)
    while header := _header(archive[at : at + _BLOCK]):
        data = whole[at + _BLOCK : at + _BLOCK + header.size]
        if len(data) < header.size:
            return
        if header.kind == _FILE:
            yield long_name or header.name, data
        long_name = bytes(data[:_LONGEST]).rstrip(b"\0") if header.kind == _LONG_NAME else b""
        at += _BLOCK + header.size + -header.size % _BLOCK


def _header(block: bytes) -> _Header | None:
    """Read a header; none if it is the end, or no header."""
    try:
        size, told = (int(block[field].strip(b" \0"), 8) for field in (_SIZE, _SUM))
    except ValueError:
        return None
    blank = block[: _SUM.start] + b" " * 8 + block[_SUM.stop :]
    if size < 0 or told != sum(blank):
        return None
    return _Header(block[_NAME].rstrip(b"\0"), size, block[_KIND])


def _is_wanted(path: str, tops: set[str]) -> bool:
    steps = path.split("/")
    if len(path) >= _LONGEST or not {"", ".", ".."}.isdisjoint(steps):
        return False
    return any("/".join(steps[:count]) in tops for count in range(1, len(steps) + 1))
