"""A unified diff of one file, taken apart into hunks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_HEAD: Final = re.compile(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@")
_NO_NEWLINE: Final = "\\"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """Lines that change together, with those around them."""

    line: int
    """The first line that it is about in the old text, from 1."""
    n_lines: int
    """How many lines of the old text it is about."""
    body: tuple[str, ...]
    """Lines with their marks."""

    @property
    def text(self) -> str:
        """The lines that take the place of the old ones, without the newline of the last one."""
        return "\n".join(each[1:] for each in self.body if each[:1] in ("+", " "))

    @property
    def first_change(self) -> int:
        """The first line of the old text that goes, or before which something comes."""
        before = next((number for number, each in enumerate(self.body) if each[:1] in ("+", "-")), 0)
        return max(1, self.line + before)

    @property
    def n_changed(self) -> int:
        """How many lines of the old text go, or come if none goes."""
        gone, come = (sum(each.startswith(mark) for each in self.body) for mark in ("-", "+"))
        return gone or come

    @property
    def replaces_lines(self) -> bool:
        """Whether lines stand before it and after it, and end in a newline."""
        return (
            self.n_lines > 0 and not self.changes_ends and any(each[:1] in ("+", " ") for each in self.body)
        )

    @property
    def changes_ends(self) -> bool:
        """Whether lines end otherwise than in a newline, before or after it."""
        return any(each.startswith(_NO_NEWLINE) or each.endswith("\r") for each in self.body)


def parse_hunks(patch: str) -> Iterator[Hunk]:
    """Yield the hunks of a patch; lines before the first one are left out."""
    head: re.Match[str] | None = None
    body: list[str] = []
    for line in patch.removesuffix("\n").split("\n"):
        found = _HEAD.match(line)
        if found is None:
            body.append(line)
            continue
        if head is not None:
            yield _hunk(head, body)
        head, body = found, []
    if head is not None:
        yield _hunk(head, body)


def _hunk(head: re.Match[str], body: list[str]) -> Hunk:
    return Hunk(line=int(head[1]), n_lines=int(head[2] or "1"), body=tuple(body))


def whole_hunks(patch: str, most: int) -> str:
    """Return as many hunks from the first on as fit into so many characters."""
    end = 0
    for found in re.finditer(r"^@@ ", patch, re.MULTILINE):
        if found.start() > most:
            break
        end = found.start()
    return patch if len(patch) <= most else patch[:end]
