"""How what a file says is quoted in a sentence: on one line, short, and never near enough to be costly."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

_WIDEST: Final = 48
_MOST_NAMES: Final = 1000
_EDGE: Final = 3


def brief(value: object) -> str:
    """Return a value in backticks, cut to a few words."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    line = text[: _WIDEST + 1].replace("\n", " ").replace("\t", " ")
    return f"`{line}`" if len(text) <= _WIDEST else f"`{line[: _WIDEST - 1]}…`"


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
