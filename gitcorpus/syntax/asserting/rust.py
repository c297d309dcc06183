"""Rust: functions under `#[test]` and its kin."""

import re
from typing import Final

from tree_sitter import Node

from gitcorpus.syntax.asserting.reader import Opened, Reader, is_asserting_name

_TEST: Final = re.compile(r"#\[\s*(?:\w+\s*::\s*)*(?:\w*test|test_case|rstest|quickcheck)\s*[\](]")
_PANICS: Final = re.compile(r"#\[\s*should_panic\b")
_PANICKING: Final = ("panic", "unreachable")
_ERRORS: Final = ("unwrap_err", "expect_err")
_MOST_ATTRIBUTES: Final = 50


class Rust(Reader):
    """Assertions are macros, panics, and errors that a test returns."""

    def opens(self, node: Node) -> Opened | None:
        """Return the function that begins here."""
        if node.type == "macro_definition":
            return Opened(self.field(node, "name"), is_test=False)
        if node.type != "function_item":
            return None
        attributes = self._attributes(node)
        return Opened(
            self.field(node, "name"),
            is_test=any(_TEST.match(each) for each in attributes),
            asserts=any(_PANICS.match(each) for each in attributes),
            by_return=node.child_by_field_name("return_type") is not None,
        )

    def asserts(self, node: Node) -> bool:
        """Tell whether this panics or returns an error when something is not as it should be."""
        if node.type == "macro_invocation":
            name = self.calls(node)
            vacuous = self.text(node).endswith("!(true)")
            return (is_asserting_name(name) or name in _PANICKING) and not vacuous
        if node.type == "identifier" and node.parent is not None and node.parent.type == "token_tree":
            return self.text(node).startswith("assert")  # a macro within another one has no tree of its own
        if self.open and self.open[-1].by_return and node.type == "try_expression":
            return True
        name = self.calls(node)
        returns_error = name == "Err" and bool(self.open) and self.open[-1].by_return
        return returns_error or name in _ERRORS or is_asserting_name(name)

    def calls(self, node: Node) -> str:
        """Return the last part of what is called, be it a function or a macro."""
        if node.type == "macro_invocation":
            return self.field(node, "macro").rpartition("::")[2]
        if node.type != "call_expression":
            return ""
        function = node.child_by_field_name("function")
        if function is not None and function.type == "field_expression":
            return self.field(function, "field")
        return self.text(function).rpartition("::")[2]

    def _attributes(self, node: Node) -> list[str]:
        """Return the attributes before a function."""
        found: list[str] = []
        at = node.prev_named_sibling
        for _ in range(_MOST_ATTRIBUTES):
            if at is None or at.type not in ("attribute_item", "line_comment", "block_comment"):
                break
            if at.type == "attribute_item":
                found.append(self.text(at))
            at = at.prev_named_sibling
        return found
