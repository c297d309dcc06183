"""JUnit XML: a failed test is a remark about the file that the report names, or that its suite is named after."""

from gitcorpus.gates.results.cases import TestCase
from gitcorpus.gates.results.junit import parse_junit as parse_cases
from gitcorpus.gates.results.told import ReportError
from gitcorpus.gates.tool_output.remark import OutputError, Remark, one_line


def parse_junit(data: bytes) -> tuple[Remark, ...]:
    """Return the failures and errors of a report.

    Raises:
        OutputError: if it is no such report, or counts faults that it does not tell.
    """
    try:
        report = parse_cases(data)
    except ReportError as error:
        raise OutputError(str(error)) from error
    return tuple(_remark(case) for case in report.faults)


def _remark(case: TestCase) -> Remark:
    said = f"{case.name}: {case.message}" if case.name else case.message
    return Remark(case.file or case.suite, case.line, None, case.code, one_line(said))
