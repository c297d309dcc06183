"""The symbols of a text that others may use, and what is said about each, in the convention of its language."""

from collections.abc import Iterator
from typing import Any, Final

from tree_sitter import Node

from gitcorpus.syntax.documented.above import CONVENTIONS, symbols_above
from gitcorpus.syntax.documented.python import python_symbols
from gitcorpus.syntax.documented.symbol import Symbol, lines_of
from gitcorpus.syntax.grammars import parse
from gitcorpus.syntax.nodes import text_of

__all__ = ["LANGUAGES", "Symbol", "symbols_of"]

LANGUAGES: Final = frozenset({"python", "hcl", *CONVENTIONS})
"""Languages with a convention that is known."""
_TOLD: Final = ("variable", "output")


def symbols_of(data: bytes, language: str, _wanted: Any, seconds: float | None) -> list[Symbol]:
    """Return the public symbols of a text in the order of its lines, as the work of a process apart."""
    if b"\0" in data:
        return []
    root = parse(data, language, seconds=seconds).root_node
    if language == "python":
        found = python_symbols(root)
    else:
        found = _hcl_symbols(root) if language == "hcl" else symbols_above(root, CONVENTIONS[language])
    return sorted(found, key=lambda each: each.line)


def _hcl_symbols(root: Node) -> Iterator[Symbol]:
    """Yield the variables and outputs of a module; what is said about one is its `description`."""
    for body in root.named_children:
        for block in body.named_children if body.type == "body" else ():
            words = [text_of(each).strip('"') for each in block.named_children[:2]]
            if block.type == "block" and words[:1] and words[0] in _TOLD:
                name = words[1] if len(words) > 1 else ""
                yield Symbol("variable", name, block.start_point[0] + 1, lines_of(block), _description(block))


def _description(block: Node) -> str | None:
    for body in block.named_children:
        for each in body.named_children if body.type == "body" else ():
            if each.type == "attribute" and text_of(each.named_children[0]) == "description":
                return text_of(each.named_children[-1]).strip('"')
    return None
