"""One view's rows to records: templates rendered, the format's columns filled, the split dealt."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from gitcorpus.canon import digest_value
from gitcorpus.catalog.tables import Catalog, column_unknown
from gitcorpus.compiler.context import Contexts
from gitcorpus.compiler.templates import compile_template
from gitcorpus.errors import RefusedError
from gitcorpus.model.entry import Json
from gitcorpus.model.progress import Progress
from gitcorpus.model.record import Omission, Reason, Record
from gitcorpus.model.traced import TracedText, text_of
from gitcorpus.model.view import RecordShape, Split, Template, View
from gitcorpus.spec.link import FORMAT_FIELDS

Extra = Callable[[Mapping[str, Any], Mapping[str, str]], Mapping[str, Json]]
"""From a catalog row and its texts to the columns that a format fills by itself."""
Render = Callable[[Mapping[str, Any]], TracedText]


def render_view(
    view: View, catalog: Catalog, contexts: Contexts, *, extra: Extra, progress: Progress
) -> tuple[tuple[Record, ...], tuple[Omission, ...]]:
    """Select and render all records of a view, in order, and what the view leaves out.

    Raises:
        RefusedError: empty-selection.
        GitcorpusError: whatever is wrong with the view's SQL, columns or templates, at its place.
    """
    keys = catalog.select(
        view.source, where=view.where, order=view.order, places=(view.where_place, view.order_place)
    )
    _check_columns(view, catalog)
    everything = contexts.tables[view.source]
    if not keys:
        sentence = f"the view `{view.name}` selects none of {len(everything)} {view.source}"
        hint = "loosen its `where`, or leave the view out of the release"
        raise RefusedError("empty-selection", sentence, place=str(view.where_place), hint=hint)
    left = set(everything) - set(keys)
    detail = "`where` is not true for it"
    omissions = [
        Omission(view=view.name, key=key, reason=Reason.NOT_SELECTED, detail=detail) for key in sorted(left)
    ]
    renders = dict(_renders(view.record, view, ""))
    needed = FORMAT_FIELDS[view.format]
    records = []
    for done, key in enumerate(keys):
        progress(f"rendering {view.name}", done, len(keys))
        record = _record(view, key, renders, contexts, extra)
        empty = next((p for p, text in record.texts.items() if not text and p.split("/")[1] in needed), None)
        if empty is None:
            records.append(record)
        else:
            omissions.append(
                Omission(view=view.name, key=key, reason=Reason.EMPTY, detail=f"{empty} has no text")
            )
    if not records:
        sentence = f"all {len(keys)} records of the view `{view.name}` lack a text"
        raise RefusedError("empty-selection", sentence, place=str(view.place))
    return tuple(records), tuple(omissions)


def _check_columns(view: View, catalog: Catalog) -> None:
    known = catalog.columns(view.source)
    wanted = (*view.columns, *((view.split.by,) if view.split else ()))
    for name in wanted:
        if name not in known:
            place = view.columns_place if name in view.columns or view.split is None else view.split.place
            raise column_unknown(name, known, place)


def _renders(shape: RecordShape, view: View, pointer: str) -> Iterator[tuple[str, Render]]:
    match shape:
        case Template() if pointer.rsplit("/", 1)[-1] != "role":
            yield pointer, compile_template(shape, view.file)
        case Mapping():
            for name, inner in shape.items():
                yield from _renders(inner, view, f"{pointer}/{name}")
        case tuple():
            for index, inner in enumerate(shape):
                yield from _renders(inner, view, f"{pointer}/{index}")
        case _:
            pass


def _record(view: View, key: str, renders: Mapping[str, Render], contexts: Contexts, extra: Extra) -> Record:
    names = contexts.names(view.source, key)
    texts = {pointer: render(names) for pointer, render in renders.items()}
    plain = {pointer: text_of(text) for pointer, text in texts.items()}
    row = contexts.row(view.source, key)
    filled = _fill(view.record, plain, "")
    values: dict[str, Json] = {**filled, **extra(row, plain), **{name: row[name] for name in view.columns}}
    identity = digest_value({"view": view.name, "key": key, "record": values})
    split = "train" if view.split is None else deal(view.split, str(row[view.split.by]))
    return Record(
        record_id=identity,
        view=view.name,
        key=key,
        unit=row["unit"],
        task=row["task"],
        solution=row.get("solution"),
        split=split,
        values=values,
        texts=texts,
    )


def _fill(shape: RecordShape, texts: Mapping[str, str], pointer: str) -> Any:
    match shape:
        case Template():
            return texts.get(pointer, shape.text)
        case Mapping():
            return {name: _fill(inner, texts, f"{pointer}/{name}") for name, inner in shape.items()}
        case tuple():
            return [_fill(inner, texts, f"{pointer}/{index}") for index, inner in enumerate(shape)]
        case _:
            return shape


def deal(split: Split, value: str) -> str:
    """Return the split of a value: its sha256, keyed by the seed, as a fraction of all there are."""
    digest = hashlib.sha256(f"{split.seed}\0{value}".encode()).digest()
    point = Fraction(int.from_bytes(digest[:8], "big"), 1 << 64)
    return _at(split.shares, point)


def _at(shares: Sequence[tuple[str, Fraction]], point: Fraction) -> str:
    end = Fraction(0)
    for name, share in shares:
        end += share
        if point < end:
            return name
    return shares[-1][0]
