"""One view's rows to records: templates rendered, the format's columns filled, the split dealt."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from gitcorpus.canon import canonical_row
from gitcorpus.catalog.tables import Catalog, column_unknown
from gitcorpus.compiler.cells import compile_record
from gitcorpus.compiler.context import Contexts
from gitcorpus.compiler.formats import Facts, filled, gaps
from gitcorpus.compiler.sealed import steps_of
from gitcorpus.errors import RefusedError
from gitcorpus.model.entry import Json
from gitcorpus.model.format import FORMATS
from gitcorpus.model.record import Omission, Reason, Record
from gitcorpus.model.traced import TracedText, text_of
from gitcorpus.model.view import Split, View

_DIGITS: Final = 32
Fill = Callable[[Mapping[str, Any]], tuple[dict[str, Json], dict[str, TracedText]]]


class Rendering:
    """One view on its way to records."""

    def __init__(self, view: View, catalog: Catalog, contexts: Contexts, facts: Facts) -> None:
        """Select the rows of a view.

        Raises:
            RefusedError: empty-selection.
            GitcorpusError: whatever is wrong with the view's SQL, columns or templates, at its place.
        """
        self.view = view
        self.omissions: list[Omission] = []
        """The rows that are not selected."""
        self._contexts = contexts
        self._facts = facts
        self._fill: Fill = compile_record(view)
        places = (view.where_place, view.order_place)
        self.keys = catalog.select(
            view.source, where=view.where, order=view.order, places=places, view=view.name
        )
        _check_columns(view, catalog)
        everything = contexts.load(view.source)
        if not self.keys:
            sentence = f"the view `{view.name}` selects none of {len(everything)} {view.source}"
            hint = _why_none(view, contexts) or "loosen its `where`, or leave the view out of the release"
            raise RefusedError("empty-selection", sentence, place=str(view.where_place), hint=hint)
        detail = "`where` is not true for it"
        for key in sorted(set(everything) - set(self.keys)):
            self.omissions.append(self._left(key, Reason.NOT_SELECTED, detail))

    def records(self, keys: Sequence[str]) -> Iterator[Record | Omission]:
        """Render some of the selected rows, in their order; one that lacks a text is left out.

        Raises:
            GitcorpusError: whatever a template does that it may not.
        """
        for key in keys:
            record = self._record(key)
            empty = _empty(self.view, record.texts)
            yield record if empty is None else self._left(key, Reason.EMPTY, f"{empty} has no text")

    def refuse_nothing(self, n_records: int) -> None:
        """Refuse a view none of whose rows became a record.

        Raises:
            RefusedError: empty-selection.
        """
        if not n_records:
            sentence = f"all {len(self.keys)} records of the view `{self.view.name}` lack a text"
            raise RefusedError("empty-selection", sentence, place=str(self.view.place))

    def _left(self, key: str, reason: Reason, detail: str) -> Omission:
        return Omission(view=self.view.name, key=key, reason=reason, detail=detail)

    def _record(self, key: str) -> Record:
        view, row = self.view, self._contexts.row(self.view.source, key)
        values, texts = self._fill(self._contexts.names(view.source, key))
        if view.families:
            further = gaps(view, texts)
            texts |= further
            values |= {pointer[1:]: text_of(text) for pointer, text in further.items()}
        split = "train" if view.split is None else deal(view.split, str(row[view.split.by]))
        plain = {pointer: text_of(text) for pointer, text in texts.items()}
        values |= filled(view, self._facts, row, plain, split)
        values |= {name: row[name] for name in view.columns}
        passing = FORMATS[view.format].passing
        said = {name: value for name, value in values.items() if name not in passing}
        return Record(
            record_id=record_id({"view": view.name, "key": key, "record": said}),
            view=view.name,
            key=key,
            unit=row["unit"],
            task=row["task"],
            solution=row.get("solution"),
            split=split,
            values=values,
            texts=texts,
        )


def record_id(said: Mapping[str, Any]) -> str:
    """Return the first 32 digits of the sha256 of what a record says: 128 bits, of which no two are alike by chance."""
    return hashlib.sha256(canonical_row(said)).hexdigest()[:_DIGITS]


def _empty(view: View, texts: Mapping[str, TracedText]) -> str | None:
    """Return the first text that may not be empty and is."""
    known = FORMATS[view.format]
    needed = known.declared.keys() - known.may_be_empty
    for pointer, text in texts.items():
        if not text and steps_of(pointer)[0] in needed and "/tool_calls/" not in pointer:
            return pointer
    return None


def _why_none(view: View, contexts: Contexts) -> str:
    """Say which annotation is broken, if that is why there is nothing to select."""
    broken = [each for each in contexts.derived.omissions if each.reason is Reason.BROKEN]
    if view.source not in ("rankings", "comparisons") or not broken:
        return ""
    return f"annotations that cannot be read: {len(broken)}; the first: {broken[0].detail}"


def _check_columns(view: View, catalog: Catalog) -> None:
    known = catalog.columns(view.source)
    wanted = (*view.columns, *((view.split.by,) if view.split else ()))
    for name in wanted:
        if name not in known:
            place = view.columns_place if name in view.columns or view.split is None else view.split.place
            raise column_unknown(name, known, place)


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
