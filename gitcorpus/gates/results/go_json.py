"""The events of `go test -json`: tests that ran, packages that passed or failed, builds that failed.

A test with subtests is a case of its own only if it failed and none of them did. A package that failed without a failed
test is an error, and so is everything that began and has no end: a report never says less than its writer knew.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from gitcorpus.gates.results.cases import MOST_CASES, Status, TestCase, TestReport
from gitcorpus.gates.results.told import (
    ReportError,
    counted_from_one,
    duration,
    one_line,
    path_as_told,
    told_text,
)

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
_FAILED: Final = re.compile(r"FAIL\t(?P<package>\S+) \[(?P<reason>[a-z ]+ failed)\]")
"""What older versions write in plain for a package that could not be built."""


def parse_go_json(data: bytes, *, module: str = "") -> TestReport:
    """Return the cases of a run.

    Args:
        data: the events, one a line.
        module: the path of the module, so that files can be named; empty if nobody knows.

    Raises:
        ReportError: if the lines are no events, or tell no package.
    """
    run = _Run()
    for number, line in enumerate(told_text(data).split("\n"), start=1):
        if line.startswith("{"):
            run.hear(_event(line, number))
        elif line.strip():
            run.hear_plain(line)
    if not run.packages and not run.builds:
        raise ReportError("it tells of no package")
    return TestReport(tuple(_at_most(run.cases(module))))


def _event(line: str, number: int) -> Mapping[str, Any]:
    try:
        event = orjson.loads(line.encode("utf-8", "surrogateescape"))
    except orjson.JSONDecodeError as error:
        raise ReportError(f"line {number} is no JSON: {error}") from error
    if not isinstance(event, dict) or not isinstance(event.get("Action"), str):
        raise ReportError(f"line {number} is no event")
    return event


@dataclass(slots=True)
class _Output:
    """The beginning of what a test or a package wrote, and the place that it is about."""

    text: str = ""
    path: str = ""
    line: int | None = None
    is_sure: bool = False
    """Whether the tool itself says that the place is that of an error."""

    def add(self, text: str, *, is_error: bool = False) -> None:
        if _FRAME.match(text):
            return
        found = _PLACE.fullmatch(text)
        if found is not None and not self.is_sure:
            self.path, self.line, self.is_sure = found["path"], counted_from_one(found["line"]), is_error
        if len(self.text) < MOST_OUTPUT:
            self.text += text[:MOST_OUTPUT]


@dataclass(slots=True)
class _Ended:
    """One test that ended."""

    name: str
    status: Status
    seconds: float
    output: _Output

    @property
    def is_fault(self) -> bool:
        """Tell whether the test did not end well."""
        return self.status in (Status.FAILED, Status.ERROR)


@dataclass(slots=True)
class _Package:
    """One package: its tests that still run, those that ended, and how it ended itself."""

    name: str
    running: dict[str, _Output] = field(default_factory=dict)
    ended: list[_Ended] = field(default_factory=list)
    output: _Output = field(default_factory=_Output)
    status: Status | None = None
    failed_build: str = ""

    def hear(self, action: str, test: str, event: Mapping[str, Any]) -> None:
        if action == "output":
            output = self.running.get(test, self.output)
            output.add(_text(event, "Output"), is_error=event.get("OutputType") == "error")
        elif test and action in _ENDS:
            self._end(test, _ENDS[action], duration(event.get("Elapsed")))
        elif test and action == "run":
            self.running.setdefault(test, _Output())
        elif action in _ENDS:
            self.status = _ENDS[action]
            self.failed_build = _text(event, "FailedBuild")

    def settle(self) -> None:
        """End what never ended: its process did."""
        for test in list(self.running):
            self._end(test, Status.ERROR, 0.0)

    def _end(self, test: str, status: Status, seconds: float) -> None:
        if len(test) > _LONGEST_NAME or test.count("/") >= MOST_DEPTH:
            raise ReportError(f"the name of a test is too long: {one_line(test)[:80]}")
        if len(self.ended) == MOST_CASES:
            raise ReportError(f"it tells more than {MOST_CASES} cases")
        self.ended.append(_Ended(test, status, seconds, self.running.pop(test, _Output())))

    def own_tests(self) -> Iterator[_Ended]:
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


class _Run:
    """Hears the events of a run."""

    def __init__(self) -> None:
        self.packages: dict[str, _Package] = {}
        self.builds: dict[str, _Output] = {}
        self._failed_builds: list[str] = []
        self._plain = _Output()

    def hear(self, event: Mapping[str, Any]) -> None:
        action = event["Action"]
        package, build = _text(event, "Package"), _text(event, "ImportPath")
        if action == "build-output":
            self.builds.setdefault(build, _Output()).add(_text(event, "Output"))
        elif action == "build-fail":
            self.builds.setdefault(build, _Output())
            self._failed_builds.append(build)
        elif package:
            self._package(package).hear(action, _text(event, "Test"), event)

    def hear_plain(self, line: str) -> None:
        """Hear a line that is no event, as older versions write them when a build fails."""
        found = _FAILED.fullmatch(line.strip())
        if found is None:
            self._plain.add(line + "\n")
            return
        package = self._package(found["package"])
        package.status = Status.FAILED
        package.output.add(f"{found['reason']}\n")

    def cases(self, module: str) -> Iterator[TestCase]:
        """Yield the cases of all packages, and the builds that failed for none of them."""
        for package in self.packages.values():
            package.settle()
            yield from _cases(package, module)
            yield from self._fault(package)
        told = {package.failed_build for package in self.packages.values()}
        for build in dict.fromkeys(self._failed_builds):
            if build not in told:
                yield _error(build, self.builds[build], "the build failed")

    def _fault(self, package: _Package) -> Iterator[TestCase]:
        """Yield an error for a package that has no end, or failed without a failed test."""
        if package.status is None:
            yield _error(package.name, package.output, "the package has no end")
        elif package.status is Status.FAILED and not any(test.is_fault for test in package.ended):
            output = self.builds.get(package.failed_build) or package.output
            yield _error(package.name, output if output.text else self._plain, "the package failed")

    def _package(self, name: str) -> _Package:
        if name not in self.packages and len(self.packages) == MOST_CASES:
            raise ReportError(f"it tells of more than {MOST_CASES} packages")
        return self.packages.setdefault(name, _Package(name))


def _cases(package: _Package, module: str) -> Iterator[TestCase]:
    for test in package.own_tests():
        message = "" if test.status is Status.PASSED else one_line(test.output.text)
        if test.is_fault:
            message = message or ("it has no end" if test.status is Status.ERROR else "it failed")
        yield TestCase(
            suite=one_line(package.name),
            name=one_line(test.name),
            status=test.status,
            seconds=test.seconds,
            file=path_as_told(_file(package.name, test.output.path, module)),
            line=test.output.line,
            message=message,
        )


def _error(name: str, output: _Output, otherwise: str) -> TestCase:
    return TestCase(
        suite=one_line(name),
        name=one_line(name),
        status=Status.ERROR,
        file=output.path,
        line=output.line,
        message=one_line(output.text) or otherwise,
    )


def _file(package: str, path: str, module: str) -> str:
    """Return the path of a package's file within the module, if the package is in it."""
    inside = package.removeprefix(f"{module}/") if module else ""
    if not path or "/" in path or package == module or inside in ("", package):
        return path
    return f"{inside}/{path}"


def _text(event: Mapping[str, Any], name: str) -> str:
    value = event.get(name, "")
    return value if isinstance(value, str) else ""


def _at_most(cases: Iterator[TestCase]) -> Iterator[TestCase]:
    for number, case in enumerate(cases):
        if number == MOST_CASES:
            raise ReportError(f"it tells more than {MOST_CASES} cases")
        yield case
