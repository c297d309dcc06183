"""Parked pushes: what is still to be judged, one file a push in `gitcorpus/pending/`.

A file says who pushed what, on which verdict it was parked, and what became of it. It is written as a whole, and one
process at a time works on it. What the push brought is set aside in a folder of its own, `gitcorpus/aside/parked/ID`,
until the push lands or ends.
"""

import json
import os
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from gitcorpus.errors import GitcorpusError
from gitcorpus.git.aside import PARKED
from gitcorpus.locks import locked as lock_held
from gitcorpus.locks import try_locked
from gitcorpus.model.push import RefUpdate
from gitcorpus.server.hooks import write_whole

FOLDER: Final = "gitcorpus/pending"
REFS: Final = "refs/gitcorpus/pending/"
"""What a client is shown, and where an older gitcorpus kept the objects."""
ARRIVED: Final = "arrived"
"""The file in a parked push's folder that says that git handed over all of it; server_hooks/parking.py writes it."""
_ID: Final = re.compile(r"[0-9a-f]{12}")


class State(StrEnum):
    """What became of a parked push; only `parked` can change."""

    PARKED = "parked"
    LANDED = "landed"
    REFUSED = "refused"
    UNJUDGED = "unjudged"
    STALE = "stale"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """One parked push."""

    id: str
    """First digits of the verdict on which it was parked."""
    updates: tuple[RefUpdate, ...]
    pusher: str | None
    options: tuple[str, ...]
    parked_at: str
    gates: tuple[str, ...]
    """Those that were late."""
    state: State = State.PARKED
    said: str = ""
    """What there is to tell of how it ended."""
    is_told: bool = False
    """Whether the pusher was told."""


def pending_refs(parked: Parked) -> tuple[str, ...]:
    """Return the references below which an older gitcorpus kept a parked push's objects."""
    return tuple(f"{REFS}{update.new}" for update in parked.updates)


def aside_folder(git_dir: Path, number: str) -> Path:
    """Return where what a parked push brought is set aside."""
    return git_dir / PARKED / number


def write_parked(git_dir: Path, parked: Parked) -> None:
    """Write down a parked push, or what became of it."""
    fields = asdict(parked) | {"state": parked.state.value}
    text = json.dumps(fields, indent=2, ensure_ascii=True) + "\n"
    write_whole(git_dir / FOLDER / f"{parked.id}.json", text.encode("ascii"), mode=0o644)


def read_parked(git_dir: Path, number: str) -> Parked:
    """Read a parked push by its id.

    Raises:
        GitcorpusError: no-such-push, or pending-broken.
    """
    path = git_dir / FOLDER / f"{number}.json"
    if not _ID.fullmatch(number) or not path.is_file():
        hint = f"gitcorpus pending list --repo {shlex.quote(str(git_dir))}"
        raise GitcorpusError("no-such-push", f"no push is or was parked as {number!a}", hint=hint)
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
        found["updates"] = tuple(RefUpdate(**each) for each in found["updates"])
        found |= {name: tuple(found[name]) for name in ("options", "gates")}
        return Parked(**{**found, "state": State(found["state"])})
    except (ValueError, KeyError, TypeError) as error:
        hint = "look at it, then remove it; the pusher pushes again"
        sentence = "the file is not as it was written"
        raise GitcorpusError("pending-broken", sentence, place=str(path), hint=hint) from error


def all_parked(git_dir: Path) -> Iterator[Parked]:
    """Yield every push that is or was parked, oldest first."""
    folder = git_dir / FOLDER
    found = [read_parked(git_dir, path.stem) for path in folder.glob("*.json")] if folder.is_dir() else []
    yield from sorted(found, key=lambda parked: (parked.parked_at, parked.id))


def change(git_dir: Path, number: str, **changes: Any) -> Parked:
    """Write down what became of a push that is still parked; of one that has ended, only that it was told.

    Raises:
        GitcorpusError: no-such-push, or push-ended.
    """
    with locked(git_dir, f"{number}.file"):
        parked = read_parked(git_dir, number)
        if parked.state is not State.PARKED and changes.keys() != {"is_told"}:
            raise GitcorpusError("push-ended", f"it is not parked any more: {parked.state}", place=number)
        changed = replace(parked, **changes)
        write_parked(git_dir, changed)
    return changed


@contextmanager
def locked(git_dir: Path, name: str, *, waits: bool = True) -> Iterator[bool]:
    """Hold a lock of this folder; without waiting, give whether it could be had.

    Raises:
        UnjudgedError: lock-held.
        OSError: what the disk says.
    """
    (git_dir / FOLDER).mkdir(parents=True, exist_ok=True)
    path = git_dir / FOLDER / f"{name}.lock"
    if waits:
        with lock_held(path):
            yield True
        return
    descriptor = try_locked(path)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            os.close(descriptor)
