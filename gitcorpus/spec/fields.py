"""Reads fields of a node that has kept its schema, so that builders say what they want in one word each."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Any

from gitcorpus.model.place import Place, Route
from gitcorpus.spec.schema import plain
from gitcorpus.spec.yaml import Mapping, Node, Scalar, Sequence


class Fields:
    """One mapping of a document, with the route that leads to it."""

    def __init__(self, node: Node, route: Route = ()) -> None:
        if not isinstance(node, Mapping):
            raise TypeError(f"{node.place} is not a mapping")
        self.node = node
        self.route = route

    @property
    def place(self) -> Place:
        """Where the mapping begins."""
        return _routed(self.node.place, self.route)

    def has(self, name: str) -> bool:
        """Tell whether a field is there and not empty."""
        pair = self.node.pair(name)
        return pair is not None and not (isinstance(pair.value, Scalar) and pair.value.value is None)

    def value(self, name: str) -> Node:
        """Return a field's node.

        Raises:
            KeyError: if it is not there.
        """
        pair = self.node.pair(name)
        if pair is None:
            raise KeyError(name)
        return pair.value

    def place_of(self, name: str) -> Place:
        """Where a field's value stands, or the mapping if it has none."""
        pair = self.node.pair(name)
        return self.place if pair is None else _routed(pair.value.place, (*self.route, name))

    def text(self, name: str, default: str = "") -> str:
        """A text, as it was written."""
        node = self.value(name) if self.has(name) else None
        return node.text if isinstance(node, Scalar) else default

    def number(self, name: str) -> int | None:
        """A whole number."""
        node = self.value(name) if self.has(name) else None
        return node.value if isinstance(node, Scalar) and isinstance(node.value, int) else None

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false."""
        node = self.value(name) if self.has(name) else None
        return node.value if isinstance(node, Scalar) and isinstance(node.value, bool) else default

    def day(self, name: str) -> date | None:
        """A date."""
        return date.fromisoformat(self.text(name)) if self.has(name) else None

    def share(self, name: str) -> Fraction:
        """A decimal, exactly as written."""
        return Fraction(self.text(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts, or one text for a list of one."""
        return tuple(text for text, _ in self.placed(name))

    def placed(self, name: str) -> tuple[tuple[str, Place], ...]:
        """A list of texts, each with its place."""
        if not self.has(name):
            return ()
        node = self.value(name)
        items = node.items if isinstance(node, Sequence) else (node,)
        return tuple(
            (item.text, _routed(item.place, (*self.route, name, index)))
            for index, item in enumerate(items)
            if isinstance(item, Scalar)
        )

    def inner(self, name: str) -> "Fields | None":
        """A mapping within this one."""
        return Fields(self.value(name), (*self.route, name)) if self.has(name) else None

    def each(self, name: str) -> Iterator["Fields"]:
        """The mappings of a list."""
        node = self.value(name) if self.has(name) else None
        if isinstance(node, Sequence):
            for index, item in enumerate(node.items):
                yield Fields(item, (*self.route, name, index))

    def plain(self, name: str, default: Any = None) -> Any:
        """A field's value as JSON would hold it."""
        return plain(self.value(name)) if self.has(name) else default

    def names(self) -> tuple[str, ...]:
        """The keys, in the order of the file."""
        return tuple(pair.key for pair in self.node.pairs)


def lines_of(scalar: Scalar) -> tuple[int, ...]:
    """Return the file's line for every line of a scalar's text.

    A `|` block has its lines one below the other, beginning after its header; of another scalar that
    spans several lines, or of one line that escapes make several, all have the first.
    """
    first = scalar.place.line or 1
    n_lines = len(scalar.text.split("\n")) - (1 if scalar.text.endswith("\n") else 0)
    if scalar.literal:
        return tuple(range(first + 1, first + 1 + n_lines))
    return (first,) * n_lines


def _routed(place: Place, route: Route) -> Place:
    return Place(path=place.path, line=place.line, column=place.column, route=route)
