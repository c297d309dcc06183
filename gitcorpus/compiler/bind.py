"""Holds a view against the catalog's columns before there is any data: its SQL, its templates, its columns.

What a spec says here is a stranger's, so it is tried in a process apart that has little time and memory. `spec check`,
the gate `spec` and the compiler all ask here: a release stops at nothing that a push could have said.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any, Final, NamedTuple

from jinja2.exceptions import UndefinedError

from gitcorpus.catalog.tables import SCHEMAS, Catalog, UnfitError, unknown_column
from gitcorpus.compiler.kinds import NAMES, Kind, Many, Row, example_of, named
from gitcorpus.compiler.template_faults import name_faults
from gitcorpus.compiler.templates import TemplateFaultError, compile_template
from gitcorpus.errors import GitcorpusError, UnjudgedError
from gitcorpus.model.finding import Finding
from gitcorpus.model.format import FORMATS, Leaf, ListOf, Shape, Struct
from gitcorpus.model.place import Place
from gitcorpus.model.view import Each, RecordShape, SpecFile, Template, Value, View
from gitcorpus.spec.brief import did_you_mean
from gitcorpus.spec.characters import read_text
from gitcorpus.spec.nodes import Sheet
from gitcorpus.syntax import Apart

SECONDS: Final = 20.0
"""Most time of the processor for all views of a push; an ordinary one takes a hundredth of a second."""
_SQL_SECONDS: Final = 1.0
"""Most time of the processor for an answer from tables that hold nothing."""
_MEBIBYTES: Final = 3072
_FOLDED: Final = 60
"""Lines of a file in which a word is looked for that stands in a text whose lines are folded."""

Read = Callable[[str], bytes]
"""Returns the bytes of a spec file."""


class Spot(NamedTuple):
    """Where something stands in a text of a view: which of its lines, and from which character so many."""

    line: int = 1
    start: int | None = None
    length: int = 1
    word: str = ""
    """What is looked for in the line where no character is named."""


class Said(NamedTuple):
    """A text of a view, the file's line of each of its lines, and where it begins."""

    text: str
    lines: tuple[int, ...]
    place: Place


class _Fault(NamedTuple):
    code: str
    sentence: str
    hint: str
    said: Said
    spot: Spot


def view_findings(views: Iterable[View], read: Read) -> Iterator[Finding]:
    """Yield what is wrong with views: with the SQL, the templates and the columns of each, all at once.

    Args:
        views: the views; each is tried apart from the others.
        read: returns the file of a view, to quote it.
    """
    listed = list(views)
    with Apart(partial(_work, listed), seconds=SECONDS, mebibytes=_MEBIBYTES, small=-1) as apart:
        for number, view in enumerate(listed):
            sheet, _ = read_text(read(view.place.path), view.place.path, view.place.commit)
            try:
                found = apart.ask(b"", "", number)
            except UnjudgedError:
                sentence = f"the view `{view.name}` takes too much time or memory before there is any data"
                hint = "make its SQL and its templates plainer: no loops in loops, no joins of large tables"
                yield Finding(code="view-too-costly", place=view.place, sentence=sentence, hint=hint)
                continue
            for code, sentence, hint, said, spot in found:
                at = _placed(said[2])
                text = Said(said[0], tuple(said[1]), view.place.at(*at) if at else view.place)
                yield _finding(sheet, (code, sentence, hint), text, Spot(*spot))


def refuse_unbound(views: Iterable[View], read: Read) -> None:
    """Refuse views that cannot be compiled, with the first thing that is wrong.

    Raises:
        GitcorpusError: column-unknown, name-unknown, sql-broken, sql-not-repeatable, sql-too-slow, template-broken,
            traced-text-touched, value-misfit or view-too-costly, at the place.
    """
    first = next(view_findings(views, read), None)
    if first is not None:
        raise GitcorpusError(first.code, first.sentence, place=str(first.place), hint=first.hint)


def _placed(said: Sequence[int | None]) -> tuple[int, int | None] | None:
    line, column = said
    return None if line is None else (line, column)


def _work(
    views: Sequence[View], _data: bytes, _language: str, number: int, _seconds: float | None
) -> list[Any]:
    """Return faults as plain lists; the work of a process apart."""
    return [
        [code, sentence, hint, [said.text, said.lines, [said.place.line, said.place.column]], list(spot)]
        for code, sentence, hint, said, spot in dict.fromkeys(_faults(views[number]))
    ]


