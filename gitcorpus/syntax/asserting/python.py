"""Python: functions that pytest and unittest collect."""

from typing import Final

from tree_sitter import Node

from gitcorpus.syntax.asserting.reader import Opened, Reader, is_asserting_name

_EXPECTING: Final = ("raises", "warns", "fail", "deprecated_call")
_LITERALS: Final = ("true", "integer", "float", "string", "tuple")
"""What is always true, or never looked at: `assert (x, "message")` passes whatever x is."""
_FAILED: Final = "AssertionError"
_DEEPEST: Final = 8


class Python(Reader):
    """Functions called `test...`, alone, or in a class that pytest or unittest takes tests from."""

    def opens(self, node: Node) -> Opened | None:
        """Return the function that begins here."""
        if node.type != "function_definition":
            return None
        name = self.field(node, "name")
        classes = self._classes(node)
        is_test = name.startswith("test") and not self.open and not self._is_fixture(node)
        if classes:
            is_test = is_test and self._holds_tests(classes[-1])
            names = [self.field(each, "name") for each in classes]
            return Opened(".".join((*names, name)) if is_test else name, is_test)
        return Opened(name, is_test)

    def asserts(self, node: Node) -> bool:
        """Tell whether this is an assertion of something that may be false."""
        if node.type == "assert_statement":
            return not any(each.type in _LITERALS for each in node.named_children[:1])
        if node.type == "raise_statement":
            return any(self.text(each).startswith(_FAILED) for each in node.named_children[:1])
        name = self.calls(node)
        return (is_asserting_name(name) or name in _EXPECTING) and not self.is_vacuous(node)

    def calls(self, node: Node) -> str:
        """Return the last part of what is called."""
        if node.type != "call":
            return ""
        function = node.child_by_field_name("function")
        if function is not None and function.type == "attribute":
            return self.field(function, "attribute")
        return self.text(function)

    def _classes(self, node: Node) -> list[Node]:
        """Return the classes that a function stands in, the outermost first."""
        found: list[Node] = []
        for _ in range(_DEEPEST):
            parent = node.parent
            if parent is None or parent.type not in ("block", "decorated_definition", "class_definition"):
                break
            node = parent
            if node.type == "class_definition":
                found.insert(0, node)
        return found

    def _holds_tests(self, node: Node) -> bool:
        return (
            self.field(node, "name").startswith("Test")
            or node.child_by_field_name("superclasses") is not None
        )

    def _is_fixture(self, node: Node) -> bool:
        parent = node.parent
        if parent is None or parent.type != "decorated_definition":
            return False
        return any("fixture" in self.text(each) for each in parent.named_children if each.type == "decorator")
