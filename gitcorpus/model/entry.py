"""What the ledger holds: one link of a hash chain."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gitcorpus.model.place import Digest

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]
"""A value that canonical JSON can hold: no floats."""


class EntryKind(StrEnum):
    """What happened.

    `verdict`: a push was judged; `landed`: its refs moved; `moved`: an administrator moved one; `release`: one was
    published.
    """

    INSTALLED = "installed"
    VERDICT = "verdict"
    LANDED = "landed"
    MOVED = "moved"
    RELEASE = "release"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry. `digest` is over the canonical bytes of all other fields, `previous` is the one before."""

    number: int
    appended_at: str
    """UTC, `2026-11-01T12:00:00Z`."""
    kind: EntryKind
    body: Mapping[str, Json]
    previous: Digest
    digest: Digest

    @property
    def short(self) -> str:
        """The first 12 hex digits of the digest: what a message quotes and `ledger show` accepts."""
        return self.digest.removeprefix("sha256:")[:12]