def _faults(view: View) -> Iterator[_Fault]:
    yield from _of_sql(view)
    yield from _of_columns(view)
    names = NAMES[view.source]
    known = FORMATS[view.format].said
    for field, declared in view.record.items():
        yield from _of_record(declared, known.get(field, Leaf.TEXT), names, view.file)


def _of_sql(view: View) -> Iterator[_Fault]:
    """Yield the first fault of the condition, and the first of the order: DuckDB says no more."""
    catalog = _blank()
    for field in ("where", "order"):
        if not getattr(view, field):
            continue
        asked = {"where": "", "order": "", field: getattr(view, field)}
        try:
            catalog.ask(view.source, **asked)
            catalog.refuse_casts(view.source, **asked)
        except UnfitError as error:
            unfit, said = error.unfit, _sql(view, field)
            before = said.text[: unfit.start or 0]
            start = None if unfit.start is None else unfit.start - (before.rfind("\n") + 1)
            spot = Spot(before.count("\n") + 1, start, unfit.length)
            sentence = unfit.sentence
            if unfit.code == "sql-too-slow":
                sentence = f"the view `{view.name}` asks what has no end: {sentence}, without any data"
            yield _Fault(unfit.code, sentence, unfit.hint, said, spot)


@cache
def _blank() -> Catalog:
    """Return the tables that all views are tried on, in their own process."""
    return Catalog.blank(seconds=_SQL_SECONDS)


def _sql(view: View, field: str) -> Said:
    if field == "where":
        return Said(view.where, view.where_lines, view.where_place)
    return Said(view.order, view.order_lines, view.order_place)


def _of_columns(view: View) -> Iterator[_Fault]:
    known = SCHEMAS[view.source].names
    wanted = [(name, view.columns_place) for name in view.columns]
    if view.split is not None:
        wanted.append((view.split.by, view.split.place))
    for name, place in wanted:
        if name not in known:
            code, sentence, hint, *_ = unknown_column(name, known)
            yield _Fault(code, sentence, hint, Said("", (), place), Spot(word=name))


def _of_record(
    declared: RecordShape, shape: Shape, names: Mapping[str, Kind], file: SpecFile
) -> Iterator[_Fault]:
    """Yield the faults of one value of a record, or of those that it stands for."""
    match declared, shape:
        case Template(), Leaf.TEXT:
            yield from _of_template(declared, names, file)
        case Value(), Leaf():
            yield from _of_path(_look_up(declared.path, names), declared.path, declared.place, shape)
        case Each(), _:
            found = _look_up(declared.over, names)
            yield from _of_path(found, declared.over, declared.place, Many)
            inner = {**names, declared.name: found.of if isinstance(found, Many) else None}
            yield from _of_all([(each, shape) for each in declared.give], inner, file)
        case tuple(), ListOf():
            yield from _of_all([(each, shape.item) for each in declared], names, file)
        case Mapping(), Struct():
            inside = [(each, shape.fields[name]) for name, each in declared.items() if name in shape.fields]
            yield from _of_all(inside, names, file)
        case _:
            pass


def _of_all(
    declared: Iterable[tuple[RecordShape, Shape]], names: Mapping[str, Kind], file: SpecFile
) -> Iterator[_Fault]:
    for each, shape in declared:
        yield from _of_record(each, shape, names, file)


def _of_template(template: Template, names: Mapping[str, Kind], file: SpecFile) -> Iterator[_Fault]:
    said = Said(template.text, template.lines, template.place)
    try:
        render = compile_template(template, file)
    except TemplateFaultError as error:
        spot = _opened_at(template.text, error.line)
        spot = Spot(error.line, word=error.word) if error.word else spot
        yield _Fault(error.code, error.sentence, error.hint, said, spot)
        return
    found = [
        _Fault(each.code, each.sentence, each.hint, said, Spot(each.line, word=each.word))
        for each in name_faults(template, file, names)
    ]
    yield from found
    if found:
        return
    try:
        render({name: example_of(kind) for name, kind in names.items()})
    except TemplateFaultError as error:
        # What a row lacks, and what a number comes to, only the data says.
        if not isinstance(error.__cause__, UndefinedError | ArithmeticError):
            yield _Fault(error.code, error.sentence, error.hint, said, Spot(error.line))


