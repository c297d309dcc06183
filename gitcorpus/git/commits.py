"""The bytes of a commit or an annotated tag, read into values.

The bytes themselves are read, not a library's view of them, so that no graft, replacement or setting changes
what a commit says. Whatever the bytes, the texts that come out can be written as JSON: what does not decode
is replaced by U+FFFD.
"""

import codecs
from collections.abc import Sequence
from typing import NamedTuple

from gitcorpus.errors import UnjudgedError
from gitcorpus.git.idents import header_lines, oddities, parse_ident
from gitcorpus.git.trailers import parse_trailers
from gitcorpus.model.place import Oid
from gitcorpus.model.tree import Commit, Signature

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
    authors, committers = (header_lines(data, role) for role in ("author", "committer"))
    return Commit(
        oid=oid,
        tree=Oid(header.first("tree").decode("ascii", "replace")),
        parents=tuple(Oid(parent.decode("ascii", "replace")) for parent in header.fields.get("parent", [])),
        author=_signature(authors, encoding),
        committer=_signature(committers, encoding),
        message=message,
        trailers=parse_trailers(message),
        odd=(*oddities("author", authors, encoding), *oddities("committer", committers, encoding)),
    )


def parse_tag(oid: Oid, data: bytes) -> TagObject:
    """Read an annotated tag object.

    Raises:
        UnjudgedError: object-broken, if it names nothing.
    """
    header = _split(data)
    if not header.first("object"):
        raise object_broken(oid, "the tag names no object")
    taggers = header_lines(data, "tagger")
    return TagObject(
        Oid(header.first("object").decode("ascii", "replace")),
        _signature(taggers, "") if taggers else None,
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


def _signature(lines: Sequence[bytes], encoding: str) -> Signature:
    """Read the line that counts, the last one; without a line all is empty."""
    found = parse_ident(lines[-1] if lines else b"")
    return Signature(
        decode_text(found.name, encoding), decode_text(found.email, encoding), found.seconds, found.offset
    )
