"""Where the functions of a Python text stand, by the names that mutation testing gives them."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from tree_sitter import Node

from gitcorpus.syntax.grammars import parse


class Function(NamedTuple):
    """A function at the top of a text, or a method of a class there; lines from 1, inclusive.

    `first` is the line of its first decorator, `begins` that of its own first word.
    """

    name: str
    first: int
    begins: int
    last: int


def functions_of(data: bytes, language: str, _wanted: Any, seconds: float | None) -> list[Function]:
    """Return the functions in their order, as the work of a process apart."""
    if b"\0" in data:
        return []
    return list(_functions(parse(data, language, seconds=seconds).root_node, ""))


def _functions(parent: Node, owner: str) -> Iterator[Function]:
    for node in parent.named_children:
        inner = node.child_by_field_name("definition") if node.type == "decorated_definition" else node
        name = inner.child_by_field_name("name") if inner is not None else None
        if inner is None or name is None:
            continue
        called = (name.text or b"").decode("utf-8", "replace")
        if inner.type == "function_definition":
            rows = node.start_point[0], inner.start_point[0], inner.end_point[0]
            yield Function(f"{owner}{called}", *(row + 1 for row in rows))
        elif inner.type == "class_definition" and not owner:
            body = inner.child_by_field_name("body")
            yield from _functions(body, f"{called}.") if body is not None else ()
