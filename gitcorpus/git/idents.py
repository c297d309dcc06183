"""Author, committer and tagger lines, as `git log` reads them.

Old histories have lines that git does not write any more: without a zone, with brackets left out or doubled, with times
that no calendar has. git shows all of them, so there is one reading that everybody knows: that of
`git log --format='%an %ae %at %ai'`. It is kept here, byte for byte, and what is odd about a line is said beside it.
What git does not read is empty, and a time that it does not read is the first second of 1970.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

SPACE: Final = b" \t\n\r"
"""What git takes for white space: no form feeds, nothing outside ASCII."""
SPACES: Final = tuple(SPACE[at : at + 1] for at in range(len(SPACE)))
_DATE: Final = re.compile(rb"[ \t\n\r]*([0-9]+)[ \t\n\r]*([+-][0-9]+)")
_ZONE: Final = re.compile(rb"> [0-9]+ [+-][0-9]{4}$")
_LARGEST: Final = 2**53 - 1
"""The last second that a table of numbers holds exactly: the year 285428751."""
_LARGEST_ZONE: Final = 2**31 - 1


class Ident(NamedTuple):
    """Who and when, in the bytes of the line."""

    name: bytes = b""
    email: bytes = b""
    seconds: int = 0
    offset: int = 0


def parse_ident(line: bytes) -> Ident:
    """Read `Name <mail> seconds +hhmm`."""
    name, opened, rest = line.partition(b"<")
    email, closed, _ = rest.partition(b">")
    if not opened or not closed:
        return Ident()
    date = _DATE.match(line.rpartition(b">")[2])
    seconds = int(date[1]) if date else 0
    if date is None or seconds > _LARGEST:
        return Ident(_name(name), email)
    return Ident(_name(name), email, seconds, _minutes(int(date[2])))


def _name(before: bytes) -> bytes:
    """Return a name without the blanks behind it; those before it stay."""
    return before.rstrip(SPACE)


def _minutes(zone: int) -> int:
    """Return how far a zone is from UTC: its last two digits are minutes, and all others are hours."""
    hours, minutes = divmod(abs(zone), 100)
    found = 60 * hours + minutes
    if abs(zone) >= _LARGEST_ZONE:
        return 0
    return -found if zone < 0 else found


def header_lines(data: bytes, role: str) -> list[bytes]:
    """Return the lines that an object's header has for a role, in order.

    Source: git looks at the whole header, up to the first empty line or NUL.
    """
    head = data.partition(b"\0")[0].partition(b"\n\n")[0]
    begin = role.encode() + b" "
    return [line.removeprefix(begin) for line in head.split(b"\n") if line.startswith(begin)]


def oddities(role: str, lines: Sequence[bytes], encoding: str = "") -> Iterator[str]:
    """Say what is odd about the lines that a commit's header has for a role."""
    if not lines:
        yield f"it names no {role}"
        return
    if len(lines) > 1:
        yield f"it has {len(lines)} {role} lines, of which the last counts"
    why = _odd(lines[-1], encoding)
    if why:
        yield f"its {role} line {why}"


def _odd(line: bytes, encoding: str) -> str:
    """Return the first of the things that can be odd about a line."""
    ident = parse_ident(line)
    _, opened, rest = line.partition(b"<")
    email, closed, behind = rest.partition(b">")
    if not opened or not closed:
        return "lacks a bracket around the address, so that it names nobody"
    date = _DATE.match(line.rpartition(b">")[2])
    if date is None:
        return "has no time with a zone, so that it counts as 1970"
    padded = ident.name[:1] in SPACES or email.strip(SPACE) != email or b"\r" in line
    tests = (
        (int(date[1]) > _LARGEST, "has a time that no calendar has, so that it counts as 1970"),
        (not _ZONE.search(line), "has an odd zone"),
        (b">" in behind or b"<" in email, "has more than two brackets"),
        (not ident.name, "has no name"),
        (padded, "has blanks around the name or the address, or a carriage return"),
        (not encoding and not _is_text(line), "is not UTF-8"),
    )
    return next((why for applies, why in tests if applies), "")


def _is_text(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
