"""The type of a plain YAML scalar, by YAML 1.2's core schema: `no` is a text, and so is a date.

Numbers stay exact. A number that canonical JSON could not hold, or that would cost more to expand than to
read, is no number here: `parse_scalar` says so and the reader makes it a finding.
"""

import re
from fractions import Fraction
from typing import Final

from gitcorpus.canon import LARGEST_INTEGER

_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_BASES: Final = (
    (10, re.compile(r"([-+]?[0-9]+)\Z")),
    (8, re.compile(r"0o([0-7]+)\Z")),
    (16, re.compile(r"0x([0-9a-fA-F]+)\Z")),
)
_DECIMAL: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,2})?\Z")
_NUMBERLIKE: Final = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z|[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z"
)
_LONGEST: Final = 40


def parse_scalar(text: str) -> bool | int | Fraction | str | None:
    """Return the value of a plain scalar.

    Raises:
        ValueError: if it is a number out of bounds.
    """
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if text[0] not in "+-.0123456789":
        return text
    return _parse_number(text)


def _parse_number(text: str) -> int | Fraction | str:
    if len(text) <= _LONGEST:
        for base, pattern in _BASES:
            if found := pattern.match(text):
                return _bounded(int(found[1], base))
        if _DECIMAL.match(text):
            return Fraction(text)
    if _NUMBERLIKE.match(text):
        raise ValueError("a number is whole and below 2**53, or a decimal of at most 40 characters")
    return text


def _bounded(number: int) -> int:
    if abs(number) > LARGEST_INTEGER:
        raise ValueError("a whole number stays below 2**53")
    return number
