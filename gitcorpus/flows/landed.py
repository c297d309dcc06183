"""After a push: what really moved, for whoever compares the refs with what was judged."""

from datetime import datetime

from gitcorpus.flows.body import updates_body
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import Entry, EntryKind
from gitcorpus.model.push import Push


def record_landed(push: Push, *, ledger: Ledger, now: datetime) -> Entry:
    """Append the ref updates that git carried out."""
    return ledger.append(EntryKind.LANDED, {"updates": updates_body(push), "pusher": push.pusher}, now=now)
