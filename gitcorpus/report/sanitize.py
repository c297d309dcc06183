"""Text from a repository, made fit for a terminal: what would act is shown instead.

Everything that a pusher wrote and that gitcorpus prints goes through `shown`.
"""

import unicodedata


def shown(text: str, width: int = 200) -> str:
    """Return text on one line whose control, bidirectional and invisible characters are written out.

    Args:
        text: anything.
        width: how many characters are wanted at the most; longer text ends in an ellipsis.
    """
    parts: list[str] = []
    length = 0
    for character in text:
        part = _written(character)
        if length + len(part) > width:
            while parts and length + 1 > width:
                length -= len(parts.pop())
            return "".join([*parts, "…"]) if width else ""
        parts.append(part)
        length += len(part)
    return "".join(parts)


def _written(character: str) -> str:
    if character == "\t":
        return " "
    if not character.isprintable():  # controls, direction marks, surrogates, odd blanks (PEP 3138)
        number = ord(character)
        if number <= 0xFF:  # noqa: PLR2004 - one byte
            return f"\\x{number:02x}"
        if 0xDC80 <= number <= 0xDCFF:  # noqa: PLR2004 - bytes of a name that are not UTF-8
            return f"\\x{number - 0xDC00:02x}"
        return f"<U+{number:04X}>"
    return character


def columns(text: str) -> int:
    """Return how many columns of a terminal a shown text takes."""
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
