"""Source text to syntax faults, by tree-sitter. One door to the grammars.

A grammar's parse is linear in the text, and the walk over its tree keeps no stack of its own, so that
deeply nested hostile text costs time in proportion and nothing else.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import version
from typing import Final, NamedTuple

from tree_sitter import Language, Node, Parser, Tree

MAX_QUOTE: Final = 400
"""Characters of a line that a fault quotes at the most."""

_GRAMMARS: Final[Mapping[str, tuple[str, str]]] = {
    "bash": ("tree_sitter_bash", "language"),
    "c": ("tree_sitter_c", "language"),
    "c-sharp": ("tree_sitter_c_sharp", "language"),
    "cpp": ("tree_sitter_cpp", "language"),
    "css": ("tree_sitter_css", "language"),
    "go": ("tree_sitter_go", "language"),
    "hcl": ("tree_sitter_hcl", "language"),
    "html": ("tree_sitter_html", "language"),
    "java": ("tree_sitter_java", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "json": ("tree_sitter_json", "language"),
    "python": ("tree_sitter_python", "language"),
    "ruby": ("tree_sitter_ruby", "language"),
    "rust": ("tree_sitter_rust", "language"),
    "toml": ("tree_sitter_toml", "language"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "yaml": ("tree_sitter_yaml", "language"),
}


class SyntaxFault(NamedTuple):
    """Where a text does not parse: line and columns, 1-based and inclusive, in characters.

    `missing` is what the grammar wanted there, or empty where it could make nothing of the text.
    """

    line: int
    first_column: int
    last_column: int
    missing: str
    quote: str


def languages() -> frozenset[str]:
    """Return the languages that have a grammar here."""
    return frozenset(_GRAMMARS)


def grammar_version(language: str) -> str:
    """Return the version of a language's grammar, as part of the key of what it says."""
    package = _GRAMMARS[language][0].replace("_", "-")
    return f"{package} {version(package)}, tree-sitter {version('tree-sitter')}"


@cache
def _parser(language: str) -> Parser:
    package, function = _GRAMMARS[language]
    return Parser(Language(getattr(import_module(package), function)()))


def faults(data: bytes, language: str, *, most: int) -> tuple[SyntaxFault, ...]:
    """Return the first faults of a text, in its order, one a line.

    Args:
        data: the text, UTF-8.
        language: one of `languages()`.
        most: how many faults are wanted at the most.
    """
    tree = _parser(language).parse(data)
    if not tree.root_node.has_error:
        return ()
    lines = data.split(b"\n")
    found: dict[int, SyntaxFault] = {}
    for node in _faulty(tree):
        fault = _fault(node, lines)
        found.setdefault(fault.line, fault)
        if len(found) == most:
            break
    return tuple(found.values())


def _faulty(tree: Tree) -> Iterator[Node]:
    """Walk to every error and missing node, past subtrees that have none."""
    cursor = tree.walk()
    while True:
        node = cursor.node
        if node is None:
            return
        if node.is_error or node.is_missing:
            yield node
        if node.has_error and not node.is_error and cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return


def _fault(node: Node, lines: list[bytes]) -> SyntaxFault:
    row, first = node.start_point
    end_row, last = node.end_point
    line = lines[row] if row < len(lines) else b""
    stop = last if end_row == row else len(line)
    start = len(line[:first].decode("utf-8", "replace")) + 1
    end = max(start, len(line[:stop].decode("utf-8", "replace")))
    missing = node.type if node.is_missing else ""
    quote = line[: 4 * MAX_QUOTE].decode("utf-8", "replace").rstrip("\r")[:MAX_QUOTE]
    return SyntaxFault(row + 1, start, end, missing, quote)
