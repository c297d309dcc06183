"""Bash: the `@test` blocks of bats.

Bats makes functions of them line by line before a shell sees them, and so it is done here. Each command that fails ends
its test, so a plain command asserts that it works: but not one that never fails, and not one that `run` looks after.
"""

import re
from typing import Final

from tree_sitter import Node

from gitcorpus.syntax.asserting.reader import Opened, Reader, unquoted

_TEST: Final = re.compile(rb"^[ \t]*@test[ \t]+([^ \t\n](?:.*[^ \t\n])?)[ \t]+\{(.*)$", re.MULTILINE)
_PREFIX: Final = "bats_test_"
_HARMLESS: Final = frozenset(
    (
        *("run", "echo", "printf", "true", ":", "skip", "load", "bats_load_library", "export", "local"),
        *("declare", "readonly", "set", "unset", "shift", "sleep", "source", "."),
        *("bats_require_minimum_version", "return", "exit"),
    )
)
_STATUS: Final = re.compile(r"!|-[0-9]{1,3}")


class Bash(Reader):
    """Reads a text in which the tests have become functions."""

    def __init__(self, data: bytes) -> None:
        self._names: list[str] = []
        super().__init__(_TEST.sub(self._function, data))

    def opens(self, node: Node) -> Opened | None:
        """Return the function that begins here."""
        if node.type != "function_definition":
            return None
        name = self.field(node, "name")
        number = name.removeprefix(_PREFIX)
        if name == number or not number.isdecimal() or int(number) >= len(self._names):
            return Opened(name, is_test=False)
        return Opened(self._names[int(number)], is_test=True)

    def asserts(self, node: Node) -> bool:
        """Tell whether this ends the test when something is not as it should be."""
        if node.type == "test_command":
            return True
        if node.type == "compound_statement":
            return self.text(node).startswith("((")
        name = self.calls(node)
        if name == "run":
            first = node.child_by_field_name("argument")
            return _STATUS.fullmatch(self.text(first)) is not None
        return bool(name) and name not in _HARMLESS

    def calls(self, node: Node) -> str:
        """Return the name of the command."""
        return self.field(node, "name") if node.type == "command" else ""

    def _function(self, found: re.Match[bytes]) -> bytes:
        self._names.append(unquoted(found[1][:400].decode("utf-8", "replace")))
        return f"{_PREFIX}{len(self._names) - 1}() {{".encode() + found[2]
