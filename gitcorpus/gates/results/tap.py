"""TAP 12 to 14, as node, bats, Perl and prove write it: points, plans, subtests, and notes on points.

Points of a subtest are indented by four blanks and stand before the point that they make up, which is a case of its own
only if it failed and none of them did. Every test that a plan counts and no point tells is an error, and so is a report
without a plan: its writer may have been killed. A failing point that is marked TODO was not really tried.
"""

import re
from typing import Final

from gitcorpus.gates.results.cases import MOST_CASES, Status, TestCase, TestReport
from gitcorpus.gates.results.tap_notes import MOST_LINES
from gitcorpus.gates.results.tap_point import Level, Point, case_of, description, not_tried, point_of
from gitcorpus.gates.results.told import ReportError, one_line, told_text

MOST_DEPTH: Final = 32
_STEP: Final = 4
_POINT: Final = re.compile(r"(?P<bad>not )?ok(?![^\s#])[ \t]*(?P<number>[0-9]{1,9}(?![^\s#]))?(?P<rest>.*)")
_PLAN: Final = re.compile(r"1\.\.(?P<last>[0-9]{1,9})[ \t]*(?:#.*)?")
_BAIL: Final = re.compile(r"Bail out!(?P<reason>.*)")
_SUBTEST: Final = re.compile(r"# Subtest:(?P<name>.*)")
_PROVEN: Final = re.compile(r"(?P<file>\S.*?) \.{2,}\s*")
"""The line with which prove begins the points of one file."""
_DUBIOUS: Final = re.compile(r"Dubious, test returned .*")


def parse_tap(data: bytes) -> TestReport:
    """Return the cases of a stream.

    Raises:
        ReportError: if it holds neither a plan nor a point, or two plans for the same tests.
    """
    lines = [line.rstrip("\r") for line in told_text(data).split("\n")]
    stream = _Stream(by_prove=_PROVEN.fullmatch(next(filter(str.strip, lines), "")) is not None)
    for line in lines:
        stream.read(line)
    stream.end()
    if not stream.is_sound:
        raise ReportError("it has neither a plan nor a test point")
    return TestReport(tuple(stream.cases))


