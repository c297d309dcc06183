"""Jinja2 templates whose output is traced text.

The sandbox reaches neither Python's attributes nor files nor loops of its own making. The syntax tree is
rewritten before it is compiled: every literal and every printed expression goes through the environment, which
gives it the view file's own line as origin unless it is traced already.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, Undefined, UndefinedError, nodes
from jinja2.exceptions import SecurityError
from jinja2.nativetypes import NativeEnvironment
from jinja2.runtime import LoopContext
from jinja2.sandbox import SandboxedEnvironment
from jinja2.visitor import NodeTransformer

from gitcorpus.compiler.filters import FILTERS, Names
from gitcorpus.errors import GitcorpusError
from gitcorpus.model.place import Place
from gitcorpus.model.traced import IllegalTouchError, Piece, Source, TracedText, join
from gitcorpus.model.view import SpecFile, Template

MAX_CHARACTERS: Final = 64 << 20
MAX_PIECES: Final = 200_000
MAX_LOOP_DEPTH: Final = 3
_PLAIN_FILTERS: Final = (
    "capitalize", "count", "default", "first", "join", "last", "length", "lower", "replace", "sort", "title",
    "trim", "upper",
)  # fmt: skip


class TracingEnvironment(SandboxedEnvironment, NativeEnvironment):
    """Compiles one template of a view and renders it to traced text."""

    sandboxed = True

    def __init__(self, template: Template, file: SpecFile) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=False, loader=None, cache_size=0)
        self.concat = join_pieces
        self.intercepted_binops = frozenset(["*", "**", "%"])
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in _PLAIN_FILTERS} | dict(FILTERS)
        self.place = template.place
        self.lines = template.lines or (template.place.line or 1,)
        self.source = Source(file.path, file.blob, file.commit is not None, template=True)
        self.pieces = self.characters = 0

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        _refuse_loops(tree, 0)
        rewritten = _Rewriter(self).visit(tree)
        if not isinstance(rewritten, nodes.Template):
            raise TypeError("a template is still a template after rewriting")
        return rewritten

    def literal(self, text: str, line: int) -> TracedText:
        """Give a template's own text its origin: one piece a line, since lines of a scalar may be folded."""
        parts = text.split("\n")
        pieces = [
            Piece(part + ("\n" if index < len(parts) - 1 else ""), self.source, self.file_line(line + index))
            for index, part in enumerate(parts)
        ]
        return self.count(TracedText(pieces))

    def printed(self, value: object, line: int) -> TracedText:
        """Pass a traced text on, and give what else can be printed the view's line as origin."""
        match value:
            case TracedText():
                return self.count(value)
            case Undefined():
                str(value)  # raises: strict undefined says what is missing
            case str() | int():
                return self.literal(str(value), line)
            case _:
                pass
        raise IllegalTouchError(f"printing {'nothing' if value is None else type(value).__name__.lower()}")

    def count(self, text: TracedText) -> TracedText:
        """Bound what one template may make."""
        self.pieces += 1
        self.characters += len(text)
        if self.pieces > MAX_PIECES or self.characters > MAX_CHARACTERS:
            raise SecurityError("the template makes more text than a record may have")
        return text

    def file_line(self, line: int) -> int:
        """Return the file's line for a line of the template."""
        return self.lines[min(max(line, 1), len(self.lines)) - 1]

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Let templates see the loop variable's own fields and nothing else of Python's."""
        del value
        return isinstance(obj, LoopContext) and not attr.startswith("_")

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Read `a.b` as a field; a traced text has none."""
        _refuse_method(obj, attribute)
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Read `a["b"]` as a field; a traced text has none."""
        _refuse_method(obj, argument)
        return super().getitem(obj, argument)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Allow arithmetic on numbers alone, so that no text grows by multiplication."""
        if isinstance(left, int) and isinstance(right, int) and operator != "**":
            return super().call_binop(context, operator, left, right)
        if isinstance(left, TracedText) or isinstance(right, TracedText):
            raise IllegalTouchError(f"`{operator}`")
        raise SecurityError(f"`{operator}` works on numbers only")


def _refuse_method(obj: object, name: object) -> None:
    if isinstance(obj, TracedText):
        raise IllegalTouchError(f"`.{name}`")


def join_pieces(values: Iterable[Any]) -> TracedText:
    """Join what a compiled template yields: all of it is traced by then."""
    return join(values)


class _Rewriter(NodeTransformer):
    """Sends every output through the environment."""

    def __init__(self, environment: TracingEnvironment) -> None:
        self.environment = environment

    def visit_Output(self, node: nodes.Output) -> nodes.Output:  # noqa: N802 - jinja2 finds visitors by this name
        node.nodes = [self._traced(child) for child in node.nodes]
        return node

    def _traced(self, child: nodes.Expr) -> nodes.Expr:
        literal = isinstance(child, nodes.TemplateData)
        value: nodes.Expr = nodes.Const(child.data) if isinstance(child, nodes.TemplateData) else child
        method = nodes.EnvironmentAttribute("literal" if literal else "printed")
        call = nodes.Call(method, [value, nodes.Const(child.lineno)], [], None, None)
        call.set_lineno(child.lineno).set_environment(self.environment)
        return call


def _refuse_loops(node: nodes.Node, depth: int) -> None:
    if isinstance(node, nodes.For):
        depth += 1
        if depth > MAX_LOOP_DEPTH or node.recursive:
            raise TemplateSyntaxError(f"loops nest deeper than {MAX_LOOP_DEPTH}", node.lineno)
    for child in node.iter_child_nodes():
        _refuse_loops(child, depth)


def compile_template(template: Template, file: SpecFile) -> Callable[[Mapping[str, Any]], TracedText]:
    """Return a function from a row's names to traced text.

    Raises:
        GitcorpusError: template-broken, at the view's place; the function raises it too, and
            traced-text-touched, name-unknown.
    """
    environment = TracingEnvironment(template, file)
    try:
        compiled = environment.from_string(template.text)
    except TemplateSyntaxError as error:
        raise _broken(environment, str(error.message), error.lineno) from error
    except TemplateError as error:
        raise _broken(environment, str(error), 1) from error

    def render(names: Mapping[str, Any]) -> TracedText:
        environment.pieces = environment.characters = 0
        try:
            context = compiled.new_context(dict(names))
            return join_pieces(compiled.root_render_func(context))
        except IllegalTouchError as error:
            hint = f"use one of the filters: {', '.join(FILTERS)}; or print the texts side by side"
            sentence = f"{error.touch} would lose where a text came from"
            raise GitcorpusError(
                "traced-text-touched", sentence, place=str(template.place), hint=hint
            ) from error
        except UndefinedError as error:
            hint = f"names here: {', '.join(sorted(names))}"
            said = str(error.message)
            sentence = f"there is no field `{said.split(chr(39))[-2]}`" if "no attribute" in said else said
            raise GitcorpusError("name-unknown", sentence, place=str(template.place), hint=hint) from error
        except (TemplateError, TypeError, ValueError, RecursionError) as error:
            raise _broken(environment, str(error), 1) from error

    return render


def _broken(environment: TracingEnvironment, sentence: str, line: int) -> GitcorpusError:
    place = Place(path=environment.place.path, line=environment.file_line(line))
    hint = f"filters: {', '.join(sorted((*FILTERS, *_PLAIN_FILTERS)))}" if "filter" in sentence else ""
    return GitcorpusError("template-broken", sentence.rstrip("."), place=str(place), hint=hint)


__all__ = ["Names", "compile_template"]
