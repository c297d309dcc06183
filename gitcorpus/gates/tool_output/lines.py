"""Lines of `path:line: message` or `path:line:column: message`, as compilers and many linters write them.

Indented lines after a remark belong to it. Every other line must be a remark: a summary is switched off by an option of
the tool. What stands in a message never softens it, since a tool may quote pushed text there.
"""

import re
from collections.abc import Iterator
from typing import Final

from gitcorpus.gates.tool_output.remark import OutputError, Remark, counted_from_one, one_line

_REMARK: Final = re.compile(r"(?P<path>[^\s].*?):(?P<line>[0-9]+):(?:(?P<column>[0-9]+):)?(?P<message>.*)")


def parse_lines(data: bytes) -> tuple[Remark, ...]:
    """Return what the lines say.

    Raises:
        OutputError: at the first line that is of another form.
    """
    return tuple(_remarks(data.decode("utf-8", "surrogateescape").split("\n")))


def _remarks(lines: list[str]) -> Iterator[Remark]:
    said = False
    for number, line in enumerate(lines, start=1):
        found = _REMARK.fullmatch(line.rstrip("\r"))
        if found is not None:
            said = True
            at = counted_from_one(found["line"]), counted_from_one(found["column"])
            yield Remark(found["path"], *at, "", one_line(found["message"]))
        elif line.strip() and not (said and line[0] in " \t"):
            raise OutputError(f"line {number} is not `path:line: message`: {one_line(line)[:80]}")
