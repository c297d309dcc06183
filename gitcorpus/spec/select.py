"""Finds nodes by a path, passing over whatever has another shape: for documents that may not keep their schema.

`units[].tasks[].languages[]` is each item of each list; `[]` takes a leaf for a list of one, and `owners{}` is
each value of a mapping.
"""

from collections.abc import Iterator

from gitcorpus.spec.nodes import Fields, Items, Node, Scalar


def select(node: Node | None, path: str) -> Iterator[Node]:
    """Yield the nodes that a path leads to."""
    head, _, rest = path.partition(".")
    name = head.rstrip("[]{}")
    found = node.get(name) if isinstance(node, Fields) else None
    for inner in _spread(found, head[len(name) :]) if found else ():
        yield from select(inner, rest) if rest else (inner,)


def select_texts(node: Node | None, path: str) -> Iterator[Scalar]:
    """Yield the texts among the nodes that a path leads to."""
    return (found for found in select(node, path) if isinstance(found, Scalar) and found.value == found.text)


def select_keys(node: Node | None, path: str) -> Iterator[Scalar]:
    """Yield the keys of the mappings that a path leads to."""
    for found in select(node, path):
        if isinstance(found, Fields):
            yield from (entry.key for entry in found.entries.values())


def _spread(node: Node, marks: str) -> Iterator[Node]:
    """Yield a node, or what `[]` and `{}` behind its name ask for."""
    if not marks:
        yield node
        return
    match marks[:2], node:
        case "[]", Items():
            inner: tuple[Node, ...] = node.nodes
        case "[]", Scalar():
            inner = (node,)
        case "{}", Fields():
            inner = tuple(entry.node for entry in node.entries.values())
        case _:
            inner = ()
    for item in inner:
        yield from _spread(item, marks[2:])
