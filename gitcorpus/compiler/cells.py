"""The record of a view, compiled: from a row's names to values, and to the traced texts among them by JSON pointer."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gitcorpus.compiler.filters import Names
from gitcorpus.compiler.sealed import pointer_step
from gitcorpus.compiler.templates import compile_template
from gitcorpus.errors import GitcorpusError
from gitcorpus.model.entry import Json
from gitcorpus.model.format import FORMATS, Leaf, ListOf, Shape, Struct
from gitcorpus.model.place import Place
from gitcorpus.model.traced import TracedText, text_of
from gitcorpus.model.view import Each, RecordShape, Template, Value, View

_MOST = 10_000
"""Items that one list of one record may get."""


@dataclass
class Filled:
    """What a record is filled with so far."""

    texts: dict[str, TracedText] = field(default_factory=dict)


_Names = Mapping[str, Any]
_Cell = Callable[[_Names, str, Filled], Any]
_Cells = Callable[[_Names, str, Filled, list[Any]], None]


def compile_record(view: View) -> Callable[[_Names], tuple[dict[str, Json], dict[str, TracedText]]]:
    """Return a function from a row's names to a record's values and its texts.

    Raises:
        GitcorpusError: template-broken, at the view's place; the function raises it too, and traced-text-touched,
            name-unknown, value-misfit.
    """
    known = FORMATS[view.format].said
    cells = {name: _cell(view, shape, known.get(name, Leaf.TEXT)) for name, shape in view.record.items()}
    missing = {name: None for name in known if name not in cells}

    def fill(names: _Names) -> tuple[dict[str, Json], dict[str, TracedText]]:
        filled = Filled()
        values = {name: cell(names, f"/{pointer_step(name)}", filled) for name, cell in cells.items()}
        return {**values, **missing}, filled.texts

    return fill


def _cell(view: View, declared: RecordShape, shape: Shape) -> _Cell:
    match declared, shape:
        case Template(), Leaf.TEXT:
            return _text(view, declared)
        case Template(), _:
            word = declared.text
            return lambda _names, _pointer, _filled: word
        case Value(), Leaf():
            return _value(declared, shape)
        case tuple(), ListOf():
            return _list(view, declared, shape.item)
        case Mapping(), Struct():
            return _struct(view, declared, shape)
        case _:
            return lambda _names, _pointer, _filled: declared


def _text(view: View, template: Template) -> _Cell:
    render = compile_template(template, view.file)

    def cell(names: _Names, pointer: str, filled: Filled) -> str:
        found = filled.texts[pointer] = render(names)
        return text_of(found)

    return cell


def _value(value: Value, leaf: Leaf) -> _Cell:
    def cell(names: _Names, _pointer: str, _filled: Filled) -> Any:
        found = look_up(names, value.path, value.place)
        fits = {Leaf.FLAG: bool, Leaf.WHOLE: int, Leaf.WORD: str}[leaf]
        if found is not None and not (
            isinstance(found, fits) and isinstance(found, bool) is (leaf is Leaf.FLAG)
        ):
            sentence = f"`{value.path}` is no {leaf}"
            raise GitcorpusError("value-misfit", sentence, place=str(value.place), hint="name another value")
        return found

    return cell


def _list(view: View, declared: tuple[RecordShape, ...], shape: Shape) -> _Cell:
    parts = [_items(view, each, shape) for each in declared]

    def cell(names: _Names, pointer: str, filled: Filled) -> list[Any]:
        found: list[Any] = []
        for part in parts:
            part(names, pointer, filled, found)
        return found

    return cell


def _items(view: View, declared: RecordShape, shape: Shape) -> _Cells:
    if not isinstance(declared, Each):
        one = _cell(view, declared, shape)

        def single(names: _Names, pointer: str, filled: Filled, found: list[Any]) -> None:
            found.append(one(names, f"{pointer}/{len(found)}", filled))

        return single
    inner = [_items(view, each, shape) for each in declared.give]

    def several(names: _Names, pointer: str, filled: Filled, found: list[Any]) -> None:
        for item in _over(names, declared):
            for part in inner:
                part({**names, declared.name: item}, pointer, filled, found)

    return several


def _over(names: _Names, each: Each) -> Iterator[Any]:
    found = look_up(names, each.over, each.place)
    if not isinstance(found, list | tuple):
        sentence = f"there are not several of `{each.over}`"
        raise GitcorpusError(
            "value-misfit", sentence, place=str(each.place), hint="name a list, such as `steps`"
        )
    if len(found) > _MOST:
        sentence = f"there are {len(found)} of `{each.over}`; at most {_MOST}"
        raise GitcorpusError("value-misfit", sentence, place=str(each.place), hint="select less by `where`")
    yield from found


def _struct(view: View, declared: Mapping[str, RecordShape], shape: Struct) -> _Cell:
    cells = {
        name: _cell(view, declared[name], inner) for name, inner in shape.fields.items() if name in declared
    }

    def cell(names: _Names, pointer: str, filled: Filled) -> dict[str, Any]:
        return {
            name: cells[name](names, f"{pointer}/{name}", filled) if name in cells else None
            for name in shape.fields
        }

    return cell


def look_up(names: _Names, path: str, place: Place) -> Any:
    """Return the plain value that a dotted path leads to.

    Raises:
        GitcorpusError: name-unknown, if there is none; traced-text-touched, if it is a text.
    """
    found: Any = names
    for step in path.split("."):
        if not isinstance(found, Mapping | Names) or step not in found:
            known = ", ".join(sorted(names))
            raise GitcorpusError(
                "name-unknown", f"there is no value `{path}`", place=str(place), hint=f"names here: {known}"
            )
        found = found[step]
    if isinstance(found, TracedText):
        sentence = f"`{path}` is a text, and would lose where it came from"
        hint = f'write a template: "{{{{ {path} }}}}"'
        raise GitcorpusError("traced-text-touched", sentence, place=str(place), hint=hint)
    return found


def text_pointers(view: View) -> tuple[str, ...]:
    """Return the JSON pointers of all texts that a record of a view can have; `*` stands for any index."""
    format_ = FORMATS[view.format]
    known = format_.said
    found = [
        pointer
        for name in view.record
        for pointer in _pointers(known.get(name, Leaf.TEXT), f"/{pointer_step(name)}")
    ]
    found += [f"/text_{family}" for family, _ in view.families]
    return tuple(sorted(found))


def _pointers(shape: Shape, pointer: str) -> Iterator[str]:
    match shape:
        case Leaf():
            if shape is Leaf.TEXT:
                yield pointer
        case ListOf():
            yield from _pointers(shape.item, f"{pointer}/*")
        case Struct():
            for name, inner in shape.fields.items():
                yield from _pointers(inner, f"{pointer}/{name}")
