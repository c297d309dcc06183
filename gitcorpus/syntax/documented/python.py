"""Python: docstrings (PEP 257) of all symbols whose names do not begin with an underscore."""

from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from gitcorpus.syntax.documented.symbol import Symbol, lines_of
from gitcorpus.syntax.nodes import text_of

_NEEDS_NONE: Final = ("overload", "override", "setter", "deleter")
_HERSELF: Final = ("self", "cls", "mcs")
_DEFINED: Final = ("function_definition", "class_definition")


def python_symbols(root: Node) -> Iterator[Symbol]:
    """Yield the public symbols of a module."""
    yield Symbol("module", "", 1, lines_of(root), _docstring(root))
    yield from _inside(root, "")


def _inside(body: Node, owner: str) -> Iterator[Symbol]:
    for child in body.named_children:
        node, decorators = child, ""
        if child.type == "decorated_definition":
            node = child.child_by_field_name("definition") or child
            decorators = " ".join(text_of(each) for each in child.named_children if each.type == "decorator")
        name = text_of(node.child_by_field_name("name"))
        needs_none = any(decorators.endswith(each) or f"{each} " in decorators for each in _NEEDS_NONE)
        if node.type not in _DEFINED or name.startswith("_") or needs_none:
            continue
        inner, line = node.child_by_field_name("body"), node.start_point[0] + 1
        doc = _docstring(inner) if inner is not None else None
        if node.type == "class_definition":
            yield Symbol("class", name, line, lines_of(node), doc)
            yield from _inside(inner, name) if inner is not None and not owner else ()
        else:
            kind = "method" if owner else "function"
            yield Symbol(kind, name, line, lines_of(node), doc, tuple(_parameters(node)), _returns(node))


def _docstring(body: Node) -> str | None:
    first = next((each for each in body.named_children if each.type != "comment"), None)
    if first is None or first.type != "expression_statement" or first.named_child_count != 1:
        return None
    said = first.named_children[0]
    return text_of(said).strip("rRuU").strip("\"'").strip() if said.type == "string" else None


def _parameters(node: Node) -> Iterator[str]:
    listed = node.child_by_field_name("parameters")
    for each in listed.named_children if listed is not None else ():
        first = each.child_by_field_name("name") or each
        while first.named_child_count and first.type != "identifier":
            first = first.named_children[0]
        name = text_of(first)
        if first.type == "identifier" and name not in _HERSELF and not name.startswith("_"):
            yield name


def _returns(node: Node) -> bool:
    """Tell whether a function gives something back."""
    if text_of(node.child_by_field_name("return_type")) in ("None", "NoReturn", "Never"):
        return False
    waiting = [node.child_by_field_name("body")]
    while waiting:
        at = waiting.pop()
        for child in at.named_children if at is not None else ():
            if (child.type == "return_statement" and child.named_child_count) or child.type == "yield":
                return True
            if child.type not in (*_DEFINED, "lambda"):
                waiting.append(child)
    return False
