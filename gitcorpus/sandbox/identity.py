"""What answers of programs depend on besides what they are given: the programs themselves.

No program is asked for its version, which would cost a start for every push. A program is known by the file that it
is, and the rest of the room by what changes when somebody installs something there.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gitcorpus.model.server import Sandbox
from gitcorpus.sandbox.room import PATH

_PACKAGES: Final = Path("/var/lib/dpkg/status")
"""Changes with every package of the system."""
_WITHIN: Final = ("", "bin", "lib/python3*/site-packages", "lib/node_modules", "node_modules")
"""Where programs that are installed below a mount change something."""


def find_program(name: str, sandbox: Sandbox) -> Path | None:
    """Return the file that the room runs by a name or a path, or none."""
    places = [Path(name)] if "/" in name else [Path(folder, name) for folder in (*sandbox.path, *PATH)]
    return next((place.resolve() for place in places if is_file(place)), None)


def is_file(place: Path) -> bool:
    """Tell whether a regular file is there for this account; a folder that it may not enter holds none for it."""
    try:
        return place.is_file()
    except OSError:
        return False


def program_identity(name: str, sandbox: Sandbox) -> str:
    """Return what changes when a program does; empty if there is none of that name."""
    found = find_program(name, sandbox)
    return _stamp(found) if found else ""


def room_identity(sandbox: Sandbox) -> str:
    """Return what changes when programs are installed where runs see them."""
    return "; ".join([str(sandbox.unconfined), *(_stamp(place) for place in _places(sandbox))])


def _places(sandbox: Sandbox) -> Iterator[Path]:
    yield _PACKAGES
    for mount in sandbox.mounts:
        for within in _WITHIN:
            yield from sorted(Path(mount).glob(within)) if within else [Path(mount)]


def _stamp(place: Path) -> str:
    try:
        told = place.stat()
    except OSError:
        return f"{place} -"
    return f"{place} {told.st_size} {told.st_mtime_ns}"
