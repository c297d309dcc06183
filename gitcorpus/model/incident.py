"""A secret that reached the server: what is known of it but its value."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from gitcorpus.model.secret import Tier


class State(StrEnum):
    """Where an incident stands.

    `open`: a person must see to it. `queued`: it is revoked as soon as the worker comes to it. `asking`: it is revoked
    when somebody says so. `sending`: a request is on its way. `unknown`: nobody knows what a request did, so the worker
    finds out before it sends another one. `revoked`, `allowed` and `closed` are final.
    """

    OPEN = "open"
    QUEUED = "queued"
    ASKING = "asking"
    SENDING = "sending"
    UNKNOWN = "unknown"
    REVOKED = "revoked"
    ALLOWED = "allowed"
    CLOSED = "closed"

    @property
    def is_final(self) -> bool:
        """Tell whether nothing is left to do."""
        return self in (State.REVOKED, State.ALLOWED, State.CLOSED)


class Sight(NamedTuple):
    """Where and when a secret was seen, and who brought it."""

    ref: str
    commit: str
    path: str
    line: int
    pusher: str
    seen_at: datetime


class Event(NamedTuple):
    """Something that was done about an incident."""

    at: datetime
    what: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One exposed value."""

    id: str
    """The first 16 hex digits of the fingerprint."""
    fingerprint: str
    rule: str
    title: str
    tier: Tier
    state: State
    opened_at: datetime
    seen_at: datetime
    times: int
    """Pushes that had it."""
    is_sealed: bool
    """Whether the value is still kept, sealed, for the worker."""
    attempts: int
    sights: Sequence[Sight] = ()
    events: Sequence[Event] = ()
