"""Moves a reference for an administrator, past the gate and in full view: the ledger says who did it, and why."""

import shlex
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from gitcorpus.errors import GitcorpusError
from gitcorpus.flows.anchored import anchor
from gitcorpus.flows.body import updates_body
from gitcorpus.git.references import make_symbolic, move_reference
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import EntryKind, Json
from gitcorpus.model.place import ZERO_OID, Oid
from gitcorpus.model.push import RefUpdate


class Destination(NamedTuple):
    """Where a reference goes: to a revision, to another reference for which it stands from then on, or away."""

    rev: str = ""
    symbolic: bool = False
    delete: bool = False


def move(  # noqa: PLR0913 - what, where to, and what the ledger keeps of it
    path: Path, ref: str, destination: Destination, *, reason: str, by: str | None, now: datetime
) -> RefUpdate:
    """Record a move and carry it out.

    Raises:
        GitcorpusError: bad-reference, bad-move, reference-symbolic, no-such-revision, nothing-to-move,
            reference-elsewhere, reference-unwritable.
        UnjudgedError: if the ledger cannot be written.
    """
    repo = Repo.open(path)
    _refuse_name(repo, ref)
    if destination.delete == bool(destination.rev) or (destination.symbolic and destination.delete):
        command = f"{shlex.join(['gitcorpus', 'server', 'move', str(path), ref])} REV --reason WHY"
        hint = f"name the REV where it goes, or take it away with --delete: {command}"
        raise GitcorpusError("bad-move", "it is not clear where the reference goes", place=ref, hint=hint)
    stands_for = repo.alias(ref)
    if destination.symbolic:
        return _stand_for(repo, ref, destination.rev, (reason, by, now))
    if stands_for is not None and not destination.delete:
        sentence = f"it is a symbolic reference, and stands for {stands_for}"
        hint = f"move {stands_for}, or take the symbolic one away: gitcorpus server move REPO {ref} --delete"
        raise GitcorpusError("reference-symbolic", sentence, place=ref, hint=hint)
    rev = destination.rev
    new = repo.resolve(rev) if rev else ZERO_OID
    if new is None:
        raise GitcorpusError("no-such-revision", f"{rev!a} names no commit", hint="git log --all --oneline")
    made = RefUpdate(ref=ref, old=repo.ref(ref) or ZERO_OID, new=Oid(new))
    if made.old == made.new and stands_for is None:
        raise GitcorpusError("nothing-to-move", "the reference is there already", place=ref)
    body: dict[str, Json] = {"updates": updates_body([made]), "by": by or "", "reason": reason}
    body |= {"symbolic": stands_for} if stands_for is not None else {}
    Ledger.of(repo.path).append(EntryKind.MOVED, body, now=now)
    anchor(repo.path)
    move_reference(repo, made, why=f"gitcorpus server move: {reason}")
    return made


def _refuse_name(repo: Repo, ref: str) -> None:
    if not ref.startswith("refs/") or not repo.is_name(ref):
        hint = "give its full name, such as refs/heads/main"
        raise GitcorpusError("bad-reference", f"{ref!a} is no full name of a reference", hint=hint)


def _stand_for(repo: Repo, ref: str, target: str, why: tuple[str, str | None, datetime]) -> RefUpdate:
    """Let a reference stand for another one; to the ledger it has no value of its own."""
    _refuse_name(repo, target)
    if repo.ref(target) is None or target == ref:
        hint = "git for-each-ref --format='%(refname)'"
        raise GitcorpusError("no-such-revision", f"{target!a} is no other reference here", hint=hint)
    reason, by, now = why
    made = RefUpdate(ref=ref, old=ZERO_OID if repo.alias(ref) else repo.ref(ref) or ZERO_OID, new=ZERO_OID)
    body: dict[str, Json] = {
        "updates": updates_body([made]),
        "by": by or "",
        "reason": reason,
        "symbolic": target,
    }
    Ledger.of(repo.path).append(EntryKind.MOVED, body, now=now)
    anchor(repo.path)
    make_symbolic(repo, ref, target, why=f"gitcorpus server move: {reason}")
    return made
