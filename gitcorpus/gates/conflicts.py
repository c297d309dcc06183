"""What a merge left in a text: the lines that git writes around both sides of a conflict.

    <<<<<<< ours        ||||||| base        =======        >>>>>>> theirs

A line of `=` alone underlines a heading and says nothing. An opening or a closing line with a name behind seven signs
is a conflict by itself, since people who resolve one forget the other; so is a base with a dividing line after it. Of
another size (git's attribute `conflict-marker-size`), or without names, only all three in their order are. What is
quoted with `>` in several lines, as in mail, closes nothing. Markers stand at the beginning of a line, so a text about
conflicts indents them.
"""

import hashlib
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from typing import Final, NamedTuple

from gitcorpus.model.tree import is_binary

MOST: Final = 3
"""Conflicts of one file that are told."""
SIZE: Final = 7
"""Signs of a marker where nothing else is declared."""
_LINE: Final = re.compile(
    rb"^(?:\xef\xbb\xbf)?(?P<signs>(?P<sign>[<|=>])(?P=sign){3,}+)(?P<name> [^\n]*?)?\r?$", re.MULTILINE
)
_LEADS: Final = (b"<<<<", b">>>>", b"||||")


class Conflict(NamedTuple):
    """One conflict: the line of its first marker, that line's text, and what names the conflict wherever it stands."""

    line: int
    text: str
    content: str
    n_conflicts: int
    """How many the text has."""


class _Marker(NamedTuple):
    start: int
    end: int
    sign: bytes
    size: int
    is_usual: bool
    """Whether it has the usual size and a name."""


def conflicts_in(data: bytes, *, is_named: bool) -> tuple[Conflict, ...]:
    """Return the first conflicts of a text; what is binary and has no name of a language is no text."""
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        data = data.decode("utf-16", "replace").encode()
    if not any(lead in data for lead in _LEADS) or (is_binary(data) and not is_named):
        return ()
    n_conflicts = 0
    kept: list[tuple[_Marker, _Marker]] = []
    for n_conflicts, each in enumerate(_found(data), start=1):  # noqa: B007 - how many there were
        if len(kept) < MOST or each < kept[-1]:
            kept = sorted((*kept, each))[:MOST]
    return tuple(_conflict(data, first, last, n_conflicts) for first, last in kept)


def _found(data: bytes) -> Iterator[tuple[_Marker, _Marker]]:
    """Yield the first and the last marker of each conflict."""
    pending: dict[int, tuple[_Marker, bool]] = {}
    for marker in map(_marker, _LINE.finditer(data)):
        first, is_divided = pending.get(marker.size, (None, False))
        if marker.sign == b"=":
            if first is not None:
                pending[marker.size] = first, True
        elif marker.sign == b"|":
            if first is None and marker.is_usual:
                pending[marker.size] = marker, False
        else:
            pending.pop(marker.size, None)
            yield from _closed(data, first, marker, is_divided=is_divided)
            if marker.sign == b"<":
                pending[marker.size] = marker, False
    for first, is_divided in pending.values():
        if _is_left(first, is_divided=is_divided):
            yield first, first


def _closed(
    data: bytes, first: _Marker | None, last: _Marker, *, is_divided: bool
) -> Iterator[tuple[_Marker, _Marker]]:
    """Yield what ends where another conflict opens, or where this one closes."""
    closes = last.sign == b">"
    if first is not None and (_is_left(first, is_divided=is_divided) or (closes and is_divided)):
        yield first, last if closes else first
    elif closes and last.is_usual and not _is_quoted(data, last):
        yield last, last


def _is_left(first: _Marker, *, is_divided: bool) -> bool:
    """Tell whether a first marker is a conflict without a last one."""
    return first.is_usual and (first.sign == b"<" or is_divided)


def _marker(found: re.Match[bytes]) -> _Marker:
    name, size = (found["name"] or b"").strip(), len(found["signs"])
    is_usual = size == SIZE and name != b"" and not any(lead in name for lead in _LEADS)
    return _Marker(found.start("signs"), found.end(), found["sign"], size, is_usual)


def _conflict(data: bytes, first: _Marker, last: _Marker, n_conflicts: int) -> Conflict:
    line = data.count(b"\n", 0, first.start) + 1
    text = data[first.start : first.end].rstrip().decode("utf-8", "replace")
    whole = data[first.start : last.end].rstrip().replace(b"\r\n", b"\n")
    return Conflict(line, text, hashlib.sha256(whole).hexdigest()[:16], n_conflicts)


def _is_quoted(data: bytes, marker: _Marker) -> bool:
    """Tell whether a line beside it begins with `>` too."""
    before = data.rfind(b"\n", 0, max(marker.start - 1, 0)) + 1
    after = data.find(b"\n", marker.end) + 1
    return (marker.start > 0 and data[before : before + 1] == b">") or (
        after > 0 and data[after : after + 1] == b">"
    )
