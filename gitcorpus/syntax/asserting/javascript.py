"""JavaScript and TypeScript: calls of `test` or `it` that are given a function."""

from typing import Final

from tree_sitter import Node

from gitcorpus.syntax.asserting.reader import Opened, Reader, is_asserting_name, unquoted

_TESTS: Final = ("test", "it", "specify", "fit")
_GROUPS: Final = ("describe", "suite", "context", "before", "after", "beforeEach", "afterEach", "step", "use")
_FUNCTIONS: Final = ("arrow_function", "function_expression", "generator_function")
_NAMED: Final = ("function_declaration", "generator_function_declaration", "method_definition")
_BARE: Final = frozenset(
    (
        *("strictEqual", "deepStrictEqual", "equal", "deepEqual", "notStrictEqual", "notDeepStrictEqual"),
        *("notEqual", "notDeepEqual", "ok", "throws", "rejects", "doesNotThrow", "doesNotReject", "match"),
        *("doesNotMatch", "ifError", "fail", "partialDeepStrictEqual"),
    )
)
"""What node:assert calls its assertions."""
_CONTEXT: Final = "t"
_NO_ASSERTIONS: Final = frozenset(
    (
        *("test", "diagnostic", "skip", "todo", "log", "plan", "before", "after", "beforeEach", "afterEach"),
        *("mock", "runOnly", "waitFor", "comment", "end", "teardown", "timeout", "setTimeout", "pass"),
        *("context", "assertions", "hasAssertions"),
    )
)
_DEEPEST: Final = 12


class JavaScript(Reader):
    """Looks at what is called as a chain of names: `expect(x).not.toBe` is expect, not, toBe."""

    def opens(self, node: Node) -> Opened | None:
        """Return the function that begins here."""
        if node.type in _NAMED:
            return Opened(self.field(node, "name"), is_test=False)
        if node.type == "variable_declarator":
            value = node.child_by_field_name("value")
            is_function = value is not None and value.type in _FUNCTIONS
            return Opened(self.field(node, "name"), is_test=False) if is_function else None
        chain = self._chain(node) if node.type == "call_expression" else []
        if not chain or (chain[0] not in _TESTS and chain[-1] not in _TESTS) or set(chain) & set(_GROUPS):
            return None
        arguments = node.child_by_field_name("arguments")
        given = arguments.named_children if arguments is not None else []
        if not any(each.type in _FUNCTIONS for each in given):
            return None
        first = unquoted(self.text(given[0])) if given[0].type in ("string", "template_string") else ""
        return Opened(first or ".".join(chain), is_test=True)

    def asserts(self, node: Node) -> bool:
        """Tell whether this throws, or is a call of an assertion."""
        if node.type == "throw_statement":
            return True
        if node.type == "member_expression":
            return self.field(node, "property") == "should"
        if node.type != "call_expression" or self.is_vacuous(node):
            return False
        chain = self._chain(node)
        if not chain or chain == ["expect"] or chain[-1] in _NO_ASSERTIONS:
            return False
        if len(chain) == 1 and chain[0] in _BARE:
            return True
        is_own = chain[0] == _CONTEXT and len(chain) > 1
        return is_own or any(is_asserting_name(name) for name in chain if not name.startswith("require"))

    def calls(self, node: Node) -> str:
        """Return the last part of what is called."""
        return (self._chain(node) or [""])[-1] if node.type == "call_expression" else ""

    def _chain(self, node: Node) -> list[str]:
        """Return the names of what a call calls, from the first to the last."""
        names: list[str] = []
        at = node.child_by_field_name("function")
        for _ in range(_DEEPEST):
            if at is None:
                break
            if at.type == "member_expression":
                names.append(self.field(at, "property"))
                at = at.child_by_field_name("object")
            elif at.type == "call_expression":
                at = at.child_by_field_name("function")
            else:
                names += [self.text(at)] if at.type == "identifier" else []
                break
        return names[::-1]
