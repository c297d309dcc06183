"""In which line of its file a scalar's text begins.

The provenance of a prompt or a template rests on this. A `|` block begins on the line below its header, a
folded block on its first line that is not blank, everything else where it stands.
"""

import re
from typing import Any

_BEFORE_BLOCK = re.compile(r"(?:[&!]\S*|#.*|\s+)*", re.MULTILINE)


def first_text_line(event: Any, lines: tuple[str, ...]) -> int:
    """Return the 1-based line in which the first line of a scalar event's text stands."""
    line = int(event.start_mark.line) + 1
    if event.style not in ("|", ">"):
        return line
    if event.anchor:
        line += _lines_before_header(event, lines)
    line += 1
    if event.style == ">":
        while line < len(lines) and not lines[line - 1].strip():
            line += 1
    return line


def _lines_before_header(event: Any, lines: tuple[str, ...]) -> int:
    """Count the lines between an anchor and its block's header, which may stand further down."""
    first = event.start_mark.line
    ahead = "\n".join((lines[first][event.start_mark.column :], *lines[first + 1 : event.end_mark.line + 1]))
    found = _BEFORE_BLOCK.match(ahead)
    return found[0].count("\n") if found else 0
