"""The text that `cargo test` writes: one run after the other, of unit tests, of integration tests, of doc-tests.

Each run says first how many tests it has and last how they ended, and both must agree with the tests between: a test
that a run counts and does not tell is an error, so that a run that was killed never looks like a shorter one. What the
tests themselves wrote stands behind the names of those that failed, and is not taken for tests.
"""

import re
from dataclasses import dataclass, field, replace
from typing import Final

from gitcorpus.gates.results.cases import MOST_CASES, Status, TestCase, TestReport
from gitcorpus.gates.results.told import ReportError, counted_from_one, one_line, told_text

_MOST_OUTPUT: Final = 4000
_BEGIN: Final = re.compile(r"running (?P<n>[0-9]{1,9}) tests?")
_NAMED: Final = re.compile(r"\s*(?:Running (?P<target>.+) \(.*\)|(?P<docs>Doc-tests .+))")
_TEST: Final = re.compile(r"test (?P<name>\S.*?) \.\.\. ?(?P<rest>.*)")
_ENDING: Final = re.compile(r"(?P<status>ok|FAILED|ignored|bench:)(?:$|, (?P<reason>.*)|\s.*)")
_LATE: Final = re.compile(r".*?(?P<status>ok|FAILED)")
_BLOCK: Final = re.compile(r"---- (?P<name>.+) std(?:out|err) ----")
_RESULT: Final = re.compile(
    r"test result: (?P<whole>ok|FAILED)\. (?P<passed>[0-9]{1,9}) passed; (?P<failed>[0-9]{1,9}) failed;"
    r" (?P<ignored>[0-9]{1,9}) ignored; (?P<measured>[0-9]{1,9}) measured;.*"
)
_STATUSES: Final = {
    "ok": Status.PASSED,
    "bench:": Status.PASSED,
    "FAILED": Status.FAILED,
    "ignored": Status.SKIPPED,
}
_MODES: Final = (" - should panic", " - compile fail", " - compile")
_PANIC: Final = re.compile(
    r"panicked at (?:'.*', )?(?P<path>[^\s:,']{1,400}):(?P<line>[0-9]{1,9}):[0-9]{1,9}"
)
_DOC_TEST: Final = re.compile(r"(?P<path>\S{1,400}) - .*\(line (?P<line>[0-9]{1,9})\)")
_AFTER: Final = ("stack backtrace:", "note: run with `RUST_BACKTRACE", "note: Some details are omitted")


def parse_cargo(data: bytes) -> TestReport:
    """Return the cases of all runs.

    Raises:
        ReportError: if it tells of no run, as when nothing could be compiled.
    """
    output = _Text()
    for line in told_text(data).split("\n"):
        output.read(line.rstrip("\r"))
    output.end()
    if not output.n_runs:
        raise ReportError("it tells of no run of tests")
    return TestReport(tuple(output.cases))


@dataclass(slots=True)
class _Run:
    """One run, from the line that counts its tests to the line that says how they ended."""

    suite: str
    n_tests: int
    cases: list[TestCase] = field(default_factory=list)
    pending: TestCase | None = None
    """A test whose name was told before it ran; what it writes may stand between its name and its end."""
    in_failures: bool = False
    blocks: dict[str, list[str]] = field(default_factory=dict)
    block: list[str] | None = None
    n_kept: int = 0


