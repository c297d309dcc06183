"""Walks through a tree without recursion, since a hostile text is nested as deep as it likes."""

from collections.abc import Iterator

from tree_sitter import Node


def below(root: Node) -> Iterator[Node]:
    """Yield all named nodes of a tree, in the order of the text."""
    cursor = root.walk()
    while True:
        if cursor.node is not None and cursor.node.is_named:
            yield cursor.node
        if cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return


def text_of(node: Node | None) -> str:
    """Return a node's text; an empty one if there is no node."""
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def line_of(node: Node) -> int:
    """Return a node's first line, from 1."""
    return node.start_point[0] + 1
