"""Waits for the end of a push that was let in, and records what git really moved.

git tells its post-receive hook at most once, and not at all when the client goes away at the wrong moment. The
references and their logs tell it always.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from gitcorpus.flows.landed import record_landed, record_withdrawn
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import EntryKind, Json
from gitcorpus.model.place import ZERO_OID
from gitcorpus.model.push import RefUpdate
from gitcorpus.server.process import wait_for_end
from gitcorpus.server.tickets import LASTS, Ticket, remove_ticket

_MOVING: Final = 5.0
"""Most seconds that a move may take which git has begun."""
_BETWEEN: Final = 0.05


def watch(
    git_dir: Path,
    ticket: Ticket,
    *,
    pusher: str | None,
    clock: Callable[[], datetime],
    seconds: float = LASTS,
) -> None:
    """Wait for the receiver's end, and record what landed and what did not.

    A receiver that is not done in time loses its ticket.
    """
    if not wait_for_end(ticket.receiver, seconds):
        remove_ticket(git_dir, ticket.receiver.pid)
        _let_finish(git_dir, ticket)
    repo, ledger = Repo.open(git_dir, is_served=True), Ledger.of(git_dir)
    updates = () if ticket.parks else ticket.updates
    landed = tuple(each for each in updates if has_landed(repo, each, ledger))
    withdrawn = tuple(each for each in updates if each not in landed)
    for moves, record in ((landed, record_landed), (withdrawn, record_withdrawn)):
        if moves:
            record(moves, pusher=pusher, verdict=ticket.verdict, ledger=ledger, now=clock())
    remove_ticket(git_dir, ticket.receiver.pid)


def _let_finish(git_dir: Path, ticket: Ticket) -> None:
    """Wait for a move that had begun when the ticket was taken back: git holds a lock until it is done."""
    locks = [git_dir / f"{update.ref}.lock" for update in ticket.updates]
    ends = monotonic() + _MOVING
    while any(lock.exists() for lock in locks) and monotonic() < ends:
        sleep(_BETWEEN)


def has_landed(repo: Repo, update: RefUpdate, ledger: Ledger) -> bool:
    """Tell whether git moved a reference as it was let to: by where it is, by its log, or by what moved it on."""
    value = repo.ref(update.ref) or ZERO_OID
    if value == update.new or (update.deletes and value == ZERO_OID):
        return True
    if (update.old, update.new) in repo.ref_log(update.ref):
        return True
    if update.deletes:
        return False
    moved_on = {"ref": update.ref, "old": update.new}  # a reference that was deleted has no log any more
    return any(
        entry.kind in (EntryKind.LANDED, EntryKind.MOVED) and _holds(entry.body.get("updates"), moved_on)
        for entry in ledger.lookup().naming(f'"old":"{update.new}"')
    )


def _holds(updates: Json, wanted: Mapping[str, str]) -> bool:
    listed = updates if isinstance(updates, list) else []
    return any(isinstance(each, dict) and wanted.items() <= each.items() for each in listed)
