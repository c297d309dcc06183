"""Go: `TestX`, `FuzzX`, and examples whose output is compared."""

import re
from typing import Final

from tree_sitter import Node

from gitcorpus.syntax.asserting.reader import Opened, Reader, is_asserting_name

_TEST: Final = re.compile(r"(?:Test|Fuzz)(?![a-z])")
_EXAMPLE: Final = re.compile(r"Example(?![a-z])")
_OUTPUT: Final = re.compile(rb"//[ \t]*(?:unordered )?output:", re.IGNORECASE)
_GIVEN: Final = re.compile(r"\*testing\.(?:T|F|TB)\b|\btesting\.TB\b")
_MAIN: Final = "TestMain"
_FAILING: Final = ("Error", "Errorf", "Fatal", "Fatalf", "Fail", "FailNow")
_FUNCTIONS: Final = ("function_declaration", "method_declaration")


class Go(Reader):
    """Knows the names under which the `*testing.T` of a test goes."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._given: set[str] = set()

    def opens(self, node: Node) -> Opened | None:
        """Return the function that begins here."""
        if node.type == "parameter_declaration" and _GIVEN.search(self.field(node, "type")):
            self._given.add(self.field(node, "name"))
        if node.type not in _FUNCTIONS:
            return None
        name = self.field(node, "name")
        if node.type == "function_declaration" and _EXAMPLE.match(name):
            compared = _OUTPUT.search(self.data, node.start_byte, node.end_byte) is not None
            return Opened(name, compared, asserts=compared)
        is_given = _GIVEN.search(self.field(node, "parameters")) is not None
        return Opened(name, is_given and name != _MAIN and _TEST.match(name) is not None)

    def asserts(self, node: Node) -> bool:
        """Tell whether this fails the test, or is a call of a library's assertion."""
        if node.type != "call_expression":
            return False
        function = node.child_by_field_name("function")
        if function is None or function.type != "selector_expression":
            return is_asserting_name(self.text(function))
        operand, field = self.field(function, "operand"), self.field(function, "field")
        if operand in self._given:
            return field in _FAILING
        return is_asserting_name(field) or is_asserting_name(operand)

    def calls(self, node: Node) -> str:
        """Return the last part of what is called."""
        if node.type != "call_expression":
            return ""
        function = node.child_by_field_name("function")
        if function is not None and function.type == "selector_expression":
            return self.field(function, "field")
        return self.text(function)

    def hands_on(self, node: Node) -> bool:
        """Tell whether a function is given the test itself, or made a subtest by its name."""
        if node.type != "call_expression":
            return False
        arguments = node.child_by_field_name("arguments")
        names = [each for each in arguments.named_children if each.type == "identifier"] if arguments else []
        if self.calls(node) == "Run":
            return bool(names)
        return any(self.text(each) in self._given for each in names)
