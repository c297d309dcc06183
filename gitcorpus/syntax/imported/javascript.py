"""JavaScript and TypeScript: `import`, `export … from`, `require` and `import()` of a text that is written out."""

from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from gitcorpus.syntax.nodes import below, line_of, text_of

_STATEMENTS: Final = ("import_statement", "export_statement", "import_require_clause")
_CALLS: Final = ("require", "import", "require.resolve")
_TEXTS: Final = ("string", "template_string")


def javascript_imports(root: Node) -> Iterator[tuple[str, int]]:
    """Yield what is imported as it is written."""
    for node in below(root):
        if node.type in _STATEMENTS:
            yield _text(node.child_by_field_name("source")), line_of(node)
        elif node.type == "call_expression" and text_of(node.child_by_field_name("function")) in _CALLS:
            given = node.child_by_field_name("arguments")
            first = next(iter(given.named_children), None) if given is not None else None
            yield _text(first), line_of(node)


def _text(node: Node | None) -> str:
    """Return the text of a literal; an empty one for everything else."""
    if node is None or node.type not in _TEXTS or any("substitution" in each.type for each in node.children):
        return ""
    return text_of(node)[1:-1]
