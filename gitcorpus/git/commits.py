"""The bytes of a commit or an annotated tag, read into values.

The bytes themselves are read, not a library's view of them, so that no graft, replacement or setting changes
what a commit says. Whatever the bytes, the texts that come out can be written as JSON: what does not decode
is replaced by U+FFFD.
"""

import codecs
import re
from typing import NamedTuple

from gitcorpus.errors import UnjudgedError
from gitcorpus.git.trailers import parse_trailers
from gitcorpus.model.place import Oid
from gitcorpus.model.tree import Commit, Signature

_DATE = re.compile(rb"\s*(-?\d+)(?:\s+([+-])(\d{2})(\d{2}))?")
_LARGEST = 2**53 - 1
_NOT_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined"})
"""What Python calls an encoding and nobody writes a message in."""


class Header(NamedTuple):
    """What stands before the message: each header with its values in order."""

    fields: dict[str, list[bytes]]
    message: bytes

    def first(self, name: str) -> bytes:
        """Return a header's first value, empty if there is none."""
        return self.fields.get(name, [b""])[0]


class TagObject(NamedTuple):
    """An annotated tag: what it names, and what it says."""

    target: Oid
    tagger: Signature | None
    message: str
    name: str = ""
    """What the tag calls itself; the reference may be called something else."""


def parse_commit(oid: Oid, data: bytes) -> Commit:
    """Read a commit object.

    Raises:
        UnjudgedError: object-broken, if it names no tree.
    """
    header = _split(data)
    encoding = header.first("encoding").decode("ascii", "replace")
    if not header.first("tree"):
        raise object_broken(oid, "the commit names no tree")
    message = decode_text(header.message, encoding)
    return Commit(
        oid=oid,
        tree=Oid(header.first("tree").decode("ascii", "replace")),
        parents=tuple(Oid(parent.decode("ascii", "replace")) for parent in header.fields.get("parent", [])),
        author=_signature(header.first("author"), encoding),
        committer=_signature(header.first("committer"), encoding),
        message=message,
        trailers=parse_trailers(message),
    )


def parse_tag(oid: Oid, data: bytes) -> TagObject:
    """Read an annotated tag object.

    Raises:
        UnjudgedError: object-broken, if it names nothing.
    """
    header = _split(data)
    if not header.first("object"):
        raise object_broken(oid, "the tag names no object")
    tagger = header.first("tagger")
    return TagObject(
        Oid(header.first("object").decode("ascii", "replace")),
        _signature(tagger, "") if tagger else None,
        decode_text(header.message, header.first("encoding").decode("ascii", "replace")),
        decode_text(header.first("tag")),
    )


def decode_text(data: bytes, encoding: str = "") -> str:
    """Decode what somebody wrote; unknown encodings are read as UTF-8, and lone surrogates never come out."""
    try:
        codec = codecs.lookup(encoding or "utf-8").name
        text = data.decode("utf-8" if codec in _NOT_CHARSETS else codec, "replace")
    except (LookupError, ValueError):
        text = data.decode("utf-8", "replace")
    return text.encode("utf-8", "replace").decode("utf-8")


def object_broken(oid: Oid, why: str) -> UnjudgedError:
    """Say that an object cannot be read as what it claims to be."""
    return UnjudgedError("object-broken", f"object {oid}: {why}", hint="run `git fsck` in the repository")


def _split(data: bytes) -> Header:
    head, _, message = data.partition(b"\n\n")
    fields: dict[str, list[bytes]] = {}
    last: list[bytes] = []
    for line in head.split(b"\n"):
        name, _, value = line.partition(b" ")
        if name:
            last = fields.setdefault(name.decode("ascii", "replace"), [])
            last.append(value)
        elif last:
            last[-1] += b"\n" + value  # a continued line: `gpgsig` and `mergetag` span several
    return Header(fields, message)


def _signature(value: bytes, encoding: str) -> Signature:
    """Read `Name <mail> seconds +hhmm`; a date that git cannot read is its epoch, as git shows it."""
    name, _, rest = value.partition(b"<")
    email = rest.partition(b">")[0]
    date = _DATE.match(value.rpartition(b">")[2])
    seconds = int(date[1]) if date else 0
    offset = int(date[3]) * 60 + int(date[4]) if date and date[2] else 0
    return Signature(
        decode_text(name.strip(), encoding),
        decode_text(email.strip(), encoding),
        seconds if abs(seconds) <= _LARGEST else 0,
        -offset if date and date[2] == b"-" else offset,
    )
