"""Which language a file is in, told by its name alone."""

import posixpath
from collections.abc import Mapping
from typing import Final

ENDINGS: Final[Mapping[str, str]] = {
    ".bash": "bash", ".bats": "bash", ".c": "c", ".cc": "cpp", ".cfg": "ini", ".cpp": "cpp", ".cs": "c-sharp",
    ".css": "css", ".csv": "csv", ".cxx": "cpp", ".dart": "dart", ".ex": "elixir", ".exs": "elixir",
    ".go": "go", ".gradle": "gradle", ".h": "c", ".hcl": "hcl", ".hh": "cpp", ".hpp": "cpp", ".hs": "haskell",
    ".html": "html", ".ini": "ini", ".java": "java", ".jl": "julia", ".js": "javascript", ".json": "json",
    ".jsx": "javascript", ".kt": "kotlin", ".lua": "lua", ".md": "markdown", ".mjs": "javascript",
    ".mod": "go-mod", ".php": "php", ".pl": "perl", ".py": "python", ".pyi": "python", ".r": "r",
    ".rb": "ruby", ".rs": "rust", ".rst": "rst", ".scala": "scala", ".sh": "bash", ".sql": "sql",
    ".swift": "swift", ".tf": "hcl", ".toml": "toml", ".ts": "typescript", ".tsx": "tsx", ".txt": "text",
    ".xml": "xml", ".yaml": "yaml", ".yml": "yaml", ".zig": "zig",
}  # fmt: skip

NAMES: Final[Mapping[str, str]] = {
    "Dockerfile": "dockerfile", "Makefile": "make", "go.mod": "go-mod", "go.sum": "text", "Gemfile": "ruby",
    "Rakefile": "ruby", "CMakeLists.txt": "cmake",
}  # fmt: skip

PROSE: Final = frozenset({"markdown", "rst", "text"})
"""Languages that are not programs: a task's `languages` need not name them."""

KNOWN: Final = frozenset({*ENDINGS.values(), *NAMES.values()})


def language_of(path: str, added: Mapping[str, str] | None = None) -> str | None:
    """Return the language of a path, or none. A corpus may add endings or whole names of its own."""
    name = posixpath.basename(path)
    ending = posixpath.splitext(name)[1].lower()
    own = added or {}
    return own.get(name) or own.get(ending) or NAMES.get(name) or ENDINGS.get(ending)
