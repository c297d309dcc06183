"""Entries and their bytes: how one is made to follow another, and how a line proves that it does.

A line is the canonical JSON of an entry and a LF. An entry's digest is made of everything but the personal data, for
which salted digests stand in the body; so personal data can be erased, and nothing else can be changed.

Bytes of a path that are not UTF-8 stand in an entry's body
as a backslash, `x` and two hex digits, since JSON cannot hold them.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import orjson

from gitcorpus.canon import canonical, digest_value
from gitcorpus.errors import GitcorpusError
from gitcorpus.ledger.personal import misfits, sealed
from gitcorpus.ledger.segments import Line
from gitcorpus.model.entry import FORMAT, Entry, EntryKind, Json
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Digest, Place

FIRST = Digest("sha256:" + "0" * 64)
"""What stands before the first entry."""


def following_entry(newest: Entry | None, kind: EntryKind, body: Mapping[str, Json], now: datetime) -> Entry:
    """Make the entry that comes after `newest`, or the first one; its time is never before that one's."""
    clock = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    time = max(clock, newest.appended_at) if newest is not None else clock
    said, personal = sealed({name: _storable(value) for name, value in body.items()})
    entry = Entry(
        number=newest.number + 1 if newest else 0,
        appended_at=time,
        kind=kind,
        body=said,
        previous=newest.digest if newest else FIRST,
        digest=FIRST,
        format=FORMAT,
        clock=clock if clock != time else None,
        personal=personal,
    )
    return replace(entry, digest=entry_digest(entry))


def _fields(entry: Entry) -> dict[str, Json]:
    return {
        "number": entry.number,
        "appended_at": entry.appended_at,
        "kind": entry.kind.value,
        "body": dict(entry.body),
        "previous": entry.previous,
        "digest": entry.digest,
        **({"format": entry.format} if entry.format > 1 else {}),
        **({"clock": entry.clock} if entry.clock is not None else {}),
        **({"personal": dict(entry.personal)} if entry.personal else {}),
    }


def entry_digest(entry: Entry) -> Digest:
    """Return the digest of all other fields but the personal data."""
    fields = _fields(entry)
    del fields["digest"]
    fields.pop("personal", None)
    return digest_value(fields)


def _storable(value: Json) -> Json:
    match value:
        case str():
            return re.sub("[\ud800-\udfff]", lambda found: _escaped(ord(found[0])), value)
        case dict():
            return {name: _storable(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_storable(inner) for inner in value]
        case _:
            return value


def _escaped(surrogate: int) -> str:
    is_byte = 0xDC80 <= surrogate <= 0xDCFF  # noqa: PLR2004 - how Python writes bytes that do not decode
    return f"\\x{surrogate - 0xDC00:02x}" if is_byte else f"\\u{surrogate:04x}"


def encode_entry(entry: Entry) -> bytes:
    """Return the line of an entry."""
    return canonical(_fields(entry)) + b"\n"


def decode_entry(data: bytes) -> Entry | None:
    """Read a line; none if it is not the canonical bytes of an entry's fields."""
    try:
        fields = orjson.loads(data)
        entry = Entry(**{**fields, "kind": EntryKind(fields["kind"])})
        is_whole = encode_entry(entry) == data and isinstance(fields["number"], int)
    except (ValueError, TypeError, KeyError, RecursionError, GitcorpusError):
        return None
    return entry if is_whole else None


def judge_line(line: Line, previous: Digest | None, number: int) -> tuple[Entry | None, list[Finding]]:
    """Return the entry of a line, and what is wrong with it as entry `number` after `previous`, if known."""
    if not line.data.endswith(b"\n"):
        return None, [fault("ledger-torn", line.path, line.number, "the line is not complete")]
    entry = decode_entry(line.data)
    if entry is None:
        return None, [fault("ledger-line-broken", line.path, line.number, "the line is no canonical entry")]
    faults = []
    if entry_digest(entry) != entry.digest:
        sentence = f"entry {entry.number} is not what its digest was made of"
        faults.append(fault("ledger-entry-edited", line.path, line.number, sentence))
    if misfits(entry):
        sentence = f"entry {entry.number} has personal data that is not what its digests were made of"
        faults.append(fault("ledger-entry-edited", line.path, line.number, sentence))
    if entry.number != number:
        sentence = f"entry {entry.number} stands where entry {number} must"
        faults.append(fault("ledger-chain-broken", line.path, line.number, sentence))
    elif previous is not None and entry.previous != previous:
        sentence = f"entry {entry.number} does not follow the entry before it"
        faults.append(fault("ledger-chain-broken", line.path, line.number, sentence))
    return entry, faults


def fault(code: str, path: Path, line: int | None, sentence: str) -> Finding:
    """Name one fault of a ledger's file."""
    hint = "compare with a copy of the ledger; what is written cannot be mended"
    return Finding(code=code, place=Place(path=str(path), line=line), sentence=sentence, hint=hint)
