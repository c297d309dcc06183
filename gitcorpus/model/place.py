"""Where to look. Everything read from a file carries its place, from the parser to the screen."""

from dataclasses import dataclass, replace
from typing import NamedTuple, NewType

Oid = NewType("Oid", str)
"""git's object id, 40 or 64 lower-case hex digits."""

Digest = NewType("Digest", str)
"""Our sha256 of canonical bytes, written `sha256:` and 64 hex digits."""

ZERO_OID = Oid("0" * 40)

Route = tuple[str | int, ...]
"""Keys and indices into a YAML document: `("units", 3, "tasks", 0)`."""


class Span(NamedTuple):
    """First to last line of one text, 1-based and inclusive."""

    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """A file, and as far as known the line, column (both 1-based), route and commit."""

    path: str
    line: int | None = None
    column: int | None = None
    route: Route = ()
    commit: Oid | None = None

    def __str__(self) -> str:
        """Print as `path`, `path:line` or `path:line:col`."""
        parts = [self.path]
        if self.line is not None:
            parts.append(str(self.line))
            if self.column is not None:
                parts.append(str(self.column))
        return ":".join(parts)

    def at(self, line: int, column: int | None = None) -> "Place":
        """Return the same file at another line."""
        return replace(self, line=line, column=column)


def render_route(route: Route) -> str:
    """Write a route as `units[3].tasks[0]`."""
    text = ""
    for step in route:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.lstrip(".")