class _Stream:
    """Reads the lines of a stream one after the other."""

    def __init__(self, *, by_prove: bool) -> None:
        self.cases: list[TestCase] = []
        self.is_sound = False
        self._by_prove = by_prove
        self._has_begun = not by_prove
        self._levels = [Level(0, "", 0)]
        self._subtests: dict[int, str] = {}
        """The names that comments announced, by how far they are indented."""
        self._point: Point | None = None
        self._in_block = False
        self._bailed = False

    def read(self, line: str) -> None:
        text = line.lstrip(" ")
        indent = len(line) - len(text)
        if self._in_block and self._reads_block(line, text, indent):
            return
        if self._by_prove and indent == 0 and self._reads_prove(text):
            return
        if found := _BAIL.fullmatch(text):
            self._bail(found["reason"])
        elif indent // _STEP < MOST_DEPTH:
            self._read_tap(text, indent)

    def end(self) -> None:
        """Settle everything that is open."""
        self._settle()
        self._close_to(0)
        level = self._levels[0]
        if not self._has_begun:
            return
        self._check_plan(level)
        if level.plan is None and not self._bailed and (level.n_points or self._by_prove):
            self._fault(level.name, "the plan", "there is no plan, so that some tests may be missing")

    def _reads_block(self, line: str, text: str, indent: int) -> bool:
        """Keep a line of the block of notes that is open; a line that stands outside of it ends it."""
        point = self._point
        if point is None or (text and indent < point.indent + 2):
            self._in_block = False
            return False
        if text.rstrip() == "..." and indent == point.indent + 2:
            self._in_block = False
        elif len(point.block) < MOST_LINES:
            point.block.append(line)
        return True

    def _reads_prove(self, text: str) -> bool:
        """Read a line that prove itself adds."""
        if found := _PROVEN.fullmatch(text):
            self.end()
            self._has_begun, self._bailed = True, False
            self._levels = [Level(0, one_line(found["file"]), len(self.cases))]
        elif _DUBIOUS.fullmatch(text):
            self._settle()
            level = self._levels[0]
            if not any(case.is_fault for case in self.cases[level.first :]):
                self._fault(level.name, "the whole file", text)
        else:
            return False
        return True

    def _read_tap(self, text: str, indent: int) -> None:
        if found := _SUBTEST.fullmatch(text):
            self._settle()
            self._subtests[indent] = description(found["name"])
        elif found := _PLAN.fullmatch(text):
            self._plan(int(found["last"]), indent)
        elif found := _POINT.fullmatch(text):
            self._add_point(found, indent)
        elif self._point is not None and indent >= self._point.indent:
            self._note(text, indent, self._point)

    def _note(self, text: str, indent: int, point: Point) -> None:
        if text.rstrip() == "---" and indent == point.indent + 2 and not point.block:
            self._in_block = True
        elif text.startswith("#") and len(point.comments) < MOST_LINES:
            point.comments.append(text[1:])

    def _plan(self, last: int, indent: int) -> None:
        if not self._enters(indent):
            return
        self._settle()
        self._close_to(indent)
        level = self._levels[-1]
        if level.plan is not None:
            raise ReportError("it has two plans for the same tests")
        if last > MOST_CASES:
            raise ReportError(f"its plan counts {last} tests; at most {MOST_CASES}")
        self.is_sound = True
        level.plan = last

    def _add_point(self, found: re.Match[str], indent: int) -> None:
        if not self._enters(indent):
            return
        self._settle()
        inner = self._levels[-1] if self._levels[-1].indent > indent else None
        if inner is not None:
            self._close_to(inner.indent)
            inner = next(level for level in self._levels if level.indent > indent)
            self._close_to(inner.indent)
            self._check_plan(self._levels.pop())
        level = self._levels[-1]
        level.n_points += 1
        self.is_sound = True
        self._subtests.pop(indent, None)
        self._point = point_of(found, level, inner)

    def _enters(self, indent: int) -> bool:
        """Tell whether the tests of some level are indented like this; those of a new subtest may begin here."""
        deepest = self._levels[-1]
        if indent == deepest.indent + _STEP:
            self._settle()
            name = self._subtests.pop(deepest.indent, "") or self._subtests.pop(indent, "")
            whole = one_line(" > ".join(part for part in (deepest.name, name) if part))
            self._levels.append(Level(indent, whole, len(self.cases)))
        return any(level.indent == indent for level in self._levels)

    def _close_to(self, indent: int) -> None:
        """Close the subtests that are indented further: no point sums them up."""
        while self._levels[-1].indent > indent:
            level = self._levels.pop()
            self._check_plan(level)
            self._fault(level.name, "the subtest", "it has no end")

    def _check_plan(self, level: Level) -> None:
        """Add an error for each test that the plan of a level counts and nobody told."""
        n_missing = max(0, (level.plan or 0) - level.n_points)
        for number in range(1, n_missing + 1):
            sentence = f"the plan counts {level.plan} tests and {level.n_points} are told"
            self._fault(level.name, f"missing test {number} of {n_missing}", sentence)
        if level.plan is not None and level.n_points > level.plan:
            sentence = f"the plan counts {level.plan} tests and {level.n_points} are told"
            self._fault(level.name, "the plan", sentence)

    def _settle(self) -> None:
        """Make a case of the point whose notes are now complete, unless it only sums up others."""
        point, self._point = self._point, None
        self._in_block = False
        if point is None:
            return
        if point.inner is None or not point.inner.n_points:
            self._add(case_of(point))
            return
        first = point.inner.first
        if point.is_todo:
            self.cases[first:] = [not_tried(case) for case in self.cases[first:]]
        elif point.case.is_fault and not any(case.is_fault for case in self.cases[first:]):
            self._add(case_of(point))

    def _bail(self, reason: str) -> None:
        self._settle()
        self.is_sound = self._bailed = True
        self._fault(self._levels[-1].name, "Bail out!", reason)

    def _fault(self, suite: str, name: str, sentence: str) -> None:
        self._add(TestCase(suite=suite, name=name, status=Status.ERROR, message=one_line(sentence)))

    def _add(self, case: TestCase) -> None:
        if len(self.cases) == MOST_CASES:
            raise ReportError(f"it tells more than {MOST_CASES} cases")
        self.cases.append(case)
