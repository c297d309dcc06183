"""Units, tasks and techniques: ids that stand once, known languages and techniques, windows with days in them."""

import re
from collections.abc import Iterator
from typing import Final

from gitcorpus.model.finding import Finding
from gitcorpus.model.language import KNOWN
from gitcorpus.spec.brief import brief
from gitcorpus.spec.documents import Documents, twice, unknown
from gitcorpus.spec.link_corpus import solution_pattern
from gitcorpus.spec.nodes import Fields, Scalar

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_TECHNIQUES = ("units[].tasks[].techniques[]", "units[].discover.techniques[]")
_LANGUAGES = ("units[].tasks[].languages[]", "units[].discover.languages[]")


def link_curriculum(specs: Documents) -> Iterator[Finding]:
    """Find what is wrong across curricula."""
    kind = "Curriculum"
    yield from twice(specs.texts(kind, "units[].id"), code="duplicate-unit")
    yield from twice(specs.texts(kind, "units[].tasks[].id"), code="duplicate-task")
    yield from twice(specs.texts(kind, "techniques[].id"), code="duplicate-technique")
    yield from _techniques(specs)
    for path in _LANGUAGES:
        yield from unknown(specs.texts(kind, path), known_languages(specs), code="unknown-language")
    yield from unknown(
        specs.keys(kind, "units[].quota.per_language"), known_languages(specs), code="unknown-language"
    )
    for window in specs.fields(kind, "units[].window"):
        yield from empty_days(window, "from", "to")
    for unit in specs.fields(kind, "units[]"):
        yield from _tasks_or_discovery(unit)
    for pattern in specs.texts(kind, "units[].discover.layout"):
        yield from solution_pattern(pattern)


def known_languages(specs: Documents) -> tuple[str, ...]:
    """Return the languages that the corpus knows: the usual ones and those that its layout adds."""
    added = (node.text for node in specs.texts("Corpus", "layout.languages{}"))
    return tuple(sorted({*KNOWN, *added}))


def empty_days(fields: Fields, first: str, last: str) -> Iterator[Finding]:
    """Find a range of days that ends before it begins. Dates in ISO order sort as texts."""
    begin, end = fields.scalar(first), fields.scalar(last)
    if begin and end and _DAY.fullmatch(begin.text) and _DAY.fullmatch(end.text) and end.text < begin.text:
        sentence = f"{brief(end.text)} lies before {brief(begin.text)}: no day is in between"
        yield end.finding("empty-range", sentence, f"`{last}` is the last day, inclusive")


def _techniques(specs: Documents) -> Iterator[Finding]:
    declared = specs.names("Curriculum", "techniques[].id")
    if not declared or not specs.declares_all("Curriculum"):
        return
    for path in _TECHNIQUES:
        yield from unknown(specs.texts("Curriculum", path), declared, code="unknown-technique")
    yield from unknown(
        specs.keys("Curriculum", "units[].quota.per_technique"), declared, code="unknown-technique"
    )


def _tasks_or_discovery(unit: Fields) -> Iterator[Finding]:
    if unit.get("tasks") is None and unit.get("discover") is None:
        hint = "list `tasks:`, or let `discover:` find them in the tree"
        name = unit.scalar("id")
        spot: Fields | Scalar = name or unit
        yield spot.finding("missing-field", "the unit has neither `tasks` nor `discover`", hint)
