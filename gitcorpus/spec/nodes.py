"""A YAML document as a tree in which every key and every value knows where it stands.

A node can say a finding about itself, with the line that it stands on as the quote. What reads a node
assumes that its document keeps its schema; whoever must look at a document that may not, uses `select`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from numbers import Rational
from typing import NamedTuple

from gitcorpus.model.entry import Json
from gitcorpus.model.finding import Finding, Quote, Severity
from gitcorpus.model.place import Oid, Place, Route

_WIDEST, _WINDOW = 120, 100

Plain = bool | int | Fraction | str | list["Plain"] | dict[str, "Plain"] | None
"""A node's value without its places; decimals stay exact."""


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One file as text: what its findings quote."""

    path: str
    lines: tuple[str, ...] = ()
    commit: Oid | None = None

    def place(self, line: int | None = None, column: int | None = None, route: Route = ()) -> Place:
        """Return a place in this file."""
        return Place(path=self.path, line=line, column=column, route=route, commit=self.commit)

    def quote(self, line: int, first: int, last: int) -> Quote | None:
        """Return a line with the columns to underline, cut around them; none for a line past the end."""
        if line > len(self.lines):
            return None
        text, last = self.lines[line - 1], max(first, last)
        if len(text) <= _WIDEST:
            return Quote(text, first, last)
        start = max(0, first - _WINDOW // 4)
        cut = f"…{text[start : start + _WINDOW]}…"
        return Quote(cut, first - start + 1, min(last - start + 1, len(cut) - 1))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Spot:
    """What all nodes have: a file, a line, the first and last column, and the route that leads here."""

    sheet: Sheet
    line: int
    column: int
    last_column: int
    route: Route

    @property
    def place(self) -> Place:
        """Where the node stands."""
        return self.sheet.place(self.line, self.column, self.route)

    def finding(
        self, code: str, sentence: str, hint: str = "", severity: Severity = Severity.BLOCK
    ) -> Finding:
        """Say something about this node."""
        quote = self.sheet.quote(self.line, self.column, self.last_column)
        return Finding(
            code=code, place=self.place, sentence=sentence, hint=hint, severity=severity, quote=quote
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Scalar(Spot):
    """A leaf. `text` is what YAML gives before `value` gets its type."""

    value: bool | int | Fraction | str | None
    text: str
    text_line: int
    """The file's line in which the first line of `text` stands."""
    literal: bool
    """Whether each line of `text` stands one below the other in the file, as in a `|` block."""

    @property
    def lines(self) -> tuple[int, ...]:
        """The file's line for every line of `text`: text is split at LF, a final LF ends the last line."""
        n_lines = self.text.count("\n") + (not self.text.endswith("\n") if self.text else 0)
        step = 1 if self.literal else 0
        return tuple(self.text_line + step * index for index in range(n_lines))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Items(Spot):
    """A list."""

    nodes: tuple["Node", ...]


class Entry(NamedTuple):
    """One field of a mapping."""

    key: Scalar
    node: "Node"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Fields(Spot):
    """A mapping in the order of its file; keys are texts and unique."""

    entries: Mapping[str, Entry]

    def get(self, name: str) -> "Node | None":
        """Return a field's node."""
        entry = self.entries.get(name)
        return entry.node if entry else None

    def place_of(self, name: str) -> Place:
        """Where a field's value stands; the mapping itself where it has no such field."""
        node = self.get(name)
        return self.place if node is None else node.place

    def scalar(self, name: str) -> Scalar | None:
        """Return a field that is a leaf."""
        node = self.get(name)
        return node if isinstance(node, Scalar) else None

    def text(self, name: str, default: str = "") -> str:
        """Return a text."""
        node = self.scalar(name)
        return node.text if node else default

    def texts(self, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return a list of texts; a single text is a list of one."""
        node = self.get(name)
        if isinstance(node, Items):
            return tuple(item.text for item in node.nodes if isinstance(item, Scalar))
        return (node.text,) if isinstance(node, Scalar) else default

    def whole(self, name: str) -> int | None:
        """Return a whole number."""
        node = self.scalar(name)
        return node.value if node and isinstance(node.value, int) else None

    def number(self, name: str, default: float) -> float:
        """Return a number."""
        node = self.scalar(name)
        return float(node.value) if node and isinstance(node.value, Rational) else default

    def flag(self, name: str, *, default: bool) -> bool:
        """Return true or false."""
        node = self.scalar(name)
        return node.value if node and isinstance(node.value, bool) else default

    def day(self, name: str) -> date | None:
        """Return a date."""
        node = self.scalar(name)
        return date.fromisoformat(node.text) if node else None

    def needed_day(self, name: str) -> date:
        """Return a date that the schema asks for."""
        day = self.day(name)
        if day is None:
            raise ValueError(f"{self.place} has no {name}, which its schema asks for")
        return day

    def fields(self, name: str) -> "Fields | None":
        """Return a mapping within this one."""
        node = self.get(name)
        return node if isinstance(node, Fields) else None

    def each(self, name: str) -> Iterator["Fields"]:
        """Return the mappings of a list."""
        node = self.get(name)
        if isinstance(node, Items):
            yield from (item for item in node.nodes if isinstance(item, Fields))

    def wholes(self, name: str) -> dict[str, int]:
        """Return a mapping of names to whole numbers."""
        inner = self.fields(name)
        return (
            {key: whole for key in inner.entries if (whole := inner.whole(key)) is not None} if inner else {}
        )


Node = Scalar | Items | Fields


def plain(node: Node) -> Plain:
    """Return a node's value without places."""
    match node:
        case Scalar():
            return node.value
        case Items():
            return [plain(item) for item in node.nodes]
        case Fields():
            return {name: plain(entry.node) for name, entry in node.entries.items()}


def json_of(node: Node) -> Json:
    """Return a node's value as canonical JSON can hold it: a decimal as the text that it was written as."""
    match node:
        case Scalar():
            return node.text if isinstance(node.value, Fraction) else node.value
        case Items():
            return [json_of(item) for item in node.nodes]
        case Fields():
            return json_fields(node)


def json_fields(node: Fields | None) -> dict[str, Json]:
    """Return a mapping's values as canonical JSON can hold them."""
    return {name: json_of(entry.node) for name, entry in node.entries.items()} if node else {}


def reach(node: Node, route: Route) -> Node:
    """Return the node that a route from this one leads to, or the last one on the way that exists."""
    for step in route:
        match node, step:
            case Fields(), str() if step in node.entries:
                node = node.entries[step].node
            case Items(), int() if step < len(node.nodes):
                node = node.nodes[step]
            case _:
                break
    return node
