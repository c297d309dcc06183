"""The texts that an HCL file writes out, by where they stand: blocks, labels and attributes from the outside in.

What is put together while a tool runs (`"${var.name}"`) is no text.
"""

from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from gitcorpus.syntax.grammars import parse
from gitcorpus.syntax.nodes import line_of, text_of

Written = tuple[tuple[str, ...], str, int]
"""A route, the text, and the line of what it is the value of, from 1."""

_DEEPEST: Final = 8
_INNER: Final = ("expression", "collection_value", "literal_value")


def hcl_texts(data: bytes, *, seconds: float | None = None) -> Iterator[Written]:
    """Yield the texts of a file that has no NUL; of a text that is not sound, those that a parser can tell."""
    if b"\0" not in data:
        yield from _inside(parse(data, "hcl", seconds=seconds).root_node, ())


def _inside(node: Node, route: tuple[str, ...]) -> Iterator[Written]:
    """Yield what stands in a file, a block or an object."""
    if len(route) > _DEEPEST:
        return
    for each in node.named_children:
        if each.type == "body":
            yield from _inside(each, route)
        elif each.type == "block":
            words = tuple(
                _word(word) for word in each.named_children if word.type in ("identifier", "string_lit")
            )
            yield from _inside(each, (*route, *words))
        elif (each.type == "attribute" and each.named_children) or (
            each.type == "object_elem" and each.named_children
        ):
            yield from _value(each.named_children[-1], (*route, _word(each.named_children[0])), line_of(each))


def _value(node: Node, route: tuple[str, ...], line: int) -> Iterator[Written]:
    while node.type in _INNER and node.named_children:
        node = node.named_children[0]
    if node.type == "string_lit":
        yield route, _word(node), line
    elif node.type == "object":
        yield from _inside(node, route)


def _word(node: Node) -> str:
    """Return a name, or what stands between quotes."""
    text = text_of(node)
    return text[1:-1] if text[:1] == '"' and text[-1:] == '"' and len(text) > 1 else text
