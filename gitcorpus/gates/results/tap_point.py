"""One point of TAP: what its own line says, and the notes after it that complete it."""

import re
from dataclasses import dataclass, field, replace
from typing import Final

from gitcorpus.gates.results.cases import Status, TestCase
from gitcorpus.gates.results.tap_notes import notes_of
from gitcorpus.gates.results.told import duration, one_line

_MARK: Final = re.compile(r"(?:^|\s)#\s*(?P<mark>skip|todo)(?![^\s:])[^\s]*\s*(?P<reason>.*)", re.IGNORECASE)
_TOOK: Final = re.compile(r"\s# in (?P<ms>[0-9]{1,12}) ms$")


@dataclass(slots=True)
class Level:
    """The tests of one plan: those of the whole stream, or of one subtest."""

    indent: int
    name: str
    first: int
    """How many cases there were when it began."""
    plan: int | None = None
    n_points: int = 0


@dataclass(slots=True)
class Point:
    """A point whose notes may still come."""

    case: TestCase
    indent: int
    is_todo: bool
    inner: Level | None
    """The subtest that the point sums up."""
    block: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


def point_of(found: re.Match[str], level: Level, inner: Level | None) -> Point:
    """Return a point as its own line tells it."""
    rest = found["rest"]
    took = _TOOK.search(rest)
    rest = rest[: took.start()] if took else rest
    mark = _MARK.search(rest)
    status = Status.FAILED if found["bad"] else Status.PASSED
    is_todo = mark is not None and mark["mark"].lower() == "todo"
    if is_todo or (mark is not None and status is Status.PASSED):
        status = Status.SKIPPED
    case = TestCase(
        suite=level.name,
        name=description(rest[: mark.start()] if mark else rest) or f"test {level.n_points}",
        status=status,
        seconds=duration(took["ms"]) / 1000 if took else 0.0,
        message=one_line(mark["reason"]) if mark else "",
    )
    return Point(case, level.indent, is_todo, inner)


def case_of(point: Point) -> TestCase:
    """Return the case of a point with what its notes say."""
    case, notes = point.case, notes_of(point.block, point.comments)
    case = replace(
        case, seconds=case.seconds or notes.seconds, file=notes.file, line=notes.line, code=notes.code
    )
    if not case.is_fault:
        return case
    return replace(case, message=case.message or notes.message or "it failed")


def not_tried(case: TestCase) -> TestCase:
    """Return a case of a subtest that is marked TODO."""
    return replace(case, status=Status.SKIPPED) if case.is_fault else case


def description(text: str) -> str:
    """Return what a point or a subtest is called, without the dash before it and without escapes."""
    plain = text.strip()
    plain = plain[1:] if plain.startswith(("- ", "-\t")) or plain == "-" else plain
    return one_line(re.sub(r"\\([\\#])", r"\1", plain[:2000]))
