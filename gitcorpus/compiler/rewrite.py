"""Changes a template's syntax tree before it is compiled, so that nothing gets by the environment.

Every literal and every printed expression becomes a call of the environment, which gives it its origin. So does
whatever can grow or go on: loops, filters, comparisons and joined texts. Python code is generated only from the
changed tree.
"""

from collections.abc import Mapping
from typing import Final, cast

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.visitor import NodeTransformer

MAX_LOOP_DEPTH: Final = 3

_REFUSED: Final[Mapping[type[nodes.Node], str]] = {
    nodes.Block: "block",
    nodes.CallBlock: "call",
    nodes.Extends: "extends",
    nodes.FilterBlock: "filter",
    nodes.FromImport: "from",
    nodes.Import: "import",
    nodes.Include: "include",
    nodes.ScopedEvalContextModifier: "autoescape",
}
"""Statements that reach other templates, or print past the environment."""

_ANY_INPUT: Final = frozenset({"count", "default", "length"})
"""Filters of jinja2 that do not touch the characters of a text."""


def refuse_statements(node: nodes.Node, depth: int = 0) -> None:
    """Refuse statements that templates of views do not have, and loops that nest too deeply.

    Raises:
        TemplateSyntaxError: at the statement's line.
    """
    if type(node) in _REFUSED:
        raise TemplateSyntaxError(f"`{{% {_REFUSED[type(node)]} %}}` is not available", node.lineno)
    if isinstance(node, nodes.AssignBlock) and node.filter is not None:
        raise TemplateSyntaxError("a `{% set %}` block takes no filter; use it where you print", node.lineno)
    if isinstance(node, nodes.For):
        depth += 1
        if depth > MAX_LOOP_DEPTH or node.recursive:
            raise TemplateSyntaxError(f"loops nest deeper than {MAX_LOOP_DEPTH}", node.lineno)
    for child in node.iter_child_nodes():
        refuse_statements(child, depth)


class Rewriter(NodeTransformer):
    """Sends every output, and everything that costs, through the environment."""

    def __init__(self, environment: Environment, traced_filters: frozenset[str]) -> None:
        self.environment = environment
        self.traced_filters = traced_filters

    def visit_Output(self, node: nodes.Output) -> nodes.Output:  # noqa: N802 - jinja2 finds visitors by this name
        """Give every part its origin."""
        node.nodes = [self._output(child) for child in node.nodes]
        return node

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802 - as above
        """Count the rounds."""
        self.generic_visit(node)
        node.iter = self._call("items", cast("nodes.Expr", node.iter))
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Expr:  # noqa: N802 - as above
        """Join by `~` only what fits."""
        self.generic_visit(node)
        return self._call("concatenated", nodes.List(node.nodes), at=node)

    def visit_Filter(self, node: nodes.Filter) -> nodes.Expr:  # noqa: N802 - as above
        """Let filters of jinja2 touch plain texts only, and count what all of them read and make."""
        self.generic_visit(node)
        if node.node is not None:
            keeps = node.name in self.traced_filters or node.name in _ANY_INPUT
            name = nodes.Const("" if keeps else node.name)
            node.node = self._call("taken", node.node, name)
        return self._call("made", node)

    def visit_Compare(self, node: nodes.Compare) -> nodes.Compare:  # noqa: N802 - as above
        """Count what is compared."""
        self.generic_visit(node)
        node.expr = self._call("taken", node.expr, nodes.Const(""))
        for operand in node.ops:
            operand.expr = self._call("taken", operand.expr, nodes.Const(""))
        return node

    def _output(self, child: nodes.Expr) -> nodes.Expr:
        line = nodes.Const(child.lineno)
        if isinstance(child, nodes.TemplateData):
            return self._call("literal", nodes.Const(child.data), line, at=child)
        value: nodes.Expr = self.visit(child)
        return self._call("printed", value, line, at=child)

    def _call(self, method: str, *arguments: nodes.Expr, at: nodes.Node | None = None) -> nodes.Expr:
        call = nodes.Call(nodes.EnvironmentAttribute(method), list(arguments), [], None, None)
        call.set_lineno((at or arguments[0]).lineno).set_environment(self.environment)
        return call
