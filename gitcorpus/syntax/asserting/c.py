"""C and C++: the macros of GoogleTest, Catch, doctest, Boost and Check; functions called `test...`; and `main`.

A program that is a test by itself says by what it returns whether all is well. The grammars know no macros, so what
such a test looks like depends on what its arguments happen to look like.
"""

import re
from typing import Final

from tree_sitter import Node

from gitcorpus.syntax.asserting.reader import Opened, Reader, is_asserting_name, unquoted

_MACRO: Final = re.compile(
    r"(?:TYPED_)?TEST(?:_[FP])?|(?:TEMPLATE_)?TEST_CASE(?:_METHOD|_FIXTURE)?|SCENARIO|START_TEST"
    r"|BOOST_(?:AUTO|FIXTURE|DATA)_TEST_CASE|UTEST(?:_F)?|TEST_METHOD"
)
_END: Final = re.compile(rb"^END_TEST\b", re.MULTILINE)
"""A macro that stands alone, after which a grammar finds no function."""
_FUNCTION: Final = re.compile(r"test(?![a-z])|Test(?![a-z])")
_ENDING: Final = ("exit", "_exit", "_Exit", "quick_exit")
_FAILING: Final = ("FAIL", "ADD_FAILURE", "abort", "SUCCEED_IF", "BOOST_TEST", "BOOST_FAIL", "BOOST_ERROR")
_FAILS: Final = re.compile(r"assert|expect|check|verify|require|\b(?:return|abort|_*exit)\b", re.IGNORECASE)
"""What in a macro of the text itself can end a test."""
_WELL: Final = re.compile(r"\(?\s*(?:0|EXIT_SUCCESS)?\s*\)?")


class C(Reader):
    """Looks for macros first, since their bodies look like functions or like blocks after a call."""

    def __init__(self, data: bytes) -> None:
        super().__init__(_END.sub(lambda end: b" " * len(end[0]), data))

    def opens(self, node: Node) -> Opened | None:
        """Return the function that begins here."""
        if node.type == "compound_statement":
            return self._after_call(node)
        if node.type == "preproc_function_def":
            value = self.field(node, "value")
            return Opened(self.field(node, "name"), is_test=False, asserts=_FAILS.search(value) is not None)
        if node.type != "function_definition":
            return None
        declarator = node.child_by_field_name("declarator")
        macro = self.field(node, "type")
        if _MACRO.fullmatch(macro):
            return Opened(self.text(declarator).strip("() "), is_test=True)
        while declarator is not None and declarator.type != "function_declarator":
            declarator = declarator.child_by_field_name("declarator")
        if declarator is None:
            return None
        name = self.field(declarator, "declarator")
        if _MACRO.fullmatch(name):
            return Opened(_named(self.field(declarator, "parameters")), is_test=True)
        is_test = name == "main" or _FUNCTION.match(name) is not None
        return Opened(name, is_test, by_return=is_test)

    def asserts(self, node: Node) -> bool:
        """Tell whether this is an assertion, or ends the program as one that failed."""
        if node.type == "static_assert_declaration":
            return True
        is_own = bool(self.open) and self.open[-1].by_return
        if node.type == "return_statement":
            return is_own and not _WELL.fullmatch(self.first(node))
        name = self.calls(node)
        if name in _ENDING:
            return not _WELL.fullmatch(self.field(node, "arguments"))
        return (is_asserting_name(name) or name in _FAILING) and not self.is_vacuous(node)

    def calls(self, node: Node) -> str:
        """Return the last part of what is called."""
        if node.type != "call_expression":
            return ""
        function = node.child_by_field_name("function")
        if function is not None and function.type == "field_expression":
            return self.field(function, "field")
        return self.text(function).partition("<")[0].rpartition("::")[2]

    def _after_call(self, node: Node) -> Opened | None:
        """Return the test that a block is, if a macro stands before it."""
        before = node.prev_named_sibling
        if before is None or before.type != "expression_statement":
            return None
        for call in before.named_children[:1]:
            if call.type == "call_expression" and _MACRO.fullmatch(self.field(call, "function")):
                return Opened(_named(self.field(call, "arguments")), is_test=True)
        return None


def _named(arguments: str) -> str:
    """Return the name that a macro's arguments give to a test."""
    inner = arguments.strip("()").strip()
    if inner.startswith('"'):
        return inner[1:].partition('"')[0]
    return ".".join(unquoted(part.strip()) for part in inner.split(","))
