"""Pairs whose tests fail before and pass after, found by running them in the sandbox.

Both sides run the tests of the second: what fails without its other changes and passes with them is mended by them.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Final

import orjson

from gitcorpus.cache import Cache
from gitcorpus.canon import digest_value
from gitcorpus.compiler.leans import code, dumped, plain
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
TOPIC: Final = "fixes"


class Trials:
    """Runs the tests of pairs; with a cache, those of each pair once."""

    def __init__(self, repo: Repo, spec: Spec, cache: Cache | None, today: date | None) -> None:
        self._repo = repo
        self._spec = spec
        self._cache = cache
        self._today = today
        self._declared = next((each for each in spec.gates if each.uses == TESTS), built_in(TESTS))
        self._tasks = {task.id: task for task in spec.tasks}

    def fixes(self, pairs: Iterable[Pair]) -> Iterator[Fix]:
        """Yield the pairs that a change mends, each with its tests.

        Raises:
            UnjudgedError: if the tests could not be run to their end.
        """
        named = [(self._name(pair), pair) for pair in pairs]
        known = self._cache.known(name for name, _ in named) if self._cache else {}
        for name, pair in named:
            fix = _parsed(known[name], pair) if name in known else self._try(pair)
            if name not in known and self._cache is not None and self._today is not None:
                self._cache.learn(TOPIC, {name: orjson.dumps(fix and fix[1:])}, today=self._today)
            if fix is not None:
                yield fix

    def _try(self, pair: Pair) -> Fix | None:
        update = RefUpdate(ref="refs/heads/fixes", old=ZERO_OID, new=pair.after)
        candidate = build_candidate(update, repo=self._repo, server=Server(), spec=self._spec, policy=None)
        return _fix(candidate, self._declared, pair)

    def _name(self, pair: Pair) -> bytes:
        """Return a digest of what the runs lean on: the layout and the tasks say which files are tests, and of what."""
        ground = [plain(self._spec.corpus.layout), plain(self._tasks), self._declared.digest]
        said = dumped([ground, pair.before, pair.after, pair.root])
        return hashlib.sha256(code() + said).digest()


def _parsed(data: bytes, pair: Pair) -> Fix | None:
    found = orjson.loads(data)
    if found is None:
        return None
    mended, kept, language, solved_at = found
    return Fix(pair, tuple(mended), tuple(kept), language, solved_at)


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
