"""Secrets: how they are recognised, and those that were. A value is in no representation of anything here."""

import hmac
import re
import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock
from typing import Final

from gitcorpus.model.place import Digest, Oid, Place

REDACTED: Final = "[secret]"
SHORTEST: Final = 6
"""Characters of the shortest value that is taken out of texts; shorter ones would take out words."""
CONTENT: Final = 16
"""Hex digits of a fingerprint by which people name it."""


class Tier(StrEnum):
    """What lets a secret of a rule pass: nothing at all, or a waiver or a reasoned push option."""

    KNOWN = "known"
    GENERIC = "generic"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRule:
    """A pattern of a secret; its first group, or else all of it, is the value."""

    id: str
    title: str
    """What it finds, with its article: `a password in an assignment`."""
    pattern: str
    tier: Tier
    min_entropy: float
    """Fewest bits a character of the value."""
    min_digits: int
    ignored: tuple[str, ...]
    """Texts that no value has which is meant, in whatever case."""
    accepted: tuple[str, ...]
    refused: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretPack:
    """The rules of one document."""

    name: str
    rules: tuple[SecretRule, ...]
    digest: Digest
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A secret in some bytes."""

    rule: str
    title: str
    tier: Tier
    value: bytes = field(repr=False)
    line: int
    """1-based; of what it is wrapped in, if it had to be unwrapped."""
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """A secret that reached the server: what it is, and where it stood."""

    rule: str
    title: str
    tier: Tier
    value: bytes = field(repr=False)
    fingerprint: str
    """64 hex digits, by the server's key."""
    place: Place
    """Without the value, even if that was part of the path."""
    ref: str
    blob: Oid | None = None


class Vault:
    """The secrets that a push brought, for as long as it is judged. Threads may share one."""

    def __init__(self, key: bytes = b"") -> None:
        """Take the server's key; without one nothing is recognised again."""
        self.is_keyed = bool(key)
        """Whether what it finds is recognised again, and so may become an incident."""
        self._key = key or secrets.token_bytes(32)
        self._lock = Lock()
        self._exposures: dict[tuple[str, str, Place], Exposure] = {}

    @property
    def exposures(self) -> tuple[Exposure, ...]:
        """All of them."""
        with self._lock:
            return tuple(self._exposures.values())

    @property
    def values(self) -> tuple[str, ...]:
        """Every value as text, the longest first, so that all of them can be taken out of a text."""
        found = {each.value.decode("utf-8", "surrogateescape") for each in self.exposures}
        return tuple(
            sorted((value for value in found if len(value) >= SHORTEST), key=lambda each: -len(each))
        )

    def expose(self, hit: Hit, *, place: Place, ref: str, blob: Oid | None = None) -> str:
        """Take a secret, and return what a waiver and a push option name it by: 16 hex digits."""
        fingerprint = hmac.new(self._key, hit.value, "sha256").hexdigest()
        exposure = Exposure(
            rule=hit.rule,
            title=hit.title,
            tier=hit.tier,
            value=hit.value,
            fingerprint=fingerprint,
            place=place,
            ref=ref,
            blob=blob,
        )
        with self._lock:
            self._exposures.setdefault((hit.rule, fingerprint, place), exposure)
        return fingerprint[:CONTENT]


def redacted(text: str, values: tuple[str, ...]) -> str:
    """Return a text without any of some values."""
    for value in values:
        if value in text:
            text = text.replace(value, REDACTED)
    return text


def title_of(sentence: str) -> str:
    """Return what a rule finds, of a sentence that says it found it: the engine's names are such sentences."""
    first = sentence.partition(",")[0].rstrip(".")
    found = re.sub(
        r"^(?:uncovered|detected|identified|found|discovered|spotted|recognized)\b\s*",
        "",
        first,
        flags=re.IGNORECASE,
    )
    found = re.sub(r"^(?:an?|the)?\s*(?:possible|potential)\s+", "", found, flags=re.IGNORECASE)
    found = re.sub(r"^(?:an?|the)\s+", "", found, flags=re.IGNORECASE)
    return found or first
