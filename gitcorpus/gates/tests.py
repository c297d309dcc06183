"""The gate `tests`: the tests of every solution pass, and there are enough of them.

A push runs the tests of the solutions that it touches; where it lands for good, all solutions are asked for, and those
whose files and tools are as they were are known. Without a command of its own the gate uses the language's tools, see
`preset`. A run in which no test was collected has failed. What does not come to an end is no answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from gitcorpus.gates.base import Candidate, Example, Facts, Reads
from gitcorpus.gates.results import Folder, TestCase, TestReport
from gitcorpus.gates.results.cases import merged
from gitcorpus.gates.solutions import Solution, base_tree, has_changed, solutions_of, subjects_of
from gitcorpus.gates.trial import Plan, Trial, Work, plans_of, programs_of, quoted, tried
from gitcorpus.gates.trial.written import judge_written
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.finding import Finding, Quote, Severity
from gitcorpus.model.place import Oid, Place
from gitcorpus.sandbox.identity import program_identity, room_identity

MOST: Final = 20
"""Most failed tests of one solution that are told one by one."""
_FIRST, _SECOND = 1, 2
"""Seeds."""
_CHECK: Final = {
    "run": ["sh", "-c", "echo 1..1; grep -q 'x = 1' add.py && echo ok 1 sums || echo not ok 1 sums"],
    "report": {"format": "tap"},
}
_ADD: Final = "corpus/basics/add/north"


class TestsGate:
    """Runs the tests of solutions, in the sandbox."""

    name = "tests"
    version = "1"
    reads = Reads.SOLUTION
    waits = True
    accepted = (
        Example(
            title="a test that passes",
            files={f"{_ADD}/add.py": "x = 1\n"},
            parameters=_CHECK,
        ),
    )
    refused = (
        Example(
            title="a test that fails",
            files={f"{_ADD}/add.py": "x = 2\n"},
            parameters=_CHECK,
            codes=("test-failed",),
        ),
        Example(
            title="no test at all",
            files={f"{_ADD}/add.py": "x = 1\n"},
            parameters={"run": ["echo", "1..0"], "report": {"format": "tap"}},
            codes=("no-tests",),
        ),
    )

    def has_work(self, candidate: Candidate, declaration: Declaration, changed: Sequence[str]) -> bool:
        """Tell whether the push changes a solution that it judges."""
        return has_changed(candidate, declaration, changed)

    def subjects(self, candidate: Candidate, declaration: Declaration) -> Mapping[str, tuple[Oid, Facts]]:
        """Return the solutions, with the tools that try them, and what they were before if that counts."""
        tools = [program_identity(name, candidate.server.sandbox) for name in programs_of(declaration)]
        room = room_identity(candidate.server.sandbox)
        found = subjects_of(candidate, declaration, room, *tools, _work(candidate).value)
        if not _flag(declaration, "not_fewer"):
            return found
        return {root: (tree, (*facts, base_tree(candidate, root))) for root, (tree, facts) in found.items()}

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Try every solution that is asked for."""
        for solution in solutions_of(candidate, declaration):
            yield from _judge(candidate, declaration, solution)


def _work(candidate: Candidate) -> Work:
    """Tell whether lines are counted as tests run: then the gate `coverage` need not run them again."""
    gates = candidate.spec.gates if candidate.spec else ()
    return Work.MEASURED if any(each.uses == "coverage" for each in gates) else Work.TESTS


def _judge(candidate: Candidate, declaration: Declaration, solution: Solution) -> Iterator[Finding]:
    plans = plans_of(declaration, solution, _work(candidate))
    if not plans:
        yield _no_plan(solution)
        return
    trials = [tried(candidate, declaration, solution, plan, seed=_FIRST) for plan in plans]
    for trial in trials:
        yield from _crash(trial, solution)
    report = merged(trial.cases for trial in trials if trial.cases is not None)
    if all(plan.report is not None and plan.report.form != "exit-code" for plan in plans):
        yield from _numbers(report, declaration, solution, trials)
    yield from _faults(report, declaration, solution, trials[0].folder)
    if _flag(declaration, "again"):
        again = [tried(candidate, declaration, solution, plan, seed=_SECOND) for plan in plans]
        yield from _flaky(report, merged(each.cases for each in again if each.cases is not None), solution)
    wanted = {name: _flag(declaration, name) for name in ("assertions", "not_fewer")}
    yield from judge_written(candidate, solution, **wanted)


def _no_plan(solution: Solution) -> Finding:
    spoken = ", ".join(sorted(solution.languages)) or "no language"
    hint = "say what to `run`, or narrow the gate by `languages`; rust needs a Cargo.toml, c and cpp a CMakeLists.txt"
    sentence = f"nothing is known that tests a solution in {spoken} with these files"
    return Finding(code="no-test-command", place=Place(path=solution.root), sentence=sentence, hint=hint)


