"""Pairs whose tests fail before and pass after, found by running them in the sandbox.

Both sides run the tests of the second: what fails without its other changes and passes with them is mended by them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from gitcorpus.canon import digest_value
from gitcorpus.gates.base import Candidate
from gitcorpus.gates.candidates import build_candidate
from gitcorpus.gates.registry import built_in
from gitcorpus.gates.results import TestCase, TestReport
from gitcorpus.gates.results.cases import Status, merged
from gitcorpus.gates.solutions import Solution, solution_at
from gitcorpus.gates.trial import Plan, Work, plans_of, tried
from gitcorpus.git.repo import Repo
from gitcorpus.model.corpus import Role
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.place import ZERO_OID, Oid
from gitcorpus.model.push import RefUpdate
from gitcorpus.model.server import Server
from gitcorpus.model.spec import Spec
from gitcorpus.model.steps import Fix, Pair

TESTS: Final = "tests"


def try_pairs(repo: Repo, spec: Spec, server: Server, pairs: Iterable[Pair]) -> Iterator[Fix]:
    """Yield the pairs that a change mends, each with its tests.

    Raises:
        UnjudgedError: if the tests could not be run to their end.
    """
    declared = next((each for each in spec.gates if each.uses == TESTS), built_in(TESTS))
    for pair in pairs:
        update = RefUpdate(ref="refs/heads/fixes", old=ZERO_OID, new=pair.after)
        candidate = build_candidate(update, repo=repo, server=server, spec=spec, policy=None)
        fix = _fix(candidate, declared, pair)
        if fix is not None:
            yield fix


def _fix(candidate: Candidate, declared: Declaration, pair: Pair) -> Fix | None:
    if candidate.matcher is None:
        return None
    before = solution_at(candidate.repo.snapshot(pair.before), candidate.matcher, pair.root)
    after = solution_at(candidate.repo.snapshot(pair.after), candidate.matcher, pair.root)
    if before is None or after is None:
        return None
    plans = plans_of(declared, after, Work.TESTS)
    then = _passed(candidate, declared, _with_tests_of(before, after), plans)
    now = _passed(candidate, declared, after, plans)
    mended = tuple(sorted(now - then))
    if not mended:
        return None
    commit = candidate.repo.commit(pair.after)
    return Fix(
        pair=pair,
        fail_to_pass=mended,
        pass_to_pass=tuple(sorted(now & then)),
        language=_language(after),
        solved_at=commit.committer.seconds,
    )


def _with_tests_of(before: Solution, after: Solution) -> Solution:
    """Return the first side with the tests of the second."""
    files = [each for each in before.files if each[1].role is not Role.TEST]
    files += [each for each in after.files if each[1].role is Role.TEST]
    files.sort(key=lambda each: each[0].path)
    key = digest_value([before.tree, after.tree])
    return replace(before, tree=Oid(key.removeprefix("sha256:")[:40]), files=tuple(files))


def _language(solution: Solution) -> str:
    tests = Counter(located.language or "" for _, located in solution.of(Role.TEST))
    return min(tests, key=lambda name: (-tests[name], name)) if tests else ""


def _passed(
    candidate: Candidate, declared: Declaration, solution: Solution, plans: Iterable[Plan]
) -> frozenset[str]:
    trials = [tried(candidate, declared, solution, plan) for plan in plans]
    report: TestReport = merged(trial.cases for trial in trials if trial.cases is not None)
    passed = (case for case in report.cases if case.status is Status.PASSED)
    return frozenset(_name(case, solution) for case in passed)


def _name(case: TestCase, solution: Solution) -> str:
    """Return what SWE-bench's parsers of logs call a case: pytest's node id, elsewhere the name alone."""
    if _language(solution) != "python":
        return case.name
    parts = case.name.split(".")
    for end in range(len(parts), 0, -1):
        path = "/".join(parts[:end]) + ".py"
        if path in solution.names:
            return "::".join((path, *(parts[end:] or parts[-1:])))
    return case.name
