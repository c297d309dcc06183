"""Go: the import paths of a file."""

from collections.abc import Iterator

from tree_sitter import Node

from gitcorpus.syntax.nodes import line_of, text_of


def go_imports(root: Node) -> Iterator[tuple[str, int]]:
    """Yield import paths; imports stand at the top of a file."""
    for declared in root.named_children:
        if declared.type != "import_declaration":
            continue
        for node in declared.named_children:
            specs = node.named_children if node.type == "import_spec_list" else [node]
            for spec in specs:
                path = spec.child_by_field_name("path")
                if path is not None:
                    yield text_of(path)[1:-1], line_of(spec)
