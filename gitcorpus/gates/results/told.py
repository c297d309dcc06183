"""What a report tells, made small and sound enough to keep: sentences, paths, lines, durations.

A report comes from a program that ran pushed code, so each value that is kept has a largest size, and a text that
canonical JSON cannot hold is mended. A report that is larger than anybody reads is no report.
"""

from typing import Final

MOST_BYTES: Final = 64 << 20
"""Most bytes of one report."""
_LONGEST: Final = 400
_LONGEST_PATH: Final = 4096
_LARGEST: Final = 1_000_000_000
_MOST_SECONDS: Final = 1_000_000.0


class ReportError(Exception):
    """The bytes are no sound report of the form that they should have; the argument is what is wrong with them."""


def one_line(text: str) -> str:
    """Return a text as one sentence that canonical JSON can hold."""
    sound = text[: 4 * _LONGEST].encode("utf-8", "replace").decode("utf-8")
    return " ".join(sound.split())[:_LONGEST]


def path_as_told(text: str) -> str:
    """Return a path as the report writes it; an empty one if no file could have it."""
    return text if len(text) <= _LONGEST_PATH and "\0" not in text and "\n" not in text else ""


def counted_from_one(value: object) -> int | None:
    """Return a line or a column; none if it is no number that a file could have."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < len(str(_LARGEST)):
        value = int(value)
    return value if type(value) is int and 1 <= value <= _LARGEST else None


def duration(value: object) -> float:
    """Return seconds; none at all if it is no number that a clock could show."""
    told = value[:_LONGEST].replace(",", "") if isinstance(value, str) else value
    if not isinstance(told, str | int | float):
        return 0.0
    try:
        seconds = float(told)
    except (ValueError, OverflowError):
        return 0.0
    return min(seconds, _MOST_SECONDS) if seconds > 0 else 0.0


def told_text(data: bytes) -> str:
    """Return a report as text; bytes that are no UTF-8 stay recognisable, since a path may hold them.

    Raises:
        ReportError: if it is larger than anybody reads.
    """
    return sized(data).decode("utf-8", "surrogateescape")


def sized(data: bytes) -> bytes:
    """Return a report that is small enough to be read.

    Raises:
        ReportError: if it is not.
    """
    if len(data) > MOST_BYTES:
        raise ReportError(f"it has {len(data)} bytes; at most {MOST_BYTES}")
    return data
