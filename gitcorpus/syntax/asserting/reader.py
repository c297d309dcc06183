"""What one language has to say for its test functions to be found: where they begin, what they call, what asserts.

It is asked about one node after the other, in the order of the text, and knows which functions are open at that node.
"""

import re
from typing import Final, NamedTuple

from tree_sitter import Node

MOST_TEXT: Final = 400
_HELPER: Final = re.compile(r"assert|expect|check|verify|require", re.IGNORECASE)
_TRUTHS: Final = re.compile(r"\(\s*(?:true|True|1)\s*\)")
_OF_TRUTH: Final = (
    "assert",
    "ok",
    "assertTrue",
    "assert_true",
    "EXPECT_TRUE",
    "ASSERT_TRUE",
    "REQUIRE",
    "CHECK",
)


class Opened(NamedTuple):
    """A function that begins at a node."""

    name: str
    is_test: bool
    asserts: bool = False
    """Whether it asserts something whatever it holds."""
    by_return: bool = False
    """Whether it says by what it returns that something is wrong."""


class Reader:
    """Reads one text; each language has its own."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.open: list[Opened] = []
        """The functions that are open at the node, the innermost last."""

    def opens(self, node: Node) -> Opened | None:
        """Return the function that begins at a node, if one does."""
        raise NotImplementedError

    def asserts(self, node: Node) -> bool:
        """Tell whether a node asserts something, the nodes below it left aside."""
        raise NotImplementedError

    def calls(self, node: Node) -> str:
        """Return the name of the function that a node calls, or an empty one."""
        raise NotImplementedError

    def hands_on(self, node: Node) -> bool:
        """Tell whether a node calls a function that is given the power to fail the test."""
        del node
        return False

    def text(self, node: Node | None) -> str:
        """Return the beginning of a node's text; an empty one for no node."""
        if node is None:
            return ""
        return self.data[node.start_byte : min(node.end_byte, node.start_byte + MOST_TEXT)].decode(
            "utf-8", "replace"
        )

    def field(self, node: Node, name: str) -> str:
        """Return the beginning of the text of a node's field; an empty one if it has none."""
        return self.text(node.child_by_field_name(name))

    def first(self, node: Node) -> str:
        """Return the beginning of the text of a node's first part; an empty one if it has none."""
        return "".join(self.text(each) for each in node.named_children[:1])

    def is_vacuous(self, node: Node) -> bool:
        """Tell whether a call asserts nothing but a truth."""
        return self.calls(node) in _OF_TRUTH and _TRUTHS.fullmatch(self.field(node, "arguments")) is not None


def is_asserting_name(name: str) -> bool:
    """Tell whether a function that is called like this asserts something."""
    return _HELPER.search(name) is not None


def unquoted(text: str) -> str:
    """Return a string's text without its quotes."""
    return text.strip("\"'`")
