"""The jinja2 environment in which a view's template becomes traced text.

It is sandboxed: no attribute of a Python object, no file, no other template, and a budget for all that grows. It is
native: the value of an expression reaches `printed` as it is, and no string is made of it on the way.
"""

from collections.abc import Iterable
from typing import Any, Final

from jinja2 import StrictUndefined, Undefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.nativetypes import NativeEnvironment
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import SandboxedEnvironment

from gitcorpus.compiler.budget import Budget, bounded_number, bounded_size
from gitcorpus.compiler.filters import BOUNDED, FILTERS, Names
from gitcorpus.compiler.rewrite import Rewriter, refuse_statements
from gitcorpus.model.traced import IllegalTouchError, Piece, Source, TracedText, join, pieces_of
from gitcorpus.model.view import SpecFile, Template

PLAIN_FILTERS: Final = (
    "capitalize", "count", "default", "first", "last", "length", "lower", "sort", "title", "trim", "upper",
)  # fmt: skip
"""Filters of jinja2 that are taken over as they are."""


class TracingEnvironment(SandboxedEnvironment, NativeEnvironment):
    """Compiles one template of a view and renders it to traced text."""

    sandboxed = True
    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def __init__(self, template: Template, file: SpecFile) -> None:
        super().__init__(
            undefined=StrictUndefined, autoescape=False, loader=None, cache_size=0, optimized=False
        )
        self.concat = joined
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in PLAIN_FILTERS} | dict(BOUNDED) | dict(FILTERS)
        self.place = template.place
        self.lines = template.lines or (template.place.line or 1,)
        self.source = Source(file.path, file.blob, file.commit is not None, template=True)
        self.budget = Budget()

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        refuse_statements(tree)
        rewritten = Rewriter(self, frozenset(FILTERS)).visit(tree)
        if not isinstance(rewritten, nodes.Template):
            raise TypeError("a template is still a template after rewriting")
        return rewritten

    def file_line(self, line: int) -> int:
        """Return the file's line for a line of the template."""
        return self.lines[min(max(line, 1), len(self.lines)) - 1]

    def literal(self, text: str, line: int) -> TracedText:
        """Give a template's own text its origin: one piece a line, since lines of a scalar may be folded."""
        parts = text.split("\n")
        pieces = [
            Piece(part + ("\n" if index < len(parts) - 1 else ""), self.source, self.file_line(line + index))
            for index, part in enumerate(parts)
        ]
        return self._count(TracedText(pieces))

    def printed(self, value: object, line: int) -> TracedText:
        """Pass a traced text on, and give what else can be printed the view's line as origin."""
        match value:
            case TracedText():
                return self._count(value)
            case Undefined():
                return self.literal(str(value), line)  # strict undefined says what is missing
            case str() | int():
                return self.literal(str(value), line)
            case None:
                raise SecurityError("there is nothing to print here: the value is missing")
            case Names():
                raise SecurityError("a row cannot be printed; print one of its fields")
            case list() | tuple():
                raise SecurityError("a list cannot be printed; print its items, or files by `join_files`")
            case _:
                raise SecurityError(f"{_kind(value)} cannot be printed")

    def taken(self, value: object, touch: str) -> object:
        """Count what a filter or a comparison reads; a named touch would lose the origins of a traced text."""
        if isinstance(value, TracedText):
            if touch:
                raise IllegalTouchError(f"`{touch}`")
            self.budget.spend_reading(len(value))
        return value

    def made(self, value: object) -> object:
        """Count what a filter made."""
        if isinstance(value, TracedText):
            return self._count(value)
        if isinstance(value, str | list | tuple):
            bounded_size(len(value))
        return value

    def items(self, value: object) -> object:
        """Return what a loop goes over, with its rounds counted before the first."""
        match value:
            case TracedText():
                raise IllegalTouchError("going through its characters")
            case Undefined():
                iter(value)
            case list() | tuple() | str() | dict():
                self.budget.spend_steps(len(value))
            case _:
                raise SecurityError(f"a loop cannot go over {_kind(value)}")
        return value

    def concatenated(self, values: list[object]) -> str:
        """Join plain values by `~`."""
        texts = []
        size = 0
        for value in values:
            if isinstance(value, TracedText):
                raise IllegalTouchError("`~`")
            texts.append(str(value))
            size += len(texts[-1])
            bounded_size(size)
        return "".join(texts)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Add and multiply numbers, join texts and lists by `+`, and all of it within bounds."""
        del context
        match left, right:
            case TracedText(), TracedText() if operator == "+":
                return self._count(left + right)
            case (TracedText(), _) | (_, TracedText()):
                raise IllegalTouchError(f"`{operator}`")
            case int() | float(), int() | float() if operator != "**":
                return bounded_number(self.binop_table[operator](left, right))
            case (str(), str()) | (list(), list()) if operator == "+":
                bounded_size(len(left) + len(right))
                return left + right
            case _:
                raise SecurityError(f"`{operator}` works on numbers only")

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call the environment's own methods, macros, and what a loop offers."""
        if getattr(obj, "__self__", None) is self:
            return obj(*args)  # within loops, jinja2 adds keywords that it takes off again itself
        self.budget.spend_steps(1)
        return super().call(context, obj, *args, **kwargs)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Let templates see the loop variable's own fields and nothing else of Python's."""
        del value
        return isinstance(obj, LoopContext) and not attr.startswith("_")

    def wrap_str_format(self, value: Any) -> None:
        """Offer no `str.format`: a width is enough to fill the memory."""
        del value

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Read `a.b` as a field; a traced text has none."""
        _refuse_method(obj, attribute)
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Read `a["b"]` as a field; a traced text has none."""
        _refuse_method(obj, argument)
        return super().getitem(obj, argument)

    def _count(self, text: TracedText) -> TracedText:
        self.budget.spend_text(pieces=len(pieces_of(text)), characters=len(text))
        return text


def joined(values: Iterable[Any]) -> TracedText:
    """Join what a compiled template yields: all of it is traced by then, whatever jinja2 takes it for."""
    return join(values)


def _refuse_method(obj: object, name: object) -> None:
    if isinstance(obj, TracedText):
        raise IllegalTouchError(f"`.{name}`" if isinstance(name, str) else "cutting it")


def _kind(value: object) -> str:
    return "a row" if isinstance(value, Names) else f"a value of type {type(value).__name__.lower()}"