def _crash(trial: Trial, solution: Solution) -> Iterator[Finding]:
    """Find a run that failed as a whole: no report, or a code that no failed test explains."""
    plan, code = trial.plan, trial.run.code
    place, hint = Place(path=solution.root), f"run it yourself: {_shown(plan)}"
    if code in plan.none_collected:
        return
    if plan.report is not None and plan.report.form == "exit-code":
        if code != 0:
            sentence = f"`{plan.name}` ended with {code}"
            yield Finding(
                code="test-failed", place=place, sentence=sentence, hint=hint, quote=quoted(trial.run)
            )
    elif trial.cases is None:
        sentence = f"`{plan.name}` ended with {code}, and its report cannot be read: {trial.fault}"
        yield Finding(
            code="tests-crashed", place=place, sentence=sentence, hint=hint, quote=quoted(trial.run)
        )
    elif code != 0 and not trial.cases.faults:
        sentence = f"`{plan.name}` ended with {code}, and none of its {len(trial.cases.cases)} tests failed"
        yield Finding(
            code="tests-crashed", place=place, sentence=sentence, hint=hint, quote=quoted(trial.run)
        )


def _numbers(
    report: TestReport, declaration: Declaration, solution: Solution, trials: list[Trial]
) -> Iterator[Finding]:
    place, least = Place(path=solution.root), _whole(declaration, "min_tests", 1)
    n_tried = report.n_passed + report.n_failed
    names = ", ".join(f"`{trial.plan.name}`" for trial in trials)
    if not report.cases:
        if any(trial.cases is not None or trial.run.code in trial.plan.none_collected for trial in trials):
            yield Finding(
                code="no-tests", place=place, sentence=f"{names} collected no test", hint="write tests"
            )
    elif n_tried < least:
        sentence = f"{n_tried} tests were tried; at least {least} are wanted"
        yield Finding(code="too-few-tests", place=place, sentence=sentence, hint="write more tests")
    most = _part(declaration, "max_skipped", "1")
    if report.cases and Fraction(report.n_skipped, len(report.cases)) > most:
        sentence = (
            f"{report.n_skipped} of {len(report.cases)} tests were skipped; at most {float(most):.0%} may be"
        )
        hint = "mend them, or take them out"
        yield Finding(code="too-many-skipped", place=place, sentence=sentence, hint=hint)


def _faults(
    report: TestReport, declaration: Declaration, solution: Solution, folder: str
) -> Iterator[Finding]:
    """Find the tests that failed; they only warn if enough others passed."""
    n_tried = report.n_passed + report.n_failed
    wanted = _part(declaration, "pass_rate", "1")
    enough = n_tried and Fraction(report.n_passed, n_tried) >= wanted
    severity = Severity.WARN if enough else Severity.BLOCK
    for case in report.faults[:MOST]:
        name = f"{case.suite}: {case.name}" if case.suite else case.name
        quote = Quote(case.message, 1, max(1, len(case.message))) if case.message else None
        place = _place(case, solution, folder)
        yield Finding(
            code="test-failed",
            place=place,
            sentence=f"the test {name} failed",
            severity=severity,
            quote=quote,
        )
    if report.n_failed > MOST:
        sentence = f"{report.n_failed - MOST} more tests failed"
        yield Finding(
            code="test-failed", place=Place(path=solution.root), sentence=sentence, severity=severity
        )


def _flaky(first: TestReport, second: TestReport, solution: Solution) -> Iterator[Finding]:
    """Find the tests that end in another way when the seed is another."""
    before = {(case.suite, case.name): case for case in first.cases}
    after = {(case.suite, case.name): case for case in second.cases}
    hint = "look for what it shares with other tests, for time, and for the order of sets"
    for key in sorted(before.keys() | after.keys()):
        was, now = (each.get(key) for each in (before, after))
        if was is None or now is None or was.status is not now.status:
            ways = " and then ".join(each.status.value if each else "missing" for each in (was, now))
            sentence = f"the test {': '.join(part for part in key if part)} is {ways}, with nothing changed"
            yield Finding(code="test-flaky", place=Place(path=solution.root), sentence=sentence, hint=hint)


def _place(case: TestCase, solution: Solution, folder: str) -> Place:
    """Return where a test stands, as far as its report tells a file that the solution has."""
    inner = Folder(root=folder, paths=solution.names).path_of(case.file) if case.file else None
    if inner in solution.names:
        return Place(path=f"{solution.root}/{inner}", line=case.line)
    return Place(path=solution.root)


def _shown(plan: Plan) -> str:
    return "see the gate's `run:`" if plan.command[0] == plan.name else f"the preset `{plan.name}`"


def _flag(declaration: Declaration, name: str) -> bool:
    return declaration.parameters.get(name, name in ("assertions", "not_fewer")) is True


def _whole(declaration: Declaration, name: str, default: int) -> int:
    value: Any = declaration.parameters.get(name, default)
    return int(value)


def _part(declaration: Declaration, name: str, default: str) -> Fraction:
    return Fraction(str(declaration.parameters.get(name, default)))
