"""XML as hostile programs write it: heard element by element, with no entities and no nesting without end.

Whatever a report could define for itself is refused, and nothing outside of it is ever opened.
"""

from collections.abc import Callable
from typing import Final, Protocol
from xml.parsers import expat

from gitcorpus.gates.results.told import ReportError, sized

MOST_DEPTH: Final = 32


class Listener(Protocol):
    """Hears the elements of a report in their order."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Hear that an element begins."""

    def end(self, name: str) -> None:
        """Hear that an element ends."""

    def text(self, text: str) -> None:
        """Hear a piece of text between two tags."""


def hear(
    data: bytes, listener: Listener, *, doctype: bool = False, lines: Callable[[int], None] | None = None
) -> None:
    """Tell a listener what a report holds.

    Args:
        data: the report.
        listener: who hears it.
        doctype: whether the report may name a document type, which is then not looked at.
        lines: who hears, before each element, on which line it begins, from 1.

    Raises:
        ReportError: if it is no XML, or more than a report needs.
    """
    parser = expat.ParserCreate()
    bounded = _Bounded(listener, lambda: lines(parser.CurrentLineNumber) if lines else None)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_definitions if doctype else _refuse
    parser.EntityDeclHandler = _refuse
    parser.StartElementHandler = bounded.start
    parser.EndElementHandler = bounded.end
    parser.CharacterDataHandler = listener.text
    try:
        parser.Parse(sized(data), True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise ReportError(f"it is no XML: {error}") from error


def _refuse(*_: object) -> None:
    raise ReportError("it has a document type, and a report needs none")


def _refuse_definitions(_name: str, _system: str | None, _public: str | None, holds_definitions: int) -> None:
    if holds_definitions:
        raise ReportError("its document type defines something, and a report needs no definitions")


class _Bounded:
    """Counts how deep the elements are nested."""

    def __init__(self, listener: Listener, tell_line: Callable[[], None]) -> None:
        self._listener = listener
        self._tell_line = tell_line
        self._depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise ReportError(f"its elements are nested more than {MOST_DEPTH} deep")
        self._tell_line()
        self._listener.start(name, attributes)

    def end(self, name: str) -> None:
        self._depth -= 1
        self._listener.end(name)
