"""The events of `go test -json`: tests that ran, packages that passed or failed, builds that failed.

A test with subtests is a case of its own only if it failed and none of them did. A package that failed without a failed
test is an error, and so is everything that began and has no end: a report never says less than its writer knew.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from gitcorpus.gates.results.cases import MOST_CASES, Status, TestCase, TestReport
from gitcorpus.gates.results.go_package import Output, Package, text_of
from gitcorpus.gates.results.told import ReportError, one_line, path_as_told, told_text

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


class _Run:
    """Hears the events of a run."""

    def __init__(self) -> None:
        self.packages: dict[str, Package] = {}
        self.builds: dict[str, Output] = {}
        self._failed_builds: list[str] = []
        self._plain = Output()

    def hear(self, event: Mapping[str, Any]) -> None:
        action = event["Action"]
        package, build = text_of(event, "Package"), text_of(event, "ImportPath")
        if action == "build-output":
            self.builds.setdefault(build, Output()).add(text_of(event, "Output"))
        elif action == "build-fail":
            self.builds.setdefault(build, Output())
            self._failed_builds.append(build)
        elif package:
            self._package(package).hear(action, text_of(event, "Test"), event)

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

    def _fault(self, package: Package) -> Iterator[TestCase]:
        """Yield an error for a package that has no end, or failed without a failed test."""
        if package.status is None:
            yield _error(package.name, package.output, "the package has no end")
        elif package.status is Status.FAILED and not any(test.is_fault for test in package.ended):
            output = self.builds.get(package.failed_build) or package.output
            yield _error(package.name, output if output.text else self._plain, "the package failed")

    def _package(self, name: str) -> Package:
        if name not in self.packages and len(self.packages) == MOST_CASES:
            raise ReportError(f"it tells of more than {MOST_CASES} packages")
        return self.packages.setdefault(name, Package(name))


def _cases(package: Package, module: str) -> Iterator[TestCase]:
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


def _error(name: str, output: Output, otherwise: str) -> TestCase:
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


def _at_most(cases: Iterator[TestCase]) -> Iterator[TestCase]:
    for number, case in enumerate(cases):
        if number == MOST_CASES:
            raise ReportError(f"it tells more than {MOST_CASES} cases")
        yield case
