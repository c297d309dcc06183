"""What a run hands out: a line when it begins, and an archive of the files that were asked for when it ends.

The archive comes out of the room, so it is hostile: only regular files are taken from it, only below the names that
were asked for, and nothing is written anywhere.
"""

import io
import tarfile
from collections.abc import Mapping, Sequence
from typing import Final

READY: Final = b"ready\n"
ABSENT: Final = b"absent\n"
TAKEN: Final = b"taken\n"


def is_ready(said: bytes) -> bool:
    """Tell whether the room stood and the program's turn came."""
    return said.startswith(READY)


def is_absent(said: bytes) -> bool:
    """Tell whether the room has no such program."""
    return said == READY + ABSENT


def read_taken(said: bytes, wanted: Sequence[str]) -> Mapping[str, bytes]:
    """Return files by their paths; one that is not there, or that nobody asked for, is left out."""
    _, mark, archive = said.partition(READY + TAKEN)
    found: dict[str, bytes] = {}
    if not mark:
        return found
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as tar:
            for member in tar:
                name = member.name.removeprefix("./")
                if not member.isreg() or member.issparse() or not _is_wanted(name, wanted):
                    continue
                stream = tar.extractfile(member)
                found[name] = stream.read() if stream else b""
    except (tarfile.TarError, ValueError, EOFError):
        return found
    return found


def _is_wanted(name: str, wanted: Sequence[str]) -> bool:
    inside = ".." not in name.split("/") and not name.startswith("/")
    return inside and any(name == each or name.startswith(f"{each.rstrip('/')}/") for each in wanted)
