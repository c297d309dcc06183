"""Python: `import` and `from`, wherever they stand; what is relative to the module itself is left out."""

from collections.abc import Iterator

from tree_sitter import Node

from gitcorpus.syntax.nodes import below, line_of, text_of


def python_imports(root: Node) -> Iterator[tuple[str, int]]:
    """Yield modules, and names in modules, which may be modules too."""
    for node in below(root):
        if node.type == "import_statement":
            for each in node.children_by_field_name("name"):
                yield _name(each), line_of(each)
        elif node.type == "import_from_statement":
            yield from _from(node)


def _from(node: Node) -> Iterator[tuple[str, int]]:
    module = node.child_by_field_name("module_name")
    if module is None or module.type == "relative_import":
        return
    names = node.children_by_field_name("name")
    if not names:
        yield _name(module), line_of(node)
    for each in names:
        yield f"{_name(module)}.{_name(each)}", line_of(node)


def _name(node: Node) -> str:
    """Return a dotted name without blanks and without what it is called here."""
    named = node.child_by_field_name("name") if node.type == "aliased_import" else node
    return "".join(text_of(named).replace("\\", "").split())
