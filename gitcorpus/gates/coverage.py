"""The gate `coverage`: the tests reach enough of every solution, and enough of what a push adds.

It reads what the tests' own tools measure (Cobertura, LCOV, Go's profiles) in the run that the gate `tests` makes as
well. Lines that hold nothing that runs count neither way. A solution whose report names none of its sources has not
been measured, and that is no pass.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from gitcorpus.gates.base import Candidate, Example, Facts, Reads
from gitcorpus.gates.results import Coverage
from gitcorpus.gates.results.coverage import merged
from gitcorpus.gates.solutions import Solution, base_tree, has_changed, solutions_of, subjects_of
from gitcorpus.gates.trial import Trial, Work, plans_of, programs_of, quoted, tried
from gitcorpus.git.lines import added_lines
from gitcorpus.model.corpus import Role
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Oid, Place
from gitcorpus.sandbox.identity import program_identity, room_identity

MOST: Final = 10
"""Most stretches of lines of one solution that are told one by one."""
_ADD: Final = "corpus/basics/add/north"
_LCOV: Final = "SF:add.py\\nDA:1,1\\nDA:2,{hits}\\nend_of_record\\n"


def _measure(hits: int) -> dict[str, Any]:
    script = f"printf '{_LCOV.format(hits=hits)}' > coverage.lcov"
    return {
        "run": ["sh", "-c", script],
        "report": {"format": "exit-code"},
        "coverage": {"format": "lcov", "path": "coverage.lcov"},
        "solution": "0.8",
    }


class CoverageGate:
    """Measures the tests of solutions, in the sandbox."""

    name = "coverage"
    version = "1"
    reads = Reads.SOLUTION
    waits = True
    accepted = (
        Example(
            title="every line is reached", files={f"{_ADD}/add.py": "x = 1\ny = 2\n"}, parameters=_measure(3)
        ),
    )
    refused = (
        Example(
            title="half of the lines are reached",
            files={f"{_ADD}/add.py": "x = 1\ny = 2\n"},
            parameters=_measure(0),
            codes=("coverage-too-low",),
        ),
    )

    def has_work(self, candidate: Candidate, declaration: Declaration, changed: Sequence[str]) -> bool:
        """Tell whether the push changes a solution that it judges."""
        return has_changed(candidate, declaration, changed)

    def subjects(self, candidate: Candidate, declaration: Declaration) -> Mapping[str, tuple[Oid, Facts]]:
        """Return the solutions, with the tools that try them, and what they were before."""
        tools = [program_identity(name, candidate.server.sandbox) for name in programs_of(declaration)]
        found = subjects_of(candidate, declaration, room_identity(candidate.server.sandbox), *tools)
        return {root: (tree, (*facts, base_tree(candidate, root))) for root, (tree, facts) in found.items()}

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Measure every solution that is asked for."""
        for solution in solutions_of(candidate, declaration):
            plans = [
                plan for plan in plans_of(declaration, solution, Work.MEASURED) if plan.coverage is not None
            ]
            trials = [tried(candidate, declaration, solution, plan) for plan in plans]
            yield from _judge(candidate, declaration, solution, trials)


def _judge(
    candidate: Candidate, declaration: Declaration, solution: Solution, trials: list[Trial]
) -> Iterator[Finding]:
    place = Place(path=solution.root)
    unread = [trial for trial in trials if trial.coverage is None]
    measured = merged(trial.coverage for trial in trials if trial.coverage is not None)
    sources = {located.inner: entry for entry, located in solution.of(Role.SOURCE)}
    wanted = Coverage(files=tuple(each for each in measured.files if each.path in sources))
    if unread or not wanted.n_lines:
        spoken = ", ".join(sorted(solution.languages)) or "no language"
        fault = unread[0].fault if unread else f"no tool measured a source of it ({spoken})"
        hint = "say what to `run` and where its `coverage` is, or narrow the gate by `languages`"
        quote = quoted(unread[0].run) if unread else None
        yield Finding(code="not-measured", place=place, sentence=fault, hint=hint, quote=quote)
        return
    floor = _floor(declaration, "solution")
    if floor is not None and Fraction(wanted.n_executed, wanted.n_lines) < floor:
        sentence = f"tests reach {_share(wanted)}; at least {float(floor):.0%} are wanted"
        yield Finding(
            code="coverage-too-low", place=place, sentence=sentence, hint="test what they do not reach"
        )
    floor = _floor(declaration, "added")
    if floor is not None:
        lines = {
            inner: added_lines(candidate.repo, candidate.base, entry) for inner, entry in sources.items()
        }
        yield from _added(wanted.of(lines), floor, solution)


def _added(added: Coverage, floor: Fraction, solution: Solution) -> Iterator[Finding]:
    """Find what is added and not reached, stretch by stretch."""
    if not added.n_lines or Fraction(added.n_executed, added.n_lines) >= floor:
        return
    sentence = f"tests reach {_share(added)} that are added; at least {float(floor):.0%} are wanted"
    place = Place(path=solution.root)
    yield Finding(code="added-lines-untested", place=place, sentence=sentence, hint="test what you add")
    stretches = [(each.path, first, last) for each in added.files for first, last in _stretches(each.missed)]
    for path, first, last in stretches[:MOST]:
        said = (
            "no test reaches this line" if first == last else f"no test reaches the lines {first} to {last}"
        )
        yield Finding(
            code="added-lines-untested",
            place=Place(path=f"{solution.root}/{path}", line=first),
            sentence=said,
        )


def _stretches(lines: frozenset[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of lines that follow each other."""
    first = last = 0
    for line in sorted(lines):
        if line != last + 1:
            if last:
                yield first, last
            first = line
        last = line
    if last:
        yield first, last


def _share(coverage: Coverage) -> str:
    return f"{coverage.n_executed} of {coverage.n_lines} lines"


def _floor(declaration: Declaration, name: str) -> Fraction | None:
    value = declaration.parameters.get(name)
    return None if value is None else Fraction(str(value))
