"""Tickets: which moves of which references were judged, and by which specs; the second lock asks for them.

A ticket belongs to the process of `git receive-pack` that started the hook. When git is about to move a reference,
`hooks/reference-transaction` looks for the ticket of the same process, and lets only the moves pass that stand in it,
while what judged is still there: the specs of the policy branch, by the objects that they were made from, and the
server's file, by its bytes. So a push whose hook never ran finds no ticket.

A ticket ends with its process, and after `LASTS` seconds in any case: a receiver that hangs must not keep the
reconciler from looking at a reference for ever.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from gitcorpus.errors import UnjudgedError
from gitcorpus.model.place import ZERO_OID, Digest, Oid
from gitcorpus.model.push import RefUpdate
from gitcorpus.server.process import Process, process_of, says_receiver, seconds_since_boot

FOLDER: Final = "gitcorpus/tickets"
LASTS: Final = 600.0
"""Seconds that a ticket is good for: from verdict to move, git takes a moment, and hooks of others some minutes."""


class Ticket(NamedTuple):
    """What one process may move."""

    receiver: Process
    watched: bool
    """Whether a gatekeeper waits for the receiver's end, and records what has moved then."""
    policy_branch: str
    policy: Oid | None
    verdict: Digest
    """The ledger's entry that let them pass."""
    updates: tuple[RefUpdate, ...]
    parks: bool = False
    """Whether the updates are not to be carried out, but parked."""
    leans: tuple[tuple[str, Oid], ...] = ()
    """What judges: paths of the policy branch's tree, with their objects; none if only that very commit judges so."""
    server: bytes = b""
    """The server's file."""


def write_ticket(git_dir: Path, ticket: Ticket) -> Path:
    """Write a ticket as a whole.

    Raises:
        UnjudgedError: ticket-unwritable.
    """
    path = git_dir / FOLDER / str(ticket.receiver.pid)
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(exist_ok=True)
        part.write_bytes("".join(_lines(ticket)).encode("utf-8", "surrogateescape") + _quoted(ticket.server))
        part.replace(path)
    except OSError as error:
        raise UnjudgedError(
            "ticket-unwritable",
            f"the push could not be given its ticket: {error.strerror}",
            place=str(path.parent),
            hint="see to free space and to the rights of the folder, then push again",
        ) from error
    return path


def read_ticket(git_dir: Path, pid: int) -> tuple[bool, Digest | None]:
    """Return whether a process's push is watched, and on which verdict it moves references."""
    try:
        words = [
            line.split() for line in os.fsdecode((git_dir / FOLDER / str(pid)).read_bytes()).splitlines()
        ]
    except FileNotFoundError:
        return False, None
    verdicts = [Digest(line[1]) for line in words if line[0] == "verdict"]
    return words[0][0] == "watched", verdicts[0] if verdicts else None


def remove_ticket(git_dir: Path, pid: int) -> None:
    """Take a ticket back."""
    with suppress(FileNotFoundError):
        (git_dir / FOLDER / str(pid)).unlink()


def stale_tickets(git_dir: Path) -> Iterator[Path]:
    """Yield tickets whose process has ended or is no receiver, and those that are older than a push can be."""
    folder = git_dir / FOLDER
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name.isdecimal() and not _is_held(path):
            yield path


def held_verdicts(git_dir: Path) -> frozenset[Digest]:
    """Return the verdicts of pushes that git is at right now."""
    folder = git_dir / FOLDER
    paths = (
        [path for path in folder.iterdir() if path.name.isdecimal() and _is_held(path)]
        if folder.is_dir()
        else []
    )
    found = (read_ticket(git_dir, int(path.name))[1] for path in paths)
    return frozenset(verdict for verdict in found if verdict is not None)


def moving_refs(git_dir: Path) -> frozenset[str]:
    """Return the references that pushes are moving right now, as the ledger writes them."""
    folder = git_dir / FOLDER
    held = (
        [path for path in folder.iterdir() if path.name.isdecimal() and _is_held(path)]
        if folder.is_dir()
        else []
    )
    found = set()
    for path in held:
        with suppress(FileNotFoundError):
            lines = path.read_bytes().decode("utf-8", "backslashreplace").splitlines()
            found |= {line.split(" ", 3)[3] for line in lines if line.startswith("move ")}
    return frozenset(found)


def _is_held(path: Path) -> bool:
    process = process_of(int(path.name))
    if process is None or not says_receiver(process.pid):
        return False
    try:
        words = os.fsdecode(path.read_bytes().partition(b"\n")[0]).split()
    except OSError:
        return False
    return words[1:2] == [process.started] and _is_recent(words[2:])


def _is_recent(since: list[str]) -> bool:
    """Tell whether a ticket was given a short while ago; without its time, it is of an older gitcorpus."""
    return bool(since) and since[0].isdecimal() and -1 <= seconds_since_boot() - int(since[0]) <= LASTS


def _lines(ticket: Ticket) -> Iterable[str]:
    yield f"{'watched' if ticket.watched else 'alone'} {ticket.receiver.started} {int(seconds_since_boot())}\n"
    yield f"policy {ticket.policy_branch} {ticket.policy or ZERO_OID}\n"
    yield f"verdict {ticket.verdict}\n"
    for path, oid in ticket.leans:
        yield f"lean {oid} {path}\n"
    for update in ticket.updates:
        yield f"{'park' if ticket.parks else 'move'} {update.old} {update.new} {update.ref}\n"


def _quoted(text: bytes) -> bytes:
    """Put a mark before each line, so that none is taken for a line of the ticket."""
    return b"".join(b"|" + line + b"\n" for line in text.removesuffix(b"\n").split(b"\n")) if text else b""
