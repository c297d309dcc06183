"""Tests as they are written, before anything runs: each asserts something, and none has gone."""

from collections.abc import Iterator
from typing import Final

from gitcorpus.gates.base import Candidate
from gitcorpus.gates.results.functions import LANGUAGES, FunctionsApart, TestFunction
from gitcorpus.gates.solutions import Solution, solution_at
from gitcorpus.model.corpus import Role
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Place
from gitcorpus.model.tree import TreeEntry

SECONDS: Final = 30.0
"""Most time of the processor that one solution's tests may take to read."""
_WITHIN: Final = frozenset({"rust"})
"""Languages whose tests stand in sources."""


def judge_written(
    candidate: Candidate, solution: Solution, *, assertions: bool, not_fewer: bool
) -> Iterator[Finding]:
    """Yield tests that assert nothing, and say whether there are fewer than before the push."""
    if not (assertions or not_fewer):
        return
    with FunctionsApart(seconds=SECONDS) as apart:
        functions = list(_functions(candidate, solution, apart))
        before = _before(candidate, solution) if not_fewer else None
        n_before = sum(1 for _ in _functions(candidate, before, apart)) if before else 0
    for entry, function in functions if assertions else ():
        if not function.asserts:
            sentence = f"the test `{function.name[:100]}` asserts nothing"
            hint = "compare what the code does with what it should do"
            place = Place(path=entry.path, line=function.line)
            yield Finding(code="test-without-assertion", place=place, sentence=sentence, hint=hint)
    if len(functions) < n_before:
        sentence = f"{len(functions)} test functions are left of {n_before}"
        hint = "put them back; if their going is meant, a lead waives it"
        yield Finding(code="fewer-tests", place=Place(path=solution.root), sentence=sentence, hint=hint)


def _before(candidate: Candidate, solution: Solution) -> Solution | None:
    """Return the solution as it was before the push; none if it was not there or is as it was."""
    if candidate.base is None or candidate.matcher is None:
        return None
    before = solution_at(candidate.repo.snapshot(candidate.base), candidate.matcher, solution.root)
    return before if before and before.tree != solution.tree else None


def _functions(
    candidate: Candidate, solution: Solution, apart: FunctionsApart
) -> Iterator[tuple[TreeEntry, TestFunction]]:
    for entry, located in solution.of(Role.TEST, Role.SOURCE):
        language = located.language
        if language in LANGUAGES and (located.role is Role.TEST or language in _WITHIN):
            for function in apart.functions(candidate.data(entry), language):
                yield entry, function
