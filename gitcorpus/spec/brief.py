"""How what a file says is quoted in a sentence, on one line and short, and how a path is written into a command."""

from collections.abc import Iterable
from difflib import get_close_matches
from shlex import quote
from typing import Final

_WIDEST: Final = 48
_MOST_NAMES: Final = 1000
_EDGE: Final = 3


def brief(value: object) -> str:
    """Return a value in backticks, cut to a few words."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    line = text[: _WIDEST + 1].replace("\n", " ").replace("\t", " ")
    return f"`{line}`" if len(text) <= _WIDEST else f"`{line[: _WIDEST - 1]}…`"


def pasted(path: str) -> str:
    """Return a path as one word of a shell, in characters that every terminal shows."""
    named = f"./{path}" if path.startswith("-") else path
    if named.isprintable():
        return quote(named)
    try:
        data = named.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # no bytes of a name are read as this
        data = named.encode("utf-8", "surrogatepass")
    octal = "".join(map(_octal, data))
    return f"\"$(printf '{octal}')\""


def _octal(byte: int) -> str:
    character = chr(byte)
    is_plain = character.isascii() and character.isprintable() and character not in "\\%'\"$`!"
    return character if is_plain else f"\\{byte:03o}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint that names the nearest known name; else the few that there are; else nothing."""
    names = {each.lower(): each for each in known}
    near = (
        get_close_matches(name.lower(), _candidates(name.lower(), names), n=1) if len(name) <= _WIDEST else []
    )
    if near:
        return f"did you mean {brief(names[near[0]])}?"
    few = ", ".join(names.values())
    return f"known: {few}" if names and len(few) <= 2 * _WIDEST else ""


def _candidates(name: str, names: Iterable[str]) -> list[str]:
    """Keep the comparison cheap: of very many names, only those that begin or end alike."""
    listed = list(names)
    if len(listed) > _MOST_NAMES:
        listed = [
            known for known in listed if known[:_EDGE] == name[:_EDGE] or known[-_EDGE:] == name[-_EDGE:]
        ]
    return listed[:_MOST_NAMES]
