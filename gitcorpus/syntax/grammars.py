"""The grammars that ship, each by the name of its language, and the trees that they make of texts."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import version
from time import process_time
from typing import Final

from tree_sitter import Language, Parser, Tree

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
    "sql": ("tree_sitter_sql", "language"),
    "toml": ("tree_sitter_toml", "language"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "yaml": ("tree_sitter_yaml", "language"),
}


def languages() -> frozenset[str]:
    """Return the languages that have a grammar here."""
    return frozenset(_GRAMMARS)


def load_grammars() -> None:
    """Bring every grammar into memory, for whoever judges many pushes."""
    for name in _GRAMMARS:
        grammar_version(name)
        parse(b"", name)


@cache
def grammar_version(language: str) -> str:
    """Return the version of a language's grammar, as part of the key of what it says."""
    package = _GRAMMARS[language][0].replace("_", "-")
    return f"{package} {version(package)}, tree-sitter {version('tree-sitter')}"


def parse(data: bytes, language: str, *, seconds: float | None = None) -> Tree:
    """Return the tree of a text that has no NUL: some grammars never come back from one.

    Raises:
        TimeoutError: if it takes more time of the processor, as far as the parser looks at the clock.
    """
    parser = Parser(grammar(language))
    if seconds is None:
        return parser.parse(data)
    ends = process_time() + seconds
    try:
        return parser.parse(
            lambda at, _: data[at:], progress_callback=lambda _offset, _errors: process_time() > ends
        )
    except ValueError as error:  # all that the parser says when it was stopped
        raise TimeoutError from error


@cache
def grammar(language: str) -> Language:
    """Load the grammar of a language."""
    package, function = _GRAMMARS[language]
    loaded: object = getattr(import_module(package), function)()
    return Language(loaded)
