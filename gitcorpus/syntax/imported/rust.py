"""Rust: the crates that `use` and `extern crate` name.

What the file itself calls by that name, as a module, a type, an import or another item, is no crate. Names that begin
with a capital are types.
"""

from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from gitcorpus.syntax.nodes import below, line_of, text_of

_HERE: Final = ("self", "super", "crate", "Self")
_ITEMS: Final = (
    "mod_item",
    "enum_item",
    "struct_item",
    "union_item",
    "trait_item",
    "type_item",
    "function_item",
    "macro_definition",
)
_LISTS: Final = ("use_list", "use_wildcard")


def rust_imports(root: Node) -> Iterator[tuple[str, int]]:
    """Yield the first names of paths."""
    local = frozenset(_local(root))
    for node in below(root):
        if node.type == "extern_crate_declaration":
            yield text_of(node.child_by_field_name("name")), line_of(node)
        elif node.type == "use_declaration":
            for first in _roots(node.child_by_field_name("argument")):
                name = text_of(first)
                absolute = (first.parent or first).text or b""
                taken = name in local and not absolute.startswith(b"::")
                if name not in _HERE and not name[:1].isupper() and not taken:
                    yield name.removeprefix("r#"), line_of(first)


def _local(root: Node) -> Iterator[str]:
    """Yield the names that the file gives to things of its own, or to what it imports from deeper down."""
    for node in below(root):
        if node.type in _ITEMS:
            yield text_of(node.child_by_field_name("name"))
        elif node.type == "use_as_clause":
            yield text_of(node.child_by_field_name("alias"))
        elif node.type == "scoped_identifier" and node.parent is not None and "use" in node.parent.type:
            yield text_of(node.child_by_field_name("name"))
        elif node.type == "identifier" and node.parent is not None and node.parent.type == "use_list":
            inside = node.parent.parent
            if inside is not None and inside.type == "scoped_use_list":
                yield text_of(node)


def _roots(argument: Node | None) -> Iterator[Node]:
    """Yield the first name of each path in a tree of `use`."""
    waiting = [argument] if argument is not None else []
    while waiting:
        node = waiting.pop()
        if node.type in _LISTS:
            waiting += reversed(node.named_children)
        elif node.type in ("identifier", *_HERE):
            yield node
        else:
            first = node.child_by_field_name("path") or next(iter(node.named_children), None)
            waiting += [first] if first is not None else []
