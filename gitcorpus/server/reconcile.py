"""Compares references with the ledger: what landed unseen is recorded, what moved past the gate is named.

git tells that references have moved once, and not if the machine stops just then. And what writes references without
git (libgit2, an editor) runs no hook at all.
"""

import shlex
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from time import sleep
from typing import Final

from gitcorpus.flows.anchored import anchor
from gitcorpus.flows.landed import record_landed, record_withdrawn
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import ZERO_OID, Digest, Oid, Place
from gitcorpus.model.push import RefUpdate
from gitcorpus.server.standing import Admitted, Elsewhere, elsewhere, standings
from gitcorpus.server.tickets import held_verdicts, moving_refs, stale_tickets

_RECORDING: Final = 0.5
"""Seconds in which a push that has just landed is recorded by whoever watches it."""


def reconcile(path: Path, *, now: datetime) -> tuple[tuple[RefUpdate, ...], tuple[Finding, ...]]:
    """Record what was let in and landed, or did not, and take back old tickets.

    Return what is recorded as landed, and what is wrong.
    """
    git_dir = Repo.open(path).path
    for ticket in stale_tickets(git_dir):
        ticket.unlink(missing_ok=True)
    recorded, findings = [], []
    for each in _unrecorded(git_dir):
        if each.admitted is None:
            findings.append(moved(git_dir, each))
            continue
        update = RefUpdate(ref=each.ref, old=each.standing.value, new=each.value)
        pusher, verdict = each.admitted.pusher, each.admitted.verdict
        record_landed([update], pusher=pusher, verdict=verdict, ledger=Ledger.of(git_dir), now=now)
        recorded.append(update)
    _withdraw(git_dir, now)
    anchor(git_dir)
    return tuple(recorded), tuple(findings)


def _unrecorded(git_dir: Path) -> list[Elsewhere]:
    """Return what is not where the ledger says, leaving alone what somebody is about to record."""
    moving = moving_refs(git_dir)
    first = {each[:2] for each in elsewhere(git_dir) if each.ref not in moving}
    if not first:
        return []
    sleep(_RECORDING)
    moving = moving_refs(git_dir)
    return [each for each in elsewhere(git_dir) if each[:2] in first and each.ref not in moving]


def _withdraw(git_dir: Path, now: datetime) -> None:
    """Record what was let in, did not land, and is at no push any more: its gatekeeper was killed, or had no ticket."""
    first = _open_moves(git_dir)
    if not first:
        return
    sleep(_RECORDING)
    still = _open_moves(git_dir)
    by_verdict: dict[Digest, list[tuple[RefUpdate, Admitted]]] = {}
    for key, move in still.items():
        if key in first:
            by_verdict.setdefault(move[1].verdict, []).append(move)
    for verdict, moves in by_verdict.items():
        updates, pusher = [update for update, _ in moves], moves[0][1].pusher
        record_withdrawn(updates, pusher=pusher, verdict=verdict, ledger=Ledger.of(git_dir), now=now)


def _open_moves(git_dir: Path) -> dict[tuple[str, Oid, Digest], tuple[RefUpdate, Admitted]]:
    """Return the moves that were let in, and neither landed nor are at a push."""
    known, held = standings(Ledger.of(git_dir).entries()), held_verdicts(git_dir)
    there = {(each.ref, each.value) for each in elsewhere(git_dir)}
    return {
        (ref, value, admitted.verdict): (RefUpdate(ref=ref, old=standing.value, new=value), admitted)
        for ref, standing in known.items()
        for value, admitted in standing.admitted.items()
        if admitted.verdict not in held and (ref, value) not in there and value != standing.value
    }


def find_moved(git_dir: Path) -> Iterator[Finding]:
    """Yield the references that are neither where they last went nor where they were let to go."""
    yield from (moved(git_dir, each) for each in elsewhere(git_dir) if each.admitted is None)


def moved(git_dir: Path, found: Elsewhere) -> Finding:
    """Say of a reference that no push that was let in put it where it is."""
    before = found.standing.value
    sentence = (
        f"it is {_named(found.value)}, and no push that was let in put it there; it was {_named(before)}"
    )
    words = ["gitcorpus", "server", "move", str(git_dir), found.ref]
    if before != ZERO_OID:
        hint = f"{shlex.join([*words, before, '--reason', 'put back'])}, then push it"
    else:  # nothing may be lost by a hint
        away = shlex.join([*words, "--delete", "--reason", "it was never let in"])
        hint = f"in a clone: git fetch origin {shlex.quote(found.ref)}; then, on the server: {away}; then push it"
    return Finding(code="ref-moved", place=Place(path=found.ref), sentence=sentence, hint=hint)


def _named(oid: Oid) -> str:
    return "not there" if oid == ZERO_OID else oid[:12]
