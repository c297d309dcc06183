"""Characters that are not seen and act: on a terminal, or on the direction in which a text is read."""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from gitcorpus.model.tree import is_binary

MOST: Final = 3
"""Marks of one file that are told."""

_BIDI: Final = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_ACTING: Final = re.compile(f"[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f{_BIDI}]")
_IN_OBJECT: Final = re.compile(f"[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f{_BIDI}]")
"""Besides names and messages an object holds signatures, whose lines may end in CR."""
_MARK: Final = re.compile(rb"\xd8\x9c|\xe2\x80[\x8e\x8f\xaa-\xae]|\xe2\x81[\xa6-\xa9]")
_LEADS: Final = (b"\xe2\x80", b"\xe2\x81", b"\xd8\x9c")
"""What every mark begins with; looking for these alone costs next to nothing."""


def acting(parts: Mapping[str, str], raw: bytes) -> Iterator[tuple[str, str]]:
    """Yield each part with its first acting character; what stands in no part is looked for in the whole object."""
    found = {part: match[0] for part, text in parts.items() if (match := _ACTING.search(text))}
    whole = None if found else _IN_OBJECT.search(raw.decode("utf-8", "replace"))
    if whole is not None:
        found["the object"] = whole[0]
    yield from found.items()


class Mark(NamedTuple):
    """A direction mark in a text, and how many the text has."""

    line: int
    column: int
    character: str
    n_marks: int


def marks_in(data: bytes, *, is_named: bool) -> tuple[Mark, ...]:
    """Return the first direction marks of a text; what is binary and has no name of a language is no text."""
    if not any(lead in data for lead in _LEADS) or (is_binary(data) and not is_named):
        return ()
    found = list(_MARK.finditer(data))
    marks = []
    for match in found[:MOST]:
        start = data.rfind(b"\n", 0, match.start()) + 1
        before = data[start : match.start()].decode("utf-8", "surrogateescape")
        line = data.count(b"\n", 0, match.start()) + 1
        marks.append(Mark(line, len(before) + 1, match[0].decode(), len(found)))
    return tuple(marks)


def written(character: str) -> str:
    """Write a character out: `<U+202E>`."""
    return f"<U+{ord(character):04X}>"
