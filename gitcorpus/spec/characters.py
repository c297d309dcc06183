"""Bytes of a spec file to text: UTF-8, no control characters, lines that end as git's lines do.

Characters that turn the direction of a line are refused as well: what a reviewer reads is what is loaded.

A file that breaks one of these rules yields one finding and no text, since no place behind the fault could
be trusted: a lone carriage return, say, is a line end to YAML and none to git.
"""

import re
from typing import Final

from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Oid
from gitcorpus.spec.nodes import Sheet

MAX_BYTES: Final = 1 << 20
"""Most bytes of one spec file."""

_FORBIDDEN: Final = re.compile(
    "\r(?!\n)|[^\t\n\r\x20-\x7e\xa0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_NAMES: Final = {"\0": "a NUL", "\r": "a carriage return without a line feed"}


def read_text(data: bytes, path: str, commit: Oid | None) -> tuple[Sheet, Finding | None]:
    """Return the file as text, and the fault that makes it unreadable if there is one."""
    if len(data) > MAX_BYTES:
        return Sheet(path, (), commit), too_large(Sheet(path, (), commit), len(data))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _undecodable(data, error.start, Sheet(path, (), commit))
    sheet = Sheet(path, tuple(line.removesuffix("\r") for line in text.split("\n")), commit)
    found = _FORBIDDEN.search(text)
    return sheet, _forbidden(text, found.start(), sheet) if found else None


def forbidden_name(text: str) -> str:
    """Name the first character of a text that no spec may hold, or return nothing."""
    found = _FORBIDDEN.search(text)
    return _named(found[0]) if found else ""


def too_large(sheet: Sheet, n_bytes: int) -> Finding:
    """Say that a file is too large to be read."""
    sentence = f"the file has {n_bytes} bytes, a spec at most {MAX_BYTES}"
    return Finding(
        code="spec-too-large", place=sheet.place(), sentence=sentence, hint="split it into several files"
    )


def _undecodable(data: bytes, at: int, sheet: Sheet) -> tuple[Sheet, Finding]:
    line, start = data.count(b"\n", 0, at) + 1, data.rfind(b"\n", 0, at) + 1
    column = len(data[start:at].decode("utf-8", "replace")) + 1
    sentence = f"byte 0x{data[at]:02x} is not UTF-8"
    place = sheet.place(line, column)
    return sheet, Finding(code="spec-not-utf8", place=place, sentence=sentence, hint="save the file as UTF-8")


def _forbidden(text: str, at: int, sheet: Sheet) -> Finding:
    line, start = text.count("\n", 0, at) + 1, text.rfind("\n", 0, at) + 1
    column = at - start + 1
    sentence = f"{_named(text[at])} may not stand in a spec"
    return Finding(
        code="control-character", place=sheet.place(line, column), sentence=sentence, hint="remove it"
    )


def _named(character: str) -> str:
    return _NAMES.get(character, f"the character U+{ord(character):04X}")
