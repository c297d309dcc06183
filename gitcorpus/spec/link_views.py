"""Views and releases: records that fit their format, shares that add up, views that exist, tags that fit one."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from typing import Final, TypeGuard

from gitcorpus.model.finding import Finding
from gitcorpus.model.format import FORMATS
from gitcorpus.spec.brief import brief
from gitcorpus.spec.documents import Documents, twice, unknown
from gitcorpus.spec.globs import Comparisons
from gitcorpus.spec.link_records import link_record
from gitcorpus.spec.nodes import Fields, Scalar
from gitcorpus.spec.ref_globs import not_compared
from gitcorpus.spec.select import select_texts
from gitcorpus.spec.shipped_names import field_names, split_names, view_names
from gitcorpus.spec.sources import READY, ready_names

_COURSE: Final = "curriculum"
_RECORDS: Final = "records"
_DEALING: Final = ("by", "seed")
"""What a split says besides its shares."""


def link_views(specs: Documents) -> Iterator[Finding]:
    """Find what is wrong across views and releases."""
    yield from twice(Documents(specs.own).texts("View", "name"), code="duplicate-view")
    yield from twice(specs.texts("Release", "name"), code="duplicate-release")
    ready = Documents(specs.ready).names("View", "name")
    yield from view_names(Documents(specs.own).texts("View", "name"), ready)
    for view in specs.roots("View"):
        yield from link_record(view)
        yield from _source(view)
        yield from _index(view)
        yield from _families(view)
        yield from _columns(view)
        yield from _split(view)
    yield from _release_views(specs)
    yield from _tags(specs)


def _source(view: Fields) -> Iterator[Finding]:
    """Find a format that is made of another table than the view selects from."""
    known, source = FORMATS.get(view.text("format")), view.scalar("from")
    if known is None or source is None or source.text in known.sources:
        return
    if not known.sources:
        if source.text == _RECORDS:
            sentence = f"the records of a release are what the format `{_COURSE}` is made of, and no other"
            yield source.finding("record-misfit", sentence, "write `from: solutions`, or another table")
        return
    if view.text("format") == "pretrain":
        sentence = "the format `pretrain` has one record a file"
    else:
        sentence = f"the format `{view.text('format')}` is made of {' or '.join(known.sources)}"
    yield source.finding("record-misfit", sentence, f"write `from: {known.sources[0]}`")


def _index(view: Fields) -> Iterator[Finding]:
    """Find what an index of records cannot have: texts of its own, and splits."""
    if view.text("format") != _COURSE:
        return
    for name in ("record", "split"):
        node = view.get(name)
        if node is not None:
            sentence = f"the format `{_COURSE}` is an index of other views' records and has no `{name}`"
            yield node.finding("record-misfit", sentence, "leave it out")


def _families(view: Fields) -> Iterator[Finding]:
    node = view.get("families")
    if node is not None and view.text("format") != "fim":
        sentence = "`families` are ways to write the gaps of the format `fim`"
        yield node.finding("record-misfit", sentence, "leave it out")


def _columns(view: Fields) -> Iterator[Finding]:
    """Find fields and columns of a view's table that it has twice or cannot hold."""
    record, known = view.fields("record"), FORMATS.get(view.text("format"))
    filled = known.filled if known else {}
    said = {name: entry.key for name, entry in record.entries.items()} if record else {}
    columns = list(select_texts(view, "columns[]"))
    families = [f"text_{node.text}" for node in select_texts(view, "families[]")]
    yield from field_names((*said.values(), *columns), (*filled, *families))
    taken = dict(said)
    for column in columns:
        before = taken.setdefault(column.text, column)
        if before is not column:
            sentence = f"the column {brief(column.text)} stands on line {before.line} already"
            yield column.finding("duplicate-column", sentence, "remove one of the two")
    for column in (*said.values(), *columns):
        if column.text in families or (column.text in filled and column in columns):
            sentence = f"the format `{view.text('format')}` fills the column {brief(column.text)} itself"
            yield column.finding("duplicate-column", sentence, "leave it out")


def _split(view: Fields) -> Iterator[Finding]:
    split = view.fields("split")
    if split is None:
        return
    entries = [entry for name, entry in split.entries.items() if name not in _DEALING]
    yield from split_names(entry.key for entry in entries)
    shares = [entry.node for entry in entries]
    numbers = [share.value for share in shares if isinstance(share, Scalar) and _is_number(share.value)]
    if len(numbers) == len(shares) and sum(numbers, Fraction()) != 1:
        total = float(sum(numbers, Fraction()))
        yield split.finding(
            "shares-off", f"the shares add up to {total:g}, not to 1", "mend them so that they do"
        )


def _is_number(value: object) -> TypeGuard[int | Fraction]:
    """Tell a number from what Python also takes for one."""
    return isinstance(value, int | Fraction) and not isinstance(value, bool)


def _release_views(specs: Documents) -> Iterator[Finding]:
    own = Documents(specs.own).names("View", "name")
    for release in specs.roots("Release"):
        shipped: dict[str, Scalar] = {}
        for node in select_texts(release, "views[]"):
            known = (*own, *ready_names("views"))
            if node.text not in known and (node.text.startswith(READY) or specs.declares_all("View")):
                yield from unknown((node,), known, code="unknown-view")
            name = node.text.removeprefix(READY)
            if name != node.text and name in own:
                sentence = f"this corpus has a view {brief(name)} of its own"
                yield node.finding("duplicate-view", sentence, "ship your own, or give it another name")
            if shipped.setdefault(name, node) is not node:
                yield node.finding(
                    "duplicate-view", f"the view {brief(name)} is shipped already", "remove one"
                )


def _tags(specs: Documents) -> Iterator[Finding]:
    comparisons = Comparisons()
    for one, other in combinations(specs.texts("Release", "tags"), 2):
        if comparisons.overlap(one.text, other.text):
            sentence = f"a tag can fit both {brief(other.text)} and {brief(one.text)} at {one.place}"
            yield other.finding("tags-overlap", sentence, "a tag is compiled by one release spec")
        elif comparisons.spent:
            said = "there are too many releases, so not all `tags` were compared with each other"
            yield not_compared(said, "declare fewer: one release may take many tags, such as `v*`")
            return
