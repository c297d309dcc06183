"""Moves a reference for an administrator, past the gate and in full view: the ledger says who did it, and why."""

from datetime import datetime
from pathlib import Path

from gitcorpus.errors import GitcorpusError
from gitcorpus.flows.body import updates_body
from gitcorpus.git.references import move_reference
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import EntryKind, Json
from gitcorpus.model.place import ZERO_OID, Oid
from gitcorpus.model.push import RefUpdate


def move(path: Path, update: tuple[str, str], *, reason: str, by: str | None, now: datetime) -> RefUpdate:
    """Record a move and carry it out; an empty revision deletes the reference.

    Raises:
        GitcorpusError: bad-reference, no-such-revision, nothing-to-move, reference-elsewhere, reference-unwritable.
    """
    ref, rev = update
    repo = Repo.open(path)
    if not ref.startswith("refs/") or not repo.is_name(ref):
        hint = "give its full name, such as refs/heads/main"
        raise GitcorpusError("bad-reference", f"{ref!a} is no full name of a reference", hint=hint)
    new = repo.resolve(rev) if rev else ZERO_OID
    if new is None:
        raise GitcorpusError("no-such-revision", f"{rev!a} names no commit", hint="git log --all --oneline")
    made = RefUpdate(ref=ref, old=repo.ref(ref) or ZERO_OID, new=Oid(new))
    if made.old == made.new:
        raise GitcorpusError("nothing-to-move", "the reference is there already", place=ref)
    body: dict[str, Json] = {"updates": updates_body([made]), "by": by or "", "reason": reason}
    Ledger.of(repo.path).append(EntryKind.MOVED, body, now=now)
    move_reference(repo, made, why=f"gitcorpus server move: {reason}")
    return made
