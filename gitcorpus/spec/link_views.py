"""Views and releases: records that fit their format, shares that add up, views that exist, tags that fit one."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from typing import Final, TypeGuard

from gitcorpus.model.finding import Finding
from gitcorpus.model.format import FORMATS
from gitcorpus.spec.brief import brief
from gitcorpus.spec.documents import Documents, twice, unknown
from gitcorpus.spec.globs import overlap
from gitcorpus.spec.link_records import link_record
from gitcorpus.spec.nodes import Fields, Scalar
from gitcorpus.spec.select import select_texts
from gitcorpus.spec.sources import READY, ready_names

_KEY: Final = "record_id"


def link_views(specs: Documents) -> Iterator[Finding]:
    """Find what is wrong across views and releases."""
    yield from twice(Documents(specs.own).texts("View", "name"), code="duplicate-view")
    yield from twice(specs.texts("Release", "name"), code="duplicate-release")
    for view in specs.roots("View"):
        yield from link_record(view)
        yield from _source(view)
        yield from _families(view)
        yield from _columns(view)
        yield from _split(view)
    yield from _release_views(specs)
    yield from _tags(specs)


def _source(view: Fields) -> Iterator[Finding]:
    """Find a format that is made of another table than the view selects from."""
    known, source = FORMATS.get(view.text("format")), view.scalar("from")
    if known is None or source is None or not known.sources or source.text in known.sources:
        return
    if view.text("format") == "pretrain":
        sentence = "the format `pretrain` has one record a file"
    else:
        sentence = f"the format `{view.text('format')}` is made of {' or '.join(known.sources)}"
    yield source.finding("record-misfit", sentence, f"write `from: {known.sources[0]}`")


def _families(view: Fields) -> Iterator[Finding]:
    node = view.get("families")
    if node is not None and view.text("format") != "fim":
        sentence = "`families` are ways to write the gaps of the format `fim`"
        yield node.finding("record-misfit", sentence, "leave it out")


def _columns(view: Fields) -> Iterator[Finding]:
    record = view.fields("record")
    taken = {name: entry.key for name, entry in record.entries.items()} if record else {}
    for column in (*select_texts(view, "columns[]"), *taken.values()):
        if column.text == _KEY:
            yield column.finding(
                "reserved-column", f"`{_KEY}` is every record's own id", "choose another name"
            )
    for column in select_texts(view, "columns[]"):
        before = taken.setdefault(column.text, column)
        if before is not column:
            sentence = f"the column {brief(column.text)} stands on line {before.line} already"
            yield column.finding("duplicate-column", sentence, "remove one of the two")


def _split(view: Fields) -> Iterator[Finding]:
    split = view.fields("split")
    if split is None:
        return
    shares = [entry.node for name, entry in split.entries.items() if name not in ("by", "seed")]
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
    for one, other in combinations(specs.texts("Release", "tags"), 2):
        if overlap(one.text, other.text):
            sentence = f"a tag can fit both {brief(other.text)} and {brief(one.text)} at {one.place}"
            yield other.finding("tags-overlap", sentence, "a tag is compiled by one release spec")
