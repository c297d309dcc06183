"""The test functions of a text, and whether each of them asserts anything.

What counts is what could fail: an assertion of the language or of a known library, a call of something whose name says
that it asserts, or a call of a function of the same text that does. Nobody can tell from a text alone whether an
assertion is a good one, so where it is doubtful a test is said to assert.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from tree_sitter import Node

from gitcorpus.syntax.asserting.bash import Bash
from gitcorpus.syntax.asserting.c import C
from gitcorpus.syntax.asserting.go import Go
from gitcorpus.syntax.asserting.java import Java
from gitcorpus.syntax.asserting.javascript import JavaScript
from gitcorpus.syntax.asserting.python import Python
from gitcorpus.syntax.asserting.reader import Opened, Reader
from gitcorpus.syntax.asserting.rust import Rust
from gitcorpus.syntax.grammars import parse

READERS: Final[Mapping[str, type[Reader]]] = {
    "bash": Bash,
    "c": C,
    "cpp": C,
    "go": Go,
    "java": Java,
    "javascript": JavaScript,
    "python": Python,
    "rust": Rust,
    "tsx": JavaScript,
    "typescript": JavaScript,
}
_ROUNDS: Final = 10
"""How many functions may stand between a test and an assertion."""


class FoundTest(NamedTuple):
    """A test function: its name, its line from 1, and whether anything in it could fail."""

    name: str
    line: int
    asserts: bool


def tests_of(data: bytes, language: str, _wanted: Any, seconds: float | None) -> list[FoundTest]:
    """Return the test functions of a text in its order; to be worked on apart.

    Raises:
        TimeoutError: if parsing takes longer than the seconds.
    """
    reader = READERS[language](data.replace(b"\0", b" "))  # some grammars never come back from a NUL
    functions = list(_functions(parse(reader.data, language, seconds=seconds).root_node, reader))
    _follow_calls(functions)
    tests = sorted((each for each in functions if each.opened.is_test), key=lambda each: each.begin)
    return [FoundTest(each.opened.name, each.line, each.asserts) for each in tests]


@dataclass(slots=True)
class _Function:
    """A function, with what was found in it so far."""

    opened: Opened
    begin: int
    line: int
    depth: int
    asserts: bool
    calls: set[str] = field(default_factory=set)
    hands_on_to: set[str] = field(default_factory=set)
    """Functions that are given the power to fail the test: they count unless they stand here and assert nothing."""


def _functions(root: Node, reader: Reader) -> Iterator[_Function]:
    """Yield every function when its end is reached. The walk keeps no stack but that of open functions."""
    cursor, depth = root.walk(), 0
    held: list[_Function] = []
    while cursor.node is not None:
        if cursor.node.is_named:
            _look(cursor.node, depth, reader, held)
        if cursor.goto_first_child():
            depth += 1
            continue
        while True:
            while held and held[-1].depth == depth:
                yield _close(reader, held)
            if cursor.goto_next_sibling():
                break
            if not cursor.goto_parent():
                return
            depth -= 1


def _look(node: Node, depth: int, reader: Reader, held: list[_Function]) -> None:
    """Note what one node opens, asserts and calls."""
    opened = reader.opens(node)
    if opened is not None:
        reader.open.append(opened)
        held.append(_Function(opened, node.start_byte, node.start_point[0] + 1, depth, opened.asserts))
        return
    if not held:
        return
    at = held[-1]
    at.asserts = at.asserts or reader.asserts(node)
    if called := reader.calls(node):
        at.calls.add(called)
        if reader.hands_on(node):
            at.hands_on_to.add(called)


def _close(reader: Reader, held: list[_Function]) -> _Function:
    """Close the innermost function; what it asserts counts for the one around it."""
    closed = held.pop()
    reader.open.pop()
    if held:
        held[-1].asserts = held[-1].asserts or closed.asserts
        held[-1].calls |= closed.calls
        held[-1].hands_on_to |= closed.hands_on_to
    return closed


def _follow_calls(functions: list[_Function]) -> None:
    """Let a function assert what the functions of the same text that it calls assert."""
    here = {each.opened.name for each in functions}
    for each in functions:
        each.asserts = each.asserts or not each.hands_on_to <= here
    asserting = {each.opened.name for each in functions if each.asserts}
    for _ in range(_ROUNDS):
        found = [each for each in functions if not each.asserts and each.calls & asserting]
        if not found:
            return
        for each in found:
            each.asserts = True
        asserting |= {each.opened.name for each in found}
