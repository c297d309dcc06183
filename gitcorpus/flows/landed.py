"""After a push: what really moved, for whoever compares the refs with what was judged.

A move that a verdict let pass is judged first; then it has landed, or it is withdrawn: git did not carry it out, and no
longer may it be taken for let in.
"""

from collections.abc import Sequence
from datetime import datetime

from gitcorpus.flows.body import updates_body
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import Entry, EntryKind
from gitcorpus.model.place import Digest
from gitcorpus.model.push import RefUpdate


def record_landed(
    updates: Sequence[RefUpdate], *, pusher: str | None, verdict: Digest | None, ledger: Ledger, now: datetime
) -> Entry:
    """Append the ref updates that git carried out, with the verdict that let them pass if it is known."""
    body = {"updates": updates_body(updates), "pusher": pusher, "verdict": verdict}
    return ledger.append(EntryKind.LANDED, body, now=now)


def record_withdrawn(
    updates: Sequence[RefUpdate], *, pusher: str | None, verdict: Digest, ledger: Ledger, now: datetime
) -> Entry:
    """Append the ref updates that a verdict let pass and git did not carry out."""
    body = {"updates": updates_body(updates), "pusher": pusher, "verdict": verdict}
    return ledger.append(EntryKind.WITHDRAWN, body, now=now)
