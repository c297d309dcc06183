"""What the ledger holds: one link of a hash chain."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from gitcorpus.model.place import Digest

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]
"""A value that canonical JSON can hold: no floats."""


FORMAT: Final = 2
"""How entries are written now. Those of format 1 hold personal data in their bodies, and no head stands beside them."""


class EntryKind(StrEnum):
    """What happened.

    `verdict`: a push was judged; `landed`: its refs moved; `withdrawn`: they did not, though they were let in; `moved`:
    an administrator moved one; `release`: one was published; `erased`: personal data of entries was.
    """

    INSTALLED = "installed"
    VERDICT = "verdict"
    LANDED = "landed"
    WITHDRAWN = "withdrawn"
    MOVED = "moved"
    RELEASE = "release"
    ERASED = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry. `digest` is over the canonical bytes of all fields but `personal`, `previous` is the one before."""

    number: int
    appended_at: str
    """UTC, `2026-11-01T12:00:00Z`."""
    kind: EntryKind
    body: Mapping[str, Json]
    previous: Digest
    digest: Digest
    format: int = 1
    clock: str | None = None
    """What the clock said, if that was before the entry before this one."""
    personal: Mapping[str, Json] = field(default_factory=dict)
    """Personal data of the body by the salted digests that stand in its place, each with its salt."""
    erased: tuple[str, ...] = ()
    """Fields of the body whose personal data was erased."""

    @property
    def short(self) -> str:
        """The first 12 hex digits of the digest: what a message quotes and `ledger show` accepts."""
        return self.digest.removeprefix("sha256:")[:12]
