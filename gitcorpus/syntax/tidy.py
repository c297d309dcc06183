"""The layout of a text: blanks, ends of lines, indentation, the order of imports; the same for every grammar.

Lines that lie within a string, a comment or a heredoc belong to whoever wrote them. Indentation is looked at where a
statement begins, so that what is continued may be aligned. Nothing here is a formatter: what a formatter of a language
writes is tidy.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from tree_sitter import Node, Query, QueryCursor, Tree

from gitcorpus.syntax.grammars import grammar, parse

TAB: Final = "tab"
MOST: Final = 1000
"""Most faults of one text."""
_BLOCKS: Final[Mapping[str, tuple[str, ...]]] = {
    "bash": ("program", "compound_statement", "do_group"),
    "c": ("compound_statement", "field_declaration_list"),
    "c-sharp": ("block", "declaration_list"),
    "cpp": ("compound_statement",),
    "css": ("block",),
    "go": ("block", "source_file", "statement_list", "field_declaration_list"),
    "hcl": ("body",),
    "java": ("block", "class_body"),
    "javascript": ("statement_block", "program", "class_body"),
    "json": ("object",),
    "python": ("block", "module"),
    "ruby": ("body_statement", "program"),
    "rust": ("block", "declaration_list", "source_file", "field_declaration_list"),
    "tsx": ("statement_block", "program", "class_body"),
    "typescript": ("statement_block", "program", "class_body"),
}
"""Nodes whose children are statements, each at the beginning of a line."""
_ALONE: Final = re.compile(r"comment|label|access_specifier|preproc|case|heredoc|ERROR|jsx|string")
"""Kinds of children that stand where they like."""
_OWN: Final = re.compile(r"string|heredoc|template|raw|text|comment|scalar|regex|literal_block")
"""Kinds of nodes whose lines belong to whoever wrote them."""
_URL: Final = re.compile(r"https?://\S+")
_JSON_TEXT: Final = re.compile(r'"(?:[^"\\]|\\.){40,}"')
"""A text that makes a line of JSON long: JSON has no way to break it."""
_DIGITS: Final = re.compile(r"(\d+)")


class Blemish(NamedTuple):
    """What is not tidy: a code, a line from 1, and a few words or numbers that say how."""

    code: str
    line: int
    said: str


def blemishes(data: bytes, language: str, wanted: Any, seconds: float | None) -> list[Blemish]:
    """Return what is not tidy, in the order of lines, as the work of a process apart.

    Args:
        data: the text, UTF-8.
        language: of the text.
        wanted: `indent` (spaces, `tab` or 0), `max_line` (characters or 0), `line_ending` (`lf` or `any`),
            `trailing_blanks`, `final_newline` and `imports` (true or false).
        seconds: most time of the processor.

    Raises:
        TimeoutError: if it takes longer.
    """
    text = data.decode("utf-8", "replace")
    lines = text.split("\n")
    found = [*_ends(text, lines, wanted)]
    if b"\0" not in data:
        tree = parse(data, language, seconds=seconds)
        owned, inner = _owned(tree, language)
        found += _trailing(lines, owned, wanted)
        found += _long(lines, language, wanted)
        if not tree.root_node.has_error:
            found += _indented(tree, language, lines, inner, wanted)
            found += _imports(tree, language) if wanted["imports"] else ()
    return sorted(found, key=lambda each: each.line)[:MOST]


def _ends(text: str, lines: list[str], wanted: Any) -> Iterator[Blemish]:
    if wanted["line_ending"] == "lf":
        first = next((number for number, line in enumerate(lines, 1) if line.endswith("\r")), None)
        if first is not None:
            yield Blemish("line-ending", first, "")
    if wanted["final_newline"] and text:
        if not text.endswith("\n"):
            yield Blemish("final-newline", len(lines), "none")
        elif len(lines) > 2 and not lines[-2].strip():  # noqa: PLR2004 - a line, an empty one, and the end
            yield Blemish("final-newline", len(lines) - 1, "several")


def _trailing(lines: list[str], owned: frozenset[int], wanted: Any) -> Iterator[Blemish]:
    """Yield lines that end in blanks, but for those whose end is within a string."""
    for number, line in enumerate(lines, 1) if wanted["trailing_blanks"] else ():
        bare = line.removesuffix("\r")
        if bare != bare.rstrip(" \t") and number not in owned:
            yield Blemish("trailing-blank", number, "")


def _long(lines: list[str], language: str, wanted: Any) -> Iterator[Blemish]:
    """Yield lines that are too long, but for those that only an address, or a text of JSON, makes so."""
    most, unbroken = wanted["max_line"], _JSON_TEXT if language == "json" else _URL
    for number, line in enumerate(lines, 1) if most else ():
        if len(line) > most and len(line.rstrip("\r")) > most and len(unbroken.sub("", line)) > most // 2:
            yield Blemish("line-too-long", number, str(len(line.rstrip("\r"))))


def _indented(
    tree: Tree, language: str, lines: list[str], inner: frozenset[int], wanted: Any
) -> Iterator[Blemish]:
    """Yield lines on which a statement begins in a column in which none begins."""
    unit, query = wanted["indent"], _statements(language)
    if not unit or query is None:
        return
    seen = set()
    for node in QueryCursor(query).captures(tree.root_node).get("statement", ()):
        row = node.start_point[0]
        line = lines[row] if row < len(lines) else ""
        blanks = line[: len(line) - len(line.lstrip(" \t"))]
        begins = len(blanks.encode()) == node.start_point[1]
        if row in seen or not begins or row + 1 in inner or _ALONE.search(node.type):
            continue
        seen.add(row)
        if unit == TAB and " " in blanks:
            yield Blemish("indentation", row + 1, "by blanks, and tabs are wanted")
        elif unit != TAB and "\t" in blanks:
            yield Blemish("indentation", row + 1, f"by tabs, and {unit} blanks a level are wanted")
        elif unit != TAB and len(blanks) % int(unit):
            yield Blemish("indentation", row + 1, f"by {len(blanks)} blanks, and {unit} a level are wanted")


def _owned(tree: Tree, language: str) -> tuple[frozenset[int], frozenset[int]]:
    """Return the lines, from 1, whose ends lie within a string or a comment, and those whose beginnings do."""
    ends: set[int] = set()
    query = _owners(language)
    for node in QueryCursor(query).captures(tree.root_node).get("owner", ()) if query else ():
        first, last = node.start_point[0], node.end_point[0]
        if first != last and "comment" not in node.type:
            ends.update(range(first + 1, last + 1))
    return frozenset(ends), frozenset(line + 1 for line in ends)


def _imports(tree: Tree, language: str) -> Iterator[Blemish]:
    """Yield imports that stand after one that they should stand before, in the same block of lines."""
    before: dict[str, str] = {}
    row = -1
    for kind, name, first, last in _named_imports(tree.root_node, language):
        before = before if first == row + 1 else {}
        if kind in before and _sorts_before(name, before[kind]):
            yield Blemish("import-order", first + 1, "")
        before[kind], row = name, last


def _named_imports(root: Node, language: str) -> Iterator[tuple[str, str, int, int]]:
    """Yield the imports at the top: kind, name, and first and last row."""
    for node in root.named_children:
        if language == "python" and node.type in ("import_statement", "import_from_statement"):
            field = node.child_by_field_name("module_name") or node.child_by_field_name("name")
            name = (field.text or b"").decode() if field else ""
            if not name.startswith("."):
                yield node.type, name.split(" as ")[0], node.start_point[0], node.end_point[0]
        elif language == "go" and node.type == "import_declaration":
            for spec in _go_specs(node):
                path = spec.child_by_field_name("path")
                yield (
                    "go",
                    (path.text or b"").decode() if path else "",
                    spec.start_point[0],
                    spec.end_point[0],
                )


def _go_specs(node: Node) -> Iterator[Node]:
    for child in node.named_children:
        if child.type == "import_spec":
            yield child
        elif child.type == "import_spec_list":
            yield from (each for each in child.named_children if each.type == "import_spec")


def _sorts_before(name: str, other: str) -> bool:
    """Tell whether a name stands before another however one sorts: by letters, or numbers by their size."""
    natural = [
        [int(part) if part.isdigit() else part for part in _DIGITS.split(each.lower())]
        for each in (name, other)
    ]
    return name.lower() < other.lower() and name < other and natural[0] < natural[1]


@cache
def _statements(language: str) -> Query | None:
    kinds = _BLOCKS.get(language)
    return (
        Query(grammar(language), "\n".join(f"({kind} (_) @statement)" for kind in kinds)) if kinds else None
    )


@cache
def _owners(language: str) -> Query | None:
    """Return a query for all nodes of a grammar whose lines belong to whoever wrote them."""
    known = grammar(language)
    names = {
        known.node_kind_for_id(number)
        for number in range(known.node_kind_count)
        if known.node_kind_is_named(number) and known.node_kind_is_visible(number)
    }
    kinds = sorted(name for name in names if name and _OWN.search(name))
    return Query(known, "\n".join(f"({kind}) @owner" for kind in kinds)) if kinds else None
