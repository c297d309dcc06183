"""One thing that a tool said about one file, before anybody knows whether there is such a file."""

from typing import Final, NamedTuple

from gitcorpus.model.finding import Severity

_LONGEST: Final = 400
_LARGEST: Final = 1_000_000_000


class OutputError(Exception):
    """The output is not of the form that the gate's declaration says; the argument is what is wrong with it."""


class Remark(NamedTuple):
    """A path as the tool wrote it, or empty; a line and a column from 1; the tool's own code, or empty."""

    path: str
    line: int | None
    column: int | None
    code: str
    sentence: str
    severity: Severity = Severity.BLOCK


def one_line(text: str) -> str:
    """Return a text as one sentence that canonical JSON can hold."""
    sound = text[: 4 * _LONGEST].encode("utf-8", "replace").decode("utf-8")
    return " ".join(sound.split())[:_LONGEST]


def counted_from_one(value: object) -> int | None:
    """Return a line or a column; none if it is no number that a file could have."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < len(str(_LARGEST)):
        value = int(value)
    return value if type(value) is int and 1 <= value <= _LARGEST else None
