"""Sound view and release documents to the values of `model/view`."""

from fractions import Fraction
from pathlib import PurePosixPath
from typing import Final

from gitcorpus.model.place import Place, Route
from gitcorpus.model.view import RecordShape, ReleaseSpec, Selection, SpecFile, Split, Template, View
from gitcorpus.spec.fields import Fields, lines_of
from gitcorpus.spec.yaml import Mapping, Node, Scalar, Sequence

MAX_FILE_BYTES: Final = 10 << 20


def build_view(fields: Fields, file: SpecFile) -> View:
    """Build one view."""
    split = fields.inner("split")
    return View(
        name=fields.text("name"),
        format=fields.text("format"),
        source=fields.text("from"),
        where=fields.text("where"),
        where_place=fields.place_of("where"),
        order=fields.text("order"),
        order_place=fields.place_of("order"),
        record=_shape(fields.value("record"), ("record",)),
        columns=fields.texts("columns"),
        columns_place=fields.place_of("columns"),
        split=None if split is None else _split(split),
        file=file,
        place=fields.place,
    )


def _shape(node: Node, route: Route) -> RecordShape:
    match node:
        case Mapping():
            return {pair.key: _shape(pair.value, (*route, pair.key)) for pair in node.pairs}
        case Sequence():
            return tuple(_shape(item, (*route, index)) for index, item in enumerate(node.items))
        case Scalar(value=str()):
            place = Place(path=node.place.path, line=node.place.line, column=node.place.column, route=route)
            return Template(text=node.text, lines=lines_of(node), place=place)
        case Scalar(value=float()):
            return node.text
        case Scalar():
            return node.value


def _split(fields: Fields) -> Split:
    names = [name for name in fields.names() if name not in ("by", "seed")]
    shares: tuple[tuple[str, Fraction], ...] = tuple((name, fields.share(name)) for name in names)
    return Split(by=fields.text("by"), shares=shares, seed=fields.text("seed"), place=fields.place)


def build_release(fields: Fields) -> ReleaseSpec:
    """Build one release spec; its name is the file's where it states none."""
    select = fields.inner("select")
    return ReleaseSpec(
        name=fields.text("name", PurePosixPath(fields.place.path).stem),
        tags=fields.text("tags"),
        selection=Selection()
        if select is None
        else Selection(commits=select.text("commits").removeprefix("tag:"), paths=select.texts("paths")),
        views=fields.texts("views"),
        order=fields.text("order"),
        license=fields.text("license"),
        max_file_bytes=fields.number("max_file_bytes") or MAX_FILE_BYTES,
        anonymize=fields.plain("anonymize"),
        sources=tuple(fields.plain("sources", [])),
        place=fields.place,
    )
