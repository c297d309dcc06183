"""One package in the events of `go test -json`: its tests that still run, those that ended, and how it ended itself."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gitcorpus.gates.results.cases import MOST_CASES, Status
from gitcorpus.gates.results.told import ReportError, counted_from_one, duration, one_line

MOST_OUTPUT: Final = 4000
"""Characters of what a test writes that are kept."""
MOST_DEPTH: Final = 32
_LONGEST_NAME: Final = 1000
_ENDS: Final = {
    "pass": Status.PASSED,
    "bench": Status.PASSED,
    "fail": Status.FAILED,
    "skip": Status.SKIPPED,
}
_FRAME: Final = re.compile(r"\s*(?:=== |--- |PASS$|FAIL$|FAIL\t|exit status )")
_PLACE: Final = re.compile(r"\s*(?P<path>[^\s:]{1,400}\.go):(?P<line>[0-9]{1,9}):(?P<text>.*)", re.DOTALL)


@dataclass(slots=True)
class Output:
    """The beginning of what a test or a package wrote, and the place that it is about."""

    text: str = ""
    path: str = ""
    line: int | None = None
    is_sure: bool = False
    """Whether the tool itself says that the place is that of an error."""

    def add(self, text: str, *, is_error: bool = False) -> None:
        """Add one piece, unless it is the tool's own."""
        if _FRAME.match(text):
            return
        found = _PLACE.fullmatch(text)
        if found is not None and not self.is_sure:
            self.path, self.line, self.is_sure = found["path"], counted_from_one(found["line"]), is_error
        if len(self.text) < MOST_OUTPUT:
            self.text += text[:MOST_OUTPUT]


@dataclass(slots=True)
class EndedTest:
    """One test that ended."""

    name: str
    status: Status
    seconds: float
    output: Output

    @property
    def is_fault(self) -> bool:
        """Tell whether the test did not end well."""
        return self.status in (Status.FAILED, Status.ERROR)


@dataclass(slots=True)
class Package:
    """One package: its tests that still run, those that ended, and how it ended itself."""

    name: str
    running: dict[str, Output] = field(default_factory=dict)
    ended: list[EndedTest] = field(default_factory=list)
    output: Output = field(default_factory=Output)
    status: Status | None = None
    failed_build: str = ""

    def hear(self, action: str, test: str, event: Mapping[str, Any]) -> None:
        """Hear one event about the package, or about a test of it."""
        if action == "output":
            output = self.running.get(test, self.output)
            output.add(text_of(event, "Output"), is_error=event.get("OutputType") == "error")
        elif test and action in _ENDS:
            self._end(test, _ENDS[action], duration(event.get("Elapsed")))
        elif test and action == "run":
            self.running.setdefault(test, Output())
        elif action in _ENDS:
            self.status = _ENDS[action]
            self.failed_build = text_of(event, "FailedBuild")

    def settle(self) -> None:
        """End what never ended: its process did."""
        for test in list(self.running):
            self._end(test, Status.ERROR, 0.0)

    def _end(self, test: str, status: Status, seconds: float) -> None:
        if len(test) > _LONGEST_NAME or test.count("/") >= MOST_DEPTH:
            raise ReportError(f"the name of a test is too long: {one_line(test)[:80]}")
        if len(self.ended) == MOST_CASES:
            raise ReportError(f"it tells more than {MOST_CASES} cases")
        self.ended.append(EndedTest(test, status, seconds, self.running.pop(test, Output())))

    def own_tests(self) -> Iterator[EndedTest]:
        """Yield the tests that are cases of their own: no test below them tells what they tell."""
        names = {test.name for test in self.ended}
        above = [(name, test) for test in self.ended for name in _above(test.name) if name in names]
        groups = {name for name, _ in above}
        explained = {name for name, test in above if test.is_fault}
        for test in self.ended:
            if test.name not in groups or (test.is_fault and test.name not in explained):
                yield test


def _above(test: str) -> Iterator[str]:
    """Yield the names of the tests that a test may be a part of; a slash may also belong to its own name."""
    while "/" in test:
        test = test.rpartition("/")[0]
        yield test


def text_of(event: Mapping[str, Any], name: str) -> str:
    """Return a text that an event tells; an empty one if it does not."""
    value = event.get(name, "")
    return value if isinstance(value, str) else ""
