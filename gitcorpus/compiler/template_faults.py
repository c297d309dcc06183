"""What is wrong with a template, found without a row of data: by its syntax tree, and by trying it on example values.

The tree is gone through with the kinds of all names, branches included that no example takes. What it does not decide,
such as the arguments of a filter or a loop that goes on and on, the trial on small example values shows: the same
engine that makes records then.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from jinja2 import nodes
from jinja2.parser import Parser

from gitcorpus.compiler.environment import PLAIN_FILTERS, TracingEnvironment
from gitcorpus.compiler.filters import BOUNDED, FILTERS
from gitcorpus.compiler.kinds import Kind, Many, Row, named
from gitcorpus.compiler.templates import TOUCH_HINT, filter_hint
from gitcorpus.model.format import Leaf
from gitcorpus.model.view import SpecFile, Template
from gitcorpus.spec.brief import did_you_mean

_ANY_TEXT: Final = frozenset({"count", "default", "length", *FILTERS})
"""Filters that take a text of a file, and keep its origins or none of its characters."""
_ASKING: Final = frozenset({"defined", "undefined"})
"""Tests that a name need not be there for."""
_WHOLE_ANSWERS: Final = frozenset({"count", "length"})
_OPERATORS: Final[Mapping[type[nodes.BinExpr], str]] = {
    nodes.Add: "+", nodes.Sub: "-", nodes.Mul: "*", nodes.Div: "/", nodes.FloorDiv: "//", nodes.Mod: "%",
    nodes.Pow: "**",
}  # fmt: skip


class Fault(NamedTuple):
    """Something wrong in a template: at which of its lines, and the word there that it is about."""

    code: str
    sentence: str
    hint: str
    line: int
    word: str = ""


_Scope = dict[str, Kind]


def name_faults(template: Template, file: SpecFile, names: Mapping[str, Kind]) -> Iterator[Fault]:
    """Yield what is wrong with the names that a template uses; its syntax is sound."""
    environment = TracingEnvironment(template, file)
    tree = Parser(environment, template.text).parse()
    return iter(dict.fromkeys(_Reader().read(tree, names)))


class _Reader:
    """Goes through one template, and gathers what is wrong with it."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def read(self, tree: nodes.Template, names: Mapping[str, Kind]) -> list[Fault]:
        self._body(tree.body, dict(names))
        return self.faults

    def _add(self, node: nodes.Node, code: str, sentence: str, hint: str, word: str) -> None:
        self.faults.append(Fault(code, sentence, hint, node.lineno, word))

    def _touched(self, node: nodes.Node, touch: str, word: str) -> None:
        sentence = f"{touch} would lose where a text came from"
        self._add(node, "traced-text-touched", sentence, TOUCH_HINT, word)

    def _body(self, body: Sequence[nodes.Node], scope: _Scope) -> None:
        for node in body:
            self._statement(node, scope)

    def _statement(self, node: nodes.Node, scope: _Scope) -> None:
        match node:
            case nodes.For():
                self._loop(node, scope)
            case nodes.If():
                self._kind(node.test, scope)
                for branch in (node.body, node.elif_, node.else_):
                    self._body(branch, scope)
            case nodes.Assign():
                _bind(node.target, self._kind(node.node, scope), scope)
            case nodes.AssignBlock():
                self._body(node.body, dict(scope))
                _bind(node.target, Leaf.TEXT, scope)
            case nodes.Output():
                self._printed(node, scope)
            case nodes.Macro() | nodes.With():
                self._within(node, scope)
            case _:
                self._kinds(list(node.iter_child_nodes()), scope)

    def _within(self, node: nodes.Macro | nodes.With, scope: _Scope) -> None:
        """Go through a body that has names of its own."""
        inner = dict(scope)
        if isinstance(node, nodes.With):
            for target, value in zip(node.targets, node.values, strict=True):
                _bind(target, self._kind(value, scope), inner)
        else:
            scope[node.name] = None
            self._kinds(node.defaults, scope)
            own = ("varargs", "kwargs", "caller", node.name, *(each.name for each in node.args))
            inner |= dict.fromkeys(own)
        self._body(node.body, inner)

    def _printed(self, node: nodes.Output, scope: _Scope) -> None:
        for part in node.nodes:
            kind = self._kind(part, scope)
            if isinstance(kind, Row):
                sentence = "a row cannot be printed; print one of its fields"
                self._add(part, "template-broken", sentence, _fields(kind), _word(part))
            elif isinstance(kind, Many):
                sentence = "a list cannot be printed; print its items, or files by `join_files`"
                self._add(part, "template-broken", sentence, "", _word(part))

    def _loop(self, node: nodes.For, scope: _Scope) -> None:
        over = self._kind(node.iter, scope)
        if over is Leaf.TEXT:
            self._touched(node.iter, "going through its characters", _word(node.iter))
        elif isinstance(over, Row) or over in (Leaf.WHOLE, Leaf.FLAG):
            sentence, hint = f"a loop cannot go over {named(over)}", "name a list, such as `sources`"
            self._add(node.iter, "template-broken", sentence, hint, _word(node.iter))
        inner = dict(scope)
        _bind(node.target, over.of if isinstance(over, Many) else None, inner)
        inner["loop"] = None
        if node.test is not None:
            self._kind(node.test, inner)
        self._body(node.body, inner)
        self._body(node.else_, dict(scope))

    def _kinds(self, found: Collection[nodes.Node], scope: _Scope) -> list[Kind]:
        return [self._kind(each, scope) for each in found]

    def _kind(self, node: nodes.Node, scope: _Scope) -> Kind:
        """Return the kind of an expression's value; what is wrong on the way is gathered."""
        match node:
            case nodes.Name():
                return self._name(node, scope)
            case nodes.Getattr(attr=str() as name) | nodes.Getitem(arg=nodes.Const(value=str() as name)):
                return self._field(node, node.node, name, scope)
            case nodes.Getitem():
                return self._item(node, scope)
            case nodes.Filter():
                return self._filter(node, scope)
            case nodes.BinExpr():
                return self._operation(node, scope)
            case _:
                return self._other(node, scope)

    def _other(self, node: nodes.Node, scope: _Scope) -> Kind:
        if isinstance(node, nodes.Test) and node.name in _ASKING:
            return Leaf.FLAG
        kinds = self._kinds(list(node.iter_child_nodes()), scope)
        match node:
            case nodes.Const() | nodes.TemplateData():
                return _constant(node)
            case nodes.Compare() | nodes.Not() | nodes.Test():
                return Leaf.FLAG
            case nodes.Concat():
                if Leaf.TEXT in kinds:
                    self._touched(node, "`~`", "~")
                return Leaf.WORD
            case nodes.List() | nodes.Tuple():
                return Many(_common(kinds))
            case nodes.CondExpr():
                return _common(kinds[1:])
            case _:
                return None

    def _name(self, node: nodes.Name, scope: _Scope) -> Kind:
        if node.name not in scope:
            hint = did_you_mean(node.name, scope) or f"names here: {', '.join(sorted(scope))}"
            self._add(node, "name-unknown", f"there is no name `{node.name}`", hint, node.name)
        return scope.get(node.name)

    def _field(self, node: nodes.Node, of: nodes.Node, name: str, scope: _Scope) -> Kind:
        kind = self._kind(of, scope)
        if isinstance(kind, Row):
            if name not in kind.fields:
                hint = did_you_mean(name, kind.fields) or _fields(kind)
                said = f" in `{_word(of)}`" if _word(of) else ""
                self._add(node, "name-unknown", f"there is no field `{name}`{said}", hint, name)
            return kind.fields.get(name)
        if kind is Leaf.TEXT:
            self._touched(node, f"`.{name}`", name)
        elif kind is not None or name.startswith("_"):
            sentence = f"{named(kind)} has no field `{name}`"
            self._add(node, "template-broken", sentence, "templates see fields of rows, and no methods", name)
        return None

    def _item(self, node: nodes.Getitem, scope: _Scope) -> Kind:
        kind = self._kind(node.node, scope)
        self._kind(node.arg, scope)
        if kind is Leaf.TEXT:
            self._touched(node, "cutting it", _word(node.node))
        if isinstance(kind, Many):
            return kind if isinstance(node.arg, nodes.Slice) else kind.of
        return kind if kind is Leaf.WORD else None

    def _filter(self, node: nodes.Filter, scope: _Scope) -> Kind:
        known = (*FILTERS, *BOUNDED, *PLAIN_FILTERS)
        if node.name not in known:
            sentence = f"there is no filter `{node.name}`"
            self._add(node, "template-broken", sentence, filter_hint(node.name), node.name)
        silent = _Reader() if node.name == "default" else self
        kind = silent._kind(node.node, scope) if node.node is not None else Leaf.TEXT  # noqa: SLF001 - another of its own
        arguments = self._kinds((*node.args, *(each.value for each in node.kwargs)), scope)
        if kind is Leaf.TEXT and node.name in known and node.name not in _ANY_TEXT:
            self._touched(node, f"`{node.name}`", node.name)
        if node.name in FILTERS:
            return Leaf.TEXT
        if node.name in _WHOLE_ANSWERS:
            return Leaf.WHOLE
        if node.name in ("first", "last"):
            return kind.of if isinstance(kind, Many) else kind if kind is Leaf.WORD else None
        if node.name == "default":
            return _common([kind, *arguments[:1]])
        return kind if node.name == "sort" else Leaf.WORD

    def _operation(self, node: nodes.BinExpr, scope: _Scope) -> Kind:
        left, right = self._kind(node.left, scope), self._kind(node.right, scope)
        operator = _OPERATORS.get(type(node), "")
        if not operator:  # `and`, `or`
            return left if left == right else None
        both = left is Leaf.TEXT and right is Leaf.TEXT and operator == "+"
        if Leaf.TEXT in (left, right) and not both and None not in (left, right):
            self._touched(node, f"`{operator}`", operator)
        return left if left == right else None


def _bind(target: nodes.Node, kind: Kind, scope: _Scope) -> None:
    """Give a name a kind; one that has had another kind can be either from then on."""
    if isinstance(target, nodes.Name):
        scope[target.name] = kind if scope.get(target.name, kind) == kind else None
        return
    for each in target.find_all(nodes.Name):
        scope[each.name] = None


def _constant(node: nodes.Node) -> Kind:
    match node:
        case nodes.Const(value=bool()):
            return Leaf.FLAG
        case nodes.Const(value=int()):
            return Leaf.WHOLE
        case nodes.Const(value=str()) | nodes.TemplateData():
            return Leaf.WORD
        case _:
            return None


def _common(kinds: list[Kind]) -> Kind:
    return kinds[0] if kinds and all(each == kinds[0] for each in kinds) else None


def _fields(row: Row) -> str:
    return f"fields here: {', '.join(sorted(row.fields))}"


def _word(node: nodes.Node) -> str:
    """Return the last word of an expression, by which it is found in its line."""
    match node:
        case nodes.Name():
            return node.name
        case nodes.Getattr():
            return node.attr
        case _:
            return ""
