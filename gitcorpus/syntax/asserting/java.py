"""Java: methods that JUnit and its kin run."""

from typing import Final

from tree_sitter import Node

from gitcorpus.syntax.asserting.reader import Opened, Reader, is_asserting_name

_TESTS: Final = ("Test", "ParameterizedTest", "RepeatedTest", "TestFactory", "TestTemplate", "Property")
_EXPECTED: Final = ("expected", "expectedExceptions")
_ANNOTATIONS: Final = ("annotation", "marker_annotation")


class Java(Reader):
    """Methods that are annotated, or that a `TestCase` of old calls `test...`."""

    def opens(self, node: Node) -> Opened | None:
        """Return the method that begins here."""
        if node.type != "method_declaration":
            return None
        name = self.field(node, "name")
        marks = [
            each
            for modifiers in node.named_children
            if modifiers.type == "modifiers"
            for each in modifiers.named_children
            if each.type in _ANNOTATIONS
        ]
        tests = [each for each in marks if self.field(each, "name").rpartition(".")[2] in _TESTS]
        expects = any(f"{word}" in self.field(each, "arguments") for each in tests for word in _EXPECTED)
        is_test = bool(tests) or (name.startswith("test") and self._is_test_case(node))
        return Opened(name, is_test, asserts=expects)

    def asserts(self, node: Node) -> bool:
        """Tell whether this is an assertion, or throws one that failed."""
        if node.type == "assert_statement":
            return self.first(node) != "true"
        if node.type == "object_creation_expression":
            return self.field(node, "type").startswith("Assertion")
        name = self.calls(node)
        return (is_asserting_name(name) or name == "fail") and not self.is_vacuous(node)

    def calls(self, node: Node) -> str:
        """Return the name of the method that is called."""
        return self.field(node, "name") if node.type == "method_invocation" else ""

    def _is_test_case(self, node: Node) -> bool:
        around = node.parent.parent if node.parent is not None else None
        return around is not None and self.field(around, "superclass").endswith("TestCase")
