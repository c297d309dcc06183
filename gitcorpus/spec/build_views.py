"""Sound View and Release documents to views and release specs."""

from fractions import Fraction
from pathlib import PurePosixPath
from typing import Final

from gitcorpus.model.declaration import Stage
from gitcorpus.model.view import (
    Each,
    RecordShape,
    ReleaseSpec,
    Selection,
    SpecFile,
    Split,
    Template,
    Value,
    View,
)
from gitcorpus.spec.link_records import EACH, VALUE
from gitcorpus.spec.nodes import Fields, Items, Node, Scalar, json_fields, json_of
from gitcorpus.spec.quantities import parse_bytes
from gitcorpus.spec.select import select_texts
from gitcorpus.spec.sources import READY

MAX_FILE_BYTES: Final = 10 << 20
"""Files above this are left out of a release unless it says otherwise."""


def build_view(root: Fields, file: SpecFile) -> View:
    """Build one view; the file is the origin of what its templates say themselves."""
    split, record = root.fields("split"), root.fields("record")
    return View(
        name=root.text("name"),
        format=root.text("format"),
        source=root.text("from"),
        where=root.text("where"),
        where_place=root.place_of("where"),
        where_lines=_lines(root, "where"),
        order=root.text("order"),
        order_place=root.place_of("order"),
        order_lines=_lines(root, "order"),
        record={name: _shape(entry.node) for name, entry in record.entries.items()} if record else {},
        columns=root.texts("columns"),
        columns_place=root.place_of("columns"),
        split=_split(split) if split else None,
        families=tuple((each.text, each.line) for each in select_texts(root, "families[]")),
        file=file,
        place=root.place,
    )


def build_release(root: Fields) -> ReleaseSpec:
    """Build one release spec; without a name it is called after its file."""
    select, anonymize, sources = root.fields("select"), root.fields("anonymize"), root.each("sources")
    commits, paths = (select.text("commits"), select.texts("paths")) if select else ("", ())
    return ReleaseSpec(
        name=root.text("name", PurePosixPath(root.sheet.path).stem),
        tags=root.text("tags"),
        selection=Selection(commits=commits.removeprefix("tag:"), paths=paths),
        views=tuple(name.removeprefix(READY) for name in root.texts("views")),
        order=root.text("order"),
        license=root.text("license"),
        max_file_bytes=parse_bytes(root.text("max_file_bytes", str(MAX_FILE_BYTES))),
        anonymize=json_fields(anonymize) if anonymize else None,
        sources=tuple(json_of(source) for source in sources),
        requires=Stage(root.text("requires", Stage.MERGE)),
        place=root.place,
    )


def _lines(root: Fields, name: str) -> tuple[int, ...]:
    node = root.scalar(name)
    return node.lines if node else ()


def _shape(node: Node) -> RecordShape:
    match node:
        case Fields() if frozenset(node.entries) == VALUE:
            return Value(path=node.text("value"), place=node.place)
        case Fields() if frozenset(node.entries) == EACH:
            given = node.get("give")
            give = tuple(_shape(item) for item in given.nodes) if isinstance(given, Items) else ()
            return Each(over=node.text("each"), name=node.text("as"), give=give, place=node.place)
        case Fields():
            return {name: _shape(entry.node) for name, entry in node.entries.items()}
        case Items():
            return tuple(_shape(item) for item in node.nodes)
        case Scalar(value=str()):
            return Template(text=node.text, lines=node.lines, place=node.place)
        case Scalar():
            return node.value if isinstance(node.value, int) else None


def _split(fields: Fields) -> Split:
    names = [name for name in fields.entries if name not in ("by", "seed")]
    return Split(
        by=fields.text("by", "task"),
        shares=tuple((name, Fraction(fields.text(name))) for name in names),
        seed=fields.text("seed"),
        place=fields.place,
    )
