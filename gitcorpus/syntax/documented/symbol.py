"""A symbol that others may use, and what is said about it."""

from typing import NamedTuple

from tree_sitter import Node


class Symbol(NamedTuple):
    """A public symbol as its text has it."""

    kind: str
    """`module`, `class`, `function`, `method`, `type` or `variable`."""
    name: str
    line: int
    """From 1."""
    n_lines: int
    doc: str | None
    """What is said about it; none if nothing is."""
    parameters: tuple[str, ...] = ()
    returns: bool = False
    """Whether it gives something back."""


def lines_of(node: Node) -> int:
    """Return how many lines a node has."""
    return node.end_point[0] - node.start_point[0] + 1
