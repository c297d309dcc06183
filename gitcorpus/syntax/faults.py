"""Source text to syntax faults, by tree-sitter, in this process: only for text that is known to be harmless.

The walk over the tree keeps no stack of its own, so that deep nesting costs nothing more.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import islice
from typing import Final, NamedTuple

from tree_sitter import Node

from gitcorpus.syntax.grammars import parse

MAX_QUOTE: Final = 400
"""Characters of a line that a fault quotes at the most."""

_MOST_PARTS: Final = 10_000
_DEEPEST: Final = 50
_CLOSERS: Final[Mapping[str, str]] = {"(": ")", "[": "]", "{": "}", "${": "}", "#{": "}", "$(": ")"}


class FaultKind(StrEnum):
    """What the grammar could not do: make anything of the text, go on without a piece, or find a bracket's end."""

    ERROR = "error"
    MISSING = "missing"
    UNCLOSED = "unclosed"


class SyntaxFault(NamedTuple):
    """Where a text does not parse: line and columns, 1-based and inclusive, in characters.

    `text` is the missing piece or the bracket that nothing closes, and empty for an error.
    """

    line: int
    first_column: int
    last_column: int
    kind: FaultKind
    text: str
    quote: str


def faults(
    data: bytes, language: str, *, most: int = 3, seconds: float | None = None
) -> tuple[SyntaxFault, ...]:
    """Return the first faults of a text, in its order, one a line.

    Args:
        data: the text, UTF-8.
        language: one of `languages()`.
        most: how many faults are wanted at the most.
        seconds: most time of the processor that parsing may take, as far as the parser looks at the clock.

    Raises:
        TimeoutError: if it takes longer.
    """
    nul = data.find(b"\0")
    if nul >= 0:  # some grammars never come back from one
        return (_nul(data, nul),)
    tree = parse(data, language, seconds=seconds)
    if not tree.root_node.has_error:
        return ()
    lines = data.split(b"\n")
    found: dict[int, SyntaxFault] = {}
    for node in _faulty(tree.root_node):
        fault = _fault(node, lines)
        found.setdefault(fault.line, fault)
        if len(found) == most:
            break
    return tuple(found.values())


def _faulty(node: Node) -> Iterator[Node]:
    """Walk to the error and missing nodes of a subtree, past branches that have none and not into errors."""
    cursor = node.walk()
    while cursor.node is not None:
        at = cursor.node
        if at.is_error or at.is_missing:
            yield at
        elif at.has_error and cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return


def _sharpened(node: Node) -> Node:
    """Point into an error that spans much: at a bracket that nothing closes, or at the first fault within."""
    for _ in range(_DEEPEST):
        if not node.is_error:
            break
        parts = list(islice(_children(node), _MOST_PARTS))
        bracket = _unclosed(parts)
        inner = (fault for part in parts if part.has_error for fault in _faulty(part))
        sharper = bracket or next(inner, None)
        if sharper is None:
            break
        node = sharper
    return node


def _children(node: Node) -> Iterator[Node]:
    cursor = node.walk()
    more = cursor.goto_first_child()
    while more:
        if cursor.node is not None:
            yield cursor.node
        more = cursor.goto_next_sibling()


def _unclosed(parts: list[Node]) -> Node | None:
    """Return the bracket among an error's parts that the others do not close."""
    waiting: list[Node] = []
    for part in parts:
        if part.type in _CLOSERS and not part.is_named:
            waiting.append(part)
        elif waiting and part.type in _CLOSERS.values():
            if _CLOSERS[waiting[-1].type] != part.type:
                break
            waiting.pop()
    return waiting[-1] if waiting and len(parts) < _MOST_PARTS else None


def _fault(node: Node, lines: list[bytes]) -> SyntaxFault:
    node = _sharpened(node)
    begin = node.children[0] if node.is_error and node.child_count else node  # an error may begin with blanks
    row, first = begin.start_point
    end_row, last = node.end_point
    kind, text = FaultKind.ERROR, ""
    if node.is_missing:
        kind, text = FaultKind.MISSING, node.type
        row, first = _before_blanks(lines, row, first)
        end_row, last = row, first
    elif not node.is_error:
        kind, text = FaultKind.UNCLOSED, node.type
    line = lines[row] if row < len(lines) else b""
    start = len(_decoded(line[:first])) + 1
    end = len(_decoded(line[: last if end_row == row else len(line)]).rstrip())
    return SyntaxFault(row + 1, start, max(start, end), kind, text, _quoted(line))


def _before_blanks(lines: list[bytes], row: int, column: int) -> tuple[int, int]:
    """Go back from where the parser missed something to the end of the text before it."""
    row = min(row, len(lines) - 1)
    before = lines[row][:column].rstrip()
    while not before and row:
        row -= 1
        before = lines[row].rstrip()
    return row, len(before)


def _nul(data: bytes, at: int) -> SyntaxFault:
    start = data.rfind(b"\n", 0, at) + 1
    column = len(_decoded(data[start:at])) + 1
    line = data[start : start + 4 * MAX_QUOTE].split(b"\n", 1)[0]
    return SyntaxFault(data.count(b"\n", 0, at) + 1, column, column, FaultKind.ERROR, "", _quoted(line))


def _quoted(line: bytes) -> str:
    return _decoded(line[: 4 * MAX_QUOTE]).rstrip("\r")[:MAX_QUOTE]


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace")
