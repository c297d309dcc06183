"""The named pieces of a text in whole lines, each with the lines of its documentation; and where comments stand."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from tree_sitter import Node

from gitcorpus.syntax.grammars import parse
from gitcorpus.syntax.nodes import below, text_of

_KINDS: Final = {
    "class_declaration": "class",
    "class_definition": "class",
    "class_specifier": "class",
    "constructor_declaration": "method",
    "enum_declaration": "type",
    "enum_item": "type",
    "function_declaration": "function",
    "function_definition": "function",
    "function_item": "function",
    "generator_function_declaration": "function",
    "impl_item": "type",
    "interface_declaration": "type",
    "method": "method",
    "method_declaration": "method",
    "method_definition": "method",
    "record_declaration": "type",
    "struct_item": "type",
    "trait_item": "type",
    "type_declaration": "type",
}
_OUTER: Final = ("decorated_definition", "export_statement", "template_declaration")
"""What wraps a definition, and belongs to it."""
_ABOVE: Final = ("comment", "line_comment", "block_comment")
_ATTRIBUTES: Final = ("attribute_item", "decorator")


class Piece(NamedTuple):
    """One fragment: lines from 1, inclusive; 0 and 0 for documentation that is not there."""

    kind: str
    name: str
    first: int
    last: int
    doc_first: int
    doc_last: int


def pieces_in(data: bytes, language: str, _wanted: Any, seconds: float | None) -> list[Piece]:
    """Return the named pieces of a text in its order, as the work of a process apart."""
    if b"\0" in data:
        return []
    root = parse(data, language, seconds=seconds).root_node
    lines = data.split(b"\n")
    found = (_piece(node, lines) for node in below(root) if node.type in _KINDS)
    return [piece for piece in found if piece is not None]


def comments_in(data: bytes, language: str, _wanted: Any, seconds: float | None) -> list[tuple[int, int]]:
    """Return the first byte of every comment and the byte behind it, as the work of a process apart."""
    if b"\0" in data:
        return []
    root = parse(data, language, seconds=seconds).root_node
    found = [(node.start_byte, node.end_byte) for node in below(root) if node.type in _ABOVE]
    return found if not data.startswith(b"#!") or not found or found[0][0] else found[1:]


def _piece(node: Node, lines: list[bytes]) -> Piece | None:
    outer = node.parent if node.parent is not None and node.parent.type in _OUTER else node
    first, last = outer.start_point[0], _last_row(outer)
    before, behind = lines[first][: outer.start_point[1]], lines[last][outer.end_point[1] :]
    if before.strip() or (last == outer.end_point[0] and behind.strip(b" \t\r;")):
        return None
    doc = _docstring(node) or _above(outer)
    top = doc[0] - 1 if doc is not None and doc[1] <= first else first
    name = _name(node)
    if not name:
        return None
    return Piece(_KINDS[node.type], name, top + 1, last + 1, *(doc or (0, 0)))


def _last_row(node: Node) -> int:
    """Return the row of a node's last character; some nodes end at the start of the row behind it."""
    row, column = node.end_point
    return row if column else max(row - 1, node.start_point[0])


def _name(node: Node) -> str:
    at: Node | None = node
    for field in ("name", "declarator", "type"):
        found = node.child_by_field_name(field)
        if found is not None:
            at = found
            break
    else:
        at = next((each for each in node.named_children if each.child_by_field_name("name")), None)
        at = at.child_by_field_name("name") if at is not None else None
    while at is not None and at.child_by_field_name("declarator") is not None:
        at = at.child_by_field_name("declarator")
    return text_of(at).split("\n")[0][:200]


def _docstring(node: Node) -> tuple[int, int] | None:
    """Return the lines of a Python docstring, if it has them for itself."""
    body = node.child_by_field_name("body")
    if body is None or body.type != "block" or not body.named_children:
        return None
    first = next((each for each in body.named_children if each.type != "comment"), None)
    if first is None or first.type != "expression_statement" or first.named_child_count != 1:
        return None
    said = first.named_children[0]
    alone = first.start_point[0] > node.start_point[0] and body.named_child_count > 1
    return (said.start_point[0] + 1, said.end_point[0] + 1) if said.type == "string" and alone else None


def _above(node: Node) -> tuple[int, int] | None:
    """Return the lines of the comments that end right above a node, attributes between them left aside."""
    row, at, first, last = node.start_point[0], node.prev_sibling, 0, 0
    while at is not None and _last_row(at) == row - 1 and at.start_point[1] == node.start_point[1]:
        if at.type in _ABOVE:
            first, last = at.start_point[0] + 1, last or _last_row(at) + 1
        elif at.type not in _ATTRIBUTES:
            break
        row, at = at.start_point[0], at.prev_sibling
    return (first, last) if first else None


def without_comments(data: bytes, comments: list[tuple[int, int]]) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a text that are left without its comments, each with its number from 1.

    A line that held nothing but comments goes; what stood before one loses its blanks at the end.
    """
    start = 0
    for number, line in enumerate(data.split(b"\n"), start=1):
        end = start + len(line)
        cuts = [
            (max(first, start), min(last, end)) for first, last in comments if first < end and last > start
        ]
        kept, at = b"", start
        for first, last in sorted(cuts):
            kept += data[at:first]
            at = max(at, last)
        kept += data[at:end]
        covered = any(first < start and last > end for first, last in comments)
        if not cuts and not covered:
            yield number, line
        elif kept.strip():
            yield number, kept.rstrip() if cuts and cuts[-1][1] >= end else kept
        start = end + 1
