"""What a text imports: the path that it names, and the line where it stands.

A work of a process apart, as texts are hostile. What is not written out, such as a name that is put together while the
program runs, is not seen.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from tree_sitter import Node

from gitcorpus.syntax.grammars import parse
from gitcorpus.syntax.imported.go import go_imports
from gitcorpus.syntax.imported.javascript import javascript_imports
from gitcorpus.syntax.imported.python import python_imports
from gitcorpus.syntax.imported.rust import rust_imports

__all__ = ["LANGUAGES", "Import", "imports_of"]

_READERS: Final[Mapping[str, Callable[[Node], Iterator[tuple[str, int]]]]] = {
    "go": go_imports,
    "javascript": javascript_imports,
    "python": python_imports,
    "rust": rust_imports,
    "tsx": javascript_imports,
    "typescript": javascript_imports,
}
LANGUAGES: Final = frozenset(_READERS)
"""Languages whose imports can be read."""


class Import(NamedTuple):
    """A path as the language writes it (`a.b.c`, `@scope/name/inner`, `crate_name`), and its line from 1."""

    path: str
    line: int


def imports_of(data: bytes, language: str, _wanted: Any, seconds: float | None) -> list[Import]:
    """Return the imports of a text in the order of its lines."""
    if b"\0" in data:
        return []
    root = parse(data, language, seconds=seconds).root_node
    found = dict.fromkeys(Import(path, line) for path, line in _READERS[language](root) if path)
    return sorted(found, key=lambda each: each.line)
