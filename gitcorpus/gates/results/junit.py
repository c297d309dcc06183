"""JUnit XML, as pytest, node, ctest, cargo-nextest, surefire, bats and gotestsum write it.

There is no schema that all tools keep, so only what they share is read: suites, cases, and what a case says about how
it ended. A case that says nothing has passed. A suite that counts more faults than it tells makes the report unsound.
"""

import re
from typing import Final, NamedTuple

from gitcorpus.gates.results.cases import MOST_CASES, Status, TestCase, TestReport
from gitcorpus.gates.results.told import ReportError, counted_from_one, duration, one_line, path_as_told
from gitcorpus.gates.results.xml import hear

_SUITES: Final = ("testsuites", "testsuite")
_SAID: Final = {"failure": Status.FAILED, "error": Status.ERROR, "skipped": Status.SKIPPED}
"""Elements of a case that say how it ended."""
_GRAVITY: Final = (Status.PASSED, Status.SKIPPED, Status.FAILED, Status.ERROR)
_TODO: Final = "todo"
"""What node calls the skipping of a case that may fail."""
_NOT_TRIED: Final = ("notrun", "disabled", "skipped", "ignored", "suppressed")
_FAILED: Final = ("fail", "failed", "failure")
_NO_CLASS: Final = "test"
"""What node writes for the class of every case."""
_COLLECTING: Final = "collection failure"
"""What pytest says of every file that it cannot import, whatever the error is."""
_ERROR: Final = re.compile(r"(?:\w+\.)*\w*(?:Error|Exception|Exit|Failed|Interrupt)\b")
_FROM_ZERO: Final = "pytest"
"""The suite whose lines are counted from 0."""
_MOST_OUTPUT: Final = 4096


def parse_junit(data: bytes) -> TestReport:
    """Return the cases of a report.

    Raises:
        ReportError: if it is no such report, or counts faults that it does not tell.
    """
    report = _Report()
    hear(data, report)
    return TestReport(tuple(report.cases))


class _Ending(NamedTuple):
    """What a case says about how it ended."""

    status: Status
    message: str = ""
    code: str = ""


class _Suite(NamedTuple):
    """A suite that is open: its name after those around it, its file, and the faults told before it began."""

    name: str
    file: str
    n_before: int


class _Report:
    """Hears the elements of a report, and keeps what is open and what was found."""

    def __init__(self) -> None:
        self.cases: list[TestCase] = []
        self._n_faults = 0
        self._open: list[tuple[str, dict[str, str]]] = []
        self._suites: list[_Suite] = []
        self._ending: _Ending | None = None
        """What the open case says so far; none if no case is open."""
        self._output = ""
        self._not_started = False
        """Whether CTest says that the case never ran; unless the case itself asked for that, its program is missing."""
        self._told: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._open and name not in _SUITES:
            raise ReportError(f"it begins with <{one_line(name)[:40]}>, not with <testsuites> or <testsuite>")
        self._open.append((name, attributes))
        self._told = []
        if name in _SUITES:
            self._suites.append(self._suite(name, attributes))
        elif name == "testcase" and self._ending is not None:
            raise ReportError("a case holds another case")
        elif name == "testcase":
            self._ending, self._output = _by_attribute(attributes), ""
            self._not_started = attributes.get("status") == "notrun"

    def text(self, text: str) -> None:
        self._told.append(text)

    def end(self, name: str) -> None:
        attributes = self._open.pop()[1]
        if name in _SUITES:
            self._end_suite(self._suites.pop(), attributes)
        elif name == "testcase" and self._ending is not None:
            self._end_case(attributes, self._ending)
            self._ending = None
        elif self._ending is not None and self._open[-1][0] == "testcase":
            self._ending = self._end_part(name, attributes, self._ending)
        self._told = []

    def _suite(self, kind: str, attributes: dict[str, str]) -> _Suite:
        around = self._suites[-1].name if self._suites else ""
        own = one_line(attributes.get("name", "")) if kind == "testsuite" else ""
        return _Suite(
            one_line(" > ".join(name for name in (around, own) if name)),
            path_as_told(attributes.get("file", "")),
            self._n_faults,
        )

    def _end_part(self, name: str, attributes: dict[str, str], so_far: _Ending) -> _Ending:
        """Return what a case says after one more element within it."""
        told = "".join(self._told)
        if name in ("system-out", "system-err"):
            self._output = (self._output + told[-_MOST_OUTPUT:])[-_MOST_OUTPUT:]
        status = _SAID.get(name)
        if status is None:
            return so_far
        self._n_faults += status is not Status.SKIPPED
        said = one_line(attributes.get("message", "")) or one_line(told)
        if said == _COLLECTING:
            said = _first_error(told) or said
        if status is Status.SKIPPED and self._not_started and not said.startswith("SKIP_"):
            status = Status.ERROR
        ending = _Ending(status, said, one_line(attributes.get("type", ""))[:80])
        return max(so_far, ending, key=_gravity)

    def _end_case(self, case: dict[str, str], ending: _Ending) -> None:
        if len(self.cases) == MOST_CASES:
            raise ReportError(f"it tells more than {MOST_CASES} cases")
        message = ending.message
        if ending.status in (Status.FAILED, Status.ERROR):
            message = message or one_line(self._output) or ending.status
        suite = self._suites[-1]
        self.cases.append(
            TestCase(
                suite=suite.name,
                name=_name(case, suite.name),
                status=ending.status,
                seconds=duration(case.get("time")),
                file=path_as_told(case.get("file", "")) or suite.file,
                line=_line(case.get("line", ""), suite.name),
                message=message,
                code=ending.code,
            )
        )

    def _end_suite(self, suite: _Suite, attributes: dict[str, str]) -> None:
        counted = sum(counted_from_one(attributes.get(name)) or 0 for name in ("failures", "errors"))
        if counted > self._n_faults - suite.n_before:
            raise ReportError(f"a suite counts {counted} faults and does not tell all of them")


def _first_error(told: str) -> str:
    """Return what kept pytest from collecting tests: of the lines that it marks, the one that names the error."""
    marked = (line[1:].strip() for line in told.splitlines() if line.startswith("E  "))
    return one_line(next((line for line in marked if _ERROR.match(line)), ""))


def _gravity(ending: _Ending) -> tuple[bool, int, bool]:
    """Order endings: nothing that a case may fail with counts if it is still to be done."""
    is_todo = ending.status is Status.SKIPPED and ending.code == _TODO
    return is_todo, _GRAVITY.index(ending.status), bool(ending.message)


def _name(case: dict[str, str], suite: str) -> str:
    """Return the name of a case after that of its class, unless the class says nothing new."""
    own, around = one_line(case.get("name", "")), one_line(case.get("classname", ""))
    return ".".join(part for part in ("" if around in (own, suite, _NO_CLASS) else around, own) if part)


def _line(told: str, suite: str) -> int | None:
    """Return the line of a case, from 1; pytest counts its own from 0."""
    if suite != _FROM_ZERO:
        return counted_from_one(told)
    return 1 if told == "0" else (counted_from_one(told) or -1) + 1 or None


def _by_attribute(case: dict[str, str]) -> _Ending:
    """Return how a case ended by its attributes alone, as GoogleTest and CTest write them."""
    said = {case.get(name, "").lower() for name in ("status", "result")}
    if said.intersection(_FAILED):
        return _Ending(Status.FAILED)
    return _Ending(Status.SKIPPED if said.intersection(_NOT_TRIED) else Status.PASSED)