def _opened_at(text: str, line: int) -> Spot:
    """Return where the template's syntax breaks: what is opened last, where no bracket closes it."""
    lines = text.split("\n")
    at = min(line, len(lines))
    while at > 1 and not any(mark in lines[at - 1] for mark in ("{{", "{%", "{#")):
        at -= 1
    start = max((lines[at - 1].rfind(mark) for mark in ("{{", "{%", "{#")), default=-1)
    return Spot(at, start, len(lines[at - 1]) - start) if start >= 0 else Spot(line)


class _Missing(NamedTuple):
    name: str
    known: Sequence[str]


def _look_up(path: str, names: Mapping[str, Kind]) -> "Kind | _Missing":
    """Return the kind that a dotted path leads to, or the name on the way that is not there."""
    found: Kind = Row(names)
    for step in path.split("."):
        if found is None:
            return None
        if not isinstance(found, Row) or step not in found.fields:
            return _Missing(step, sorted(found.fields) if isinstance(found, Row) else ())
        found = found.fields[step]
    return found


def _of_path(
    found: "Kind | _Missing", path: str, place: Place, wanted: Leaf | type[Many]
) -> Iterator[_Fault]:
    said, spot = Said("", (), place), Spot(word=path)
    match found:
        case None:
            return
        case _Missing():
            hint = did_you_mean(found.name, found.known) or f"names here: {', '.join(found.known) or 'none'}"
            yield _Fault("name-unknown", f"there is no value `{path}`", hint, said, spot._replace(word=path))
        case Leaf.TEXT:
            sentence = f"`{path}` is a text, and would lose where it came from"
            yield _Fault("traced-text-touched", sentence, f'write a template: "{{{{ {path} }}}}"', said, spot)
        case _ if wanted is Many and not isinstance(found, Many):
            sentence, hint = f"there are not several of `{path}`", "name a list, such as `steps`"
            yield _Fault("value-misfit", sentence, hint, said, spot)
        case _ if isinstance(wanted, Leaf) and found is not wanted:
            sentence = f"`{path}` is {named(found)}, no {wanted}"
            yield _Fault("value-misfit", sentence, "name another value", said, spot)
        case _:
            return


def _finding(sheet: Sheet, what: tuple[str, str, str], said: Said, spot: Spot) -> Finding:
    """Say something at its line and column of the file, with that line as the quote."""
    code, sentence, hint = what
    line, first, last = _locate(sheet.lines, said, spot)
    place = sheet.place(line, first, said.place.route)
    quote = sheet.quote(line, first, last)
    return Finding(code=code, place=place, sentence=sentence, hint=hint, quote=quote)


def _locate(lines: Sequence[str], said: Said, spot: Spot) -> tuple[int, int, int]:
    """Return the line of the file, and the first and the last column there."""
    own = said.text.split("\n")[spot.line - 1] if spot.line <= said.text.count("\n") + 1 else ""
    line = said.lines[min(spot.line, len(said.lines)) - 1] if said.lines else said.place.line or 1
    from_column = (said.place.column or 1) - 1 if line == said.place.line else 0
    raw = lines[line - 1] if line <= len(lines) else ""
    stands_at = raw.find(own, from_column) if own.strip() else -1
    if stands_at >= 0 and spot.start is not None:
        first = stands_at + spot.start + 1
        return line, first, first + spot.length - 1
    word = spot.word or (own[spot.start : spot.start + spot.length] if spot.start is not None else "")
    for number in range(line, min(line + _FOLDED, len(lines) + 1)) if word else ():
        start = from_column if number == line else 0
        at = _find_word(lines[number - 1], word, start)
        if at >= 0:
            return number, at + 1, at + len(word)
    if stands_at >= 0:
        return line, stands_at + 1, stands_at + len(own.rstrip())
    return line, from_column + 1, max(len(raw.rstrip()), from_column + 1)


def _find_word(line: str, word: str, start: int) -> int:
    """Return where a word stands by itself, or at least where it stands."""
    at = line.find(word, start)
    while at >= 0 and (line[at - 1 : at].isalnum() or line[at + len(word) : at + len(word) + 1].isalnum()):
        at = line.find(word, at + 1)
    return at if at >= 0 else line.find(word, start)
