"""The values that every report of a test run becomes: cases, and how many of them passed.

A case that was skipped counts neither for nor against a run, and a run in which nothing was tried has no passed part.
Whoever reads a report can believe it as much as the code that was tested: that code ran beside the tool that wrote it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final

from gitcorpus.gates.results.told import ReportError

MOST_CASES: Final = 100_000
"""Most cases that one run may tell."""


class Status(StrEnum):
    """How a case ended: as it should, against what it asserts, in some other way, or not tried."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCase:
    """One case as the report tells it; what it does not tell is empty, no line, or no seconds."""

    __test__: ClassVar = False  # pytest looks for classes of this name

    suite: str
    name: str
    status: Status
    seconds: float = 0.0
    file: str = ""
    """As the report writes it: absolute, relative to some folder, or nowhere at all."""
    line: int | None = None
    message: str = ""
    """What went wrong or why it was skipped, as one line."""
    code: str = ""
    """The tool's own word for what went wrong, such as the name of an exception."""

    @property
    def is_fault(self) -> bool:
        """Tell whether the case speaks against what was tested."""
        return self.status in (Status.FAILED, Status.ERROR)


@dataclass(frozen=True, slots=True)
class TestReport:
    """All cases of one run, in the order of the report."""

    __test__: ClassVar = False  # pytest looks for classes of this name

    cases: tuple[TestCase, ...] = ()

    def __post_init__(self) -> None:
        if len(self.cases) > MOST_CASES:
            raise ReportError(f"it tells more than {MOST_CASES} cases")

    @property
    def n_passed(self) -> int:
        """Count the cases that ended as they should."""
        return sum(case.status is Status.PASSED for case in self.cases)

    @property
    def n_failed(self) -> int:
        """Count the cases that failed or met an error."""
        return sum(case.is_fault for case in self.cases)

    @property
    def n_skipped(self) -> int:
        """Count the cases that were not tried."""
        return sum(case.status is Status.SKIPPED for case in self.cases)

    @property
    def pass_rate(self) -> float:
        """Tell which part of the tried cases passed, from 0 to 1; 0 if none was tried."""
        n_passed, n_failed = self.n_passed, self.n_failed
        return n_passed / (n_passed + n_failed) if n_passed + n_failed else 0.0

    @property
    def faults(self) -> tuple[TestCase, ...]:
        """Return the cases that failed or met an error."""
        return tuple(case for case in self.cases if case.is_fault)


def merged(reports: Iterable[TestReport]) -> TestReport:
    """Return all cases of several runs as one.

    Raises:
        ReportError: if they are too many.
    """
    return TestReport(tuple(case for report in reports for case in report.cases))