class _Text:
    """Reads the lines of the text one after the other."""

    def __init__(self) -> None:
        self.cases: list[TestCase] = []
        self.n_runs = 0
        self._suite = ""
        self._run: _Run | None = None

    def read(self, line: str) -> None:
        run = self._run
        if found := _NAMED.fullmatch(line):
            self._suite = one_line(found["target"] or found["docs"])
        if run is not None and (found := _RESULT.fullmatch(line)):
            self._check_result(run, found)
            self.end()
        elif run is not None and run.in_failures:
            _read_failure(run, line)
        elif found := _BEGIN.fullmatch(line):
            self._begin(int(found["n"]))
        elif run is not None:
            _read_test(run, line)

    def _begin(self, n_tests: int) -> None:
        self.end()
        if n_tests + len(self.cases) > MOST_CASES:
            raise ReportError(f"it tells more than {MOST_CASES} cases")
        self.n_runs += 1
        self._run = _Run(self._suite, n_tests)

    def end(self) -> None:
        """Add the cases of the run that is open, and an error for each test that it counts and does not tell."""
        run, self._run = self._run, None
        if run is None:
            return
        n_missing = max(0, run.n_tests - len(run.cases))
        if len(run.cases) > run.n_tests:
            sentence = f"it counts {run.n_tests} tests and tells {len(run.cases)}"
            self.cases.append(_error(run, "the whole run", sentence))
        self.cases += (_explained(case, run.blocks) for case in run.cases)
        for number in range(1, n_missing + 1):
            sentence = f"the run counts {run.n_tests} tests and told {len(run.cases)}"
            if run.pending is not None and number == 1:
                self.cases.append(_error(run, run.pending.name, "it has no end"))
            else:
                self.cases.append(_error(run, f"missing test {number} of {n_missing}", sentence))

    def _check_result(self, run: _Run, found: re.Match[str]) -> None:
        """Add an error if the last line of a run counts other endings than its tests had."""
        counted = {
            Status.PASSED: int(found["passed"]) + int(found["measured"]),
            Status.FAILED: int(found["failed"]),
            Status.SKIPPED: int(found["ignored"]),
        }
        told = {status: sum(case.status is status for case in run.cases) for status in counted}
        if counted != told or (found["whole"] == "FAILED") > bool(counted[Status.FAILED]):
            self.cases.append(_error(run, "the whole run", f"its tests do not add up to: {found[0]}"))


def _read_test(run: _Run, line: str) -> None:
    """Read a line between the first and the last of a run."""
    found = _TEST.fullmatch(line)
    if run.pending is not None:
        if late := _LATE.fullmatch(line):
            _add(run, replace(run.pending, status=_STATUSES[late["status"]]))
            run.pending = None
    elif line == "failures:":
        run.in_failures = True
    elif found is not None:
        case = TestCase(suite=run.suite, name=_name(found["name"]), status=Status.ERROR)
        ending = _ENDING.fullmatch(found["rest"])
        if ending is None:
            run.pending = case
        else:
            reason = one_line(ending["reason"] or "")
            _add(run, replace(case, status=_STATUSES[ending["status"]], message=reason))


def _add(run: _Run, case: TestCase) -> None:
    if len(run.cases) == MOST_CASES:
        raise ReportError(f"it tells more than {MOST_CASES} cases")
    run.cases.append(case)


def _read_failure(run: _Run, line: str) -> None:
    """Keep what a failed test wrote."""
    if found := _BLOCK.fullmatch(line):
        run.block = run.blocks.setdefault(_name(found["name"]), [])
        run.n_kept = 0
    elif line == "failures:":
        run.block = None
    elif run.block is not None and run.n_kept < _MOST_OUTPUT:
        run.block.append(line[:_MOST_OUTPUT])
        run.n_kept += len(line) + 1


def _explained(case: TestCase, blocks: dict[str, list[str]]) -> TestCase:
    """Return a failed case with what it wrote: from where it panicked, if it did."""
    documented = _DOC_TEST.fullmatch(case.name)
    place = documented
    message = case.message
    if case.is_fault:
        text = "\n".join(blocks.get(case.name, []))
        panic = _PANIC.search(text)
        place = documented or panic
        for after in _AFTER:
            text = text.partition(after)[0]
        message = (
            one_line(text[panic.end() :].lstrip(":\n") if panic else "") or one_line(text) or "it failed"
        )
    if place is None:
        return replace(case, message=message)
    return replace(case, message=message, file=place["path"], line=counted_from_one(place["line"]))


def _error(run: _Run, name: str, sentence: str) -> TestCase:
    return TestCase(suite=run.suite, name=name, status=Status.ERROR, message=one_line(sentence))


def _name(text: str) -> str:
    """Return the name of a test without the words for what it is expected to do."""
    for mode in _MODES:
        text = text.removesuffix(mode)
    return one_line(text)
