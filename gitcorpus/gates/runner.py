"""Runs every declared gate on every candidate and folds what they say into one result a gate.

All findings are gathered, none stops another. A gate that breaks or runs out of time, for whatever reason, is
unjudged, and an unjudged gate refuses the push (law 2). Gates that wait for other processes wait at the same time, in
threads; the others run meanwhile, cheapest first. What was said before of the same content is not asked again.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from itertools import chain
from os import cpu_count
from pathlib import PurePath
from time import monotonic
from traceback import extract_tb
from typing import Final, NamedTuple, Self, cast

from gitcorpus.errors import GitcorpusError
from gitcorpus.gates.alarm import OutOfTime, within
from gitcorpus.gates.base import BlobGate, Candidate, Gate, Memo, Reads, RunningGate, SolutionGate
from gitcorpus.gates.candidates import at_commit, reopened, tree_of
from gitcorpus.gates.known import Findings, Known, Subject
from gitcorpus.gates.registry import GATES
from gitcorpus.gates.settle import settle
from gitcorpus.model.declaration import Declaration, Scope, Stage, Waiver
from gitcorpus.model.finding import Finding
from gitcorpus.model.language import language_of
from gitcorpus.model.secret import Vault
from gitcorpus.model.tree import Commit
from gitcorpus.model.verdict import GateResult, GateState
from gitcorpus.spec.document import Parse, parse_document
from gitcorpus.spec.globs import matches

MOST_FINDINGS: Final = 1000
_AT_ONCE: Final = 4
"""Gates that wait for other processes at the same time."""
_GRACE: Final = 5.0
"""Seconds beyond a gate's budget, in which it can say itself what took so long."""


def _unheard(_gate: str, _done: int, _total: int) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What judging may use: answers that are known, time, and a voice."""

    known: Known | None = None
    seconds: float | None = None
    """Most time that all gates together may take."""
    vault: Vault = field(default_factory=Vault)
    """Takes the secrets that are found."""
    parse: Parse = parse_document
    """Parses spec files."""
    tell: Callable[[str, int, int], None] = _unheard
    """Hears which gate is next, how many are done and how many there are."""


@dataclass(frozen=True, slots=True)
class _Case:
    """One gate with all that it judges."""

    declaration: Declaration
    candidates: tuple[Candidate, ...]
    known: Known
    nothing: str = ""
    """Why there is no candidate."""
    is_idle: bool = False
    """Whether it runs programs, and has nothing to run them on."""

    @property
    def gate(self) -> Gate:
        return GATES[self.declaration.uses]

    @property
    def waits(self) -> bool:
        return runs_programs(self.declaration) and bool(self.candidates) and not self.is_idle

    @property
    def is_put_off(self) -> bool:
        """Whether it is not begun if it may take longer than the push has; what only reads may be quicker."""
        return self.waits or (not self.is_idle and any(each.server.slow_lane for each in self.candidates))


def run_gates(
    candidates: Sequence[Candidate],
    declarations: Sequence[Declaration],
    *,
    waivers: Sequence[Waiver],
    today: date,
    means: Means | None = None,
) -> tuple[GateResult, ...]:
    """Judge every candidate by every declaration that concerns it, and return results in the declarations' order."""
    means = means or Means()
    known = means.known or Known(None, today=today)
    memo = Memo(known)
    candidates = [replace(each, memo=memo, vault=means.vault, today=today) for each in candidates]
    clock = _Clock(means.seconds, monotonic())
    cases = [_case(each, candidates, known) for each in declarations]
    judge = partial(_judge, waivers=waivers, today=today)
    results: dict[int, GateResult] = {}
    with _Threads() as threads:
        for number, case in enumerate(cases):
            if case.waits:
                threads.start(number, partial(_apart, judge, case, clock))
        for number, case in enumerate(cases):
            means.tell(case.declaration.id, len(results), len(cases))
            if not case.waits:
                results[number] = judge(case, clock)
        results |= threads.results()
    return tuple(results[number] for number in range(len(cases)))


def unproven(candidate: Candidate, declaration: Declaration) -> Candidate:
    """Return a tag with what a gate has yet to judge of it: all, unless verdicts prove the gate's answers."""
    proof = candidate.proof
    if proof is None or declaration.id in proof.gates or candidate.snapshot is None:
        return candidate
    return replace(candidate, files=tree_of(candidate))


def _case(declaration: Declaration, candidates: Sequence[Candidate], known: Known) -> _Case:
    """Return what a declaration judges; one that runs programs does not judge what has nothing of its kind."""
    concerned = [unproven(one, declaration) for one in candidates if concerns(declaration, one)]
    working = [one for one in concerned if _has_work(declaration, one)]
    is_idle = bool(concerned) and not working
    if is_idle and GATES[declaration.uses].reads is Reads.BLOB:  # files without a formatter pass, one by one
        working = concerned
    nothing = (
        "it runs programs, and the push changes nothing that it judges"
        if concerned
        else f"it judges {declaration.when.value}, and nothing of the push concerns it"
    )
    judged = tuple(narrowed(one, declaration) for one in working)
    return _Case(declaration, judged, known, nothing, is_idle)


def runs_programs(declaration: Declaration) -> bool:
    """Tell whether a gate starts programs, and waits for them."""
    return bool(getattr(GATES[declaration.uses], "waits", False))


def _has_work(declaration: Declaration, candidate: Candidate) -> bool:
    """Tell whether a gate that runs programs has anything to run them on; one that cannot tell has."""
    if not runs_programs(declaration):
        return True
    gate = cast("RunningGate", GATES[declaration.uses])
    every = declaration.on is Scope.EVERY_COMMIT
    earlier = (at_commit(candidate, each) for each in candidate.commits if every)
    try:
        return any(
            gate.has_work(narrowed(each, declaration), declaration, _changed(each))
            for each in chain([candidate], earlier)
        )
    except Exception:  # noqa: BLE001 - law 2: what breaks here breaks again where it is judged, and refuses there
        return True


def _changed(candidate: Candidate) -> tuple[str, ...]:
    return (*(entry.path for entry in candidate.files), *candidate.deleted)


class _Clock(NamedTuple):
    """How much time a push has, and since when."""

    seconds: float | None
    started: float

    @property
    def ends(self) -> float | None:
        return None if self.seconds is None else self.started + self.seconds

    @property
    def left(self) -> float | None:
        return None if self.ends is None else self.ends - monotonic()

    @property
    def is_over(self) -> bool:
        return self.left is not None and self.left <= 0


class _Threads:
    """Threads for the gates that wait for other processes; none is made if no gate does."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._futures: dict[int, Future[GateResult]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown()

    def start(self, number: int, judge: Callable[[], GateResult]) -> None:
        self._pool = self._pool or ThreadPoolExecutor(_AT_ONCE)
        self._futures[number] = self._pool.submit(judge)

    def results(self) -> dict[int, GateResult]:
        return {number: future.result() for number, future in self._futures.items()}


def _apart(judge: Callable[[_Case, _Clock], GateResult], case: _Case, clock: _Clock) -> GateResult:
    """Judge in another thread, with a repository that belongs to it."""
    own = case.declaration.budget_seconds
    ends = min((each for each in (clock.ends, own and monotonic() + own) if each is not None), default=None)
    candidates = tuple(replace(reopened(each), ends=ends) for each in case.candidates)
    return judge(_Case(case.declaration, candidates, case.known), clock)


def concerns(declaration: Declaration, candidate: Candidate) -> bool:
    """Tell whether a declaration judges a candidate at all."""
    if declaration.refs and not any(
        matches(pattern, ref) for pattern in declaration.refs for ref in candidate.refs
    ):
        return False
    if declaration.when is Stage.RELEASE:
        return candidate.stage is Stage.RELEASE
    return declaration.when is Stage.PUSH or candidate.stage is Stage.MERGE


def narrowed(candidate: Candidate, declaration: Declaration) -> Candidate:
    """Leave of a candidate's files those that the declaration names by path and language."""
    if not declaration.paths and not declaration.languages:
        return candidate
    added = candidate.spec.corpus.layout.languages if candidate.spec else {}

    def named(path: str) -> bool:
        by_path = not declaration.paths or any(matches(pattern, path) for pattern in declaration.paths)
        return by_path and (not declaration.languages or language_of(path, added) in declaration.languages)

    files = tuple(entry for entry in candidate.files if named(entry.path))
    return replace(candidate, files=files, deleted=tuple(path for path in candidate.deleted if named(path)))


def _judge(case: _Case, clock: _Clock, *, waivers: Sequence[Waiver], today: date) -> GateResult:
    declaration, own = case.declaration, case.declaration.budget_seconds
    if not case.candidates:
        return GateResult(gate=declaration.id, state=GateState.NOT_APPLICABLE, reason=case.nothing)
    if own is not None and clock.seconds is not None and own > clock.seconds and case.is_put_off:
        reason = f"it may take {own} s, and a push has {clock.seconds:g} s"
        return GateResult(gate=declaration.id, state=GateState.LATE, reason=reason)
    found: dict[tuple[object, ...], Finding] = {}
    state, reason = GateState.PASSED, ""
    try:
        with within(
            min((each for each in (clock.left, own and own + _GRACE) if each is not None), default=None)
        ):
            for finding in _said(case):
                if len(found) == MOST_FINDINGS and _key(finding) not in found:
                    state, reason = (
                        GateState.FAILED,
                        f"more than {MOST_FINDINGS} findings; the rest is left out",
                    )
                    break
                found.setdefault(_key(finding), settle(finding, declaration, waivers=waivers, today=today))
    except (Exception, OutOfTime) as error:  # noqa: BLE001 - law 2: a gate that breaks must refuse, not end the others
        state, reason = _unanswered(error, clock, own)
    if state is GateState.PASSED and any(finding.blocks for finding in found.values()):
        state = GateState.FAILED
    return GateResult(gate=declaration.id, state=state, findings=tuple(found.values()), reason=reason)


def _unanswered(error: BaseException, clock: _Clock, own: int | None) -> tuple[GateState, str]:
    """Say why a gate gave no answer: no time, something that somebody can mend, or a fault of ours."""
    if clock.is_over:
        return GateState.LATE, f"the {clock.seconds:g} s that a push has were over before it had an answer"
    if isinstance(error, OutOfTime):
        return GateState.UNJUDGED, f"out-of-time: it took all of the {own} s that its `budget` gives it"
    if isinstance(error, GitcorpusError):
        said = (f"{error.code}: {error.sentence}", error.hint)
        return GateState.UNJUDGED, "; ".join(part for part in said if part)
    return GateState.UNJUDGED, f"the gate broke ({type(error).__name__}{_where(error)}: {error})"


def _said(case: _Case) -> Iterator[Finding]:
    """Yield what a gate says of each candidate; what an earlier commit has names that commit."""
    for candidate in case.candidates:
        yield from _of_candidate(case, candidate)
        for commit, findings in _of_earlier(case, candidate):
            for finding in findings:
                place = finding.place if finding.place.commit else replace(finding.place, commit=commit.oid)
                yield replace(finding, place=place)


def _of_candidate(case: _Case, candidate: Candidate) -> Iterator[Finding]:
    """Yield what a gate says of one candidate; of files that it judges one by one, only unknown ones are judged."""
    gate, declaration = case.gate, case.declaration
    if gate.reads is Reads.SOLUTION:
        yield from _of_solutions(case, candidate)
        return
    if gate.reads is not Reads.BLOB:
        yield from gate.judge(candidate, declaration)
        return
    judges = cast("BlobGate", gate)
    named = ((entry, judges.facts(candidate, declaration, entry)) for entry in candidate.files)
    subjects = {entry: Subject(entry.oid, facts) for entry, facts in named if facts is not None}
    answers = case.known.answers(gate, declaration, subjects.values())
    for subject in subjects.values():
        yield from answers.of(subject) or ()
    unknown = {entry: subject for entry, subject in subjects.items() if answers.of(subject) is None}
    said: dict[str, list[Finding]] = {}
    if unknown:
        for finding in gate.judge(replace(candidate, files=tuple(unknown)), declaration):
            said.setdefault(finding.place.path, []).append(finding)
            yield finding
    for entry, subject in unknown.items():
        answers.add(subject, said.get(entry.path, ()))
    answers.keep()


def _of_solutions(case: _Case, candidate: Candidate) -> Iterator[Finding]:
    """Yield what a gate says of solutions, several at a time; what one of them has been told is kept at once.

    Raises:
        GitcorpusError: what the first solution raises that gets no answer, when all others have theirs.
    """
    gate, declaration = case.gate, case.declaration
    found = cast("SolutionGate", gate).subjects(candidate, declaration)
    subjects = {root: Subject(oid, facts) for root, (oid, facts) in found.items()}
    answers = case.known.answers(gate, declaration, subjects.values())
    known = {root: answers.of(subject) for root, subject in subjects.items()}
    for said in known.values():
        yield from said or ()

    def judged(root: str) -> Findings:
        said = tuple(gate.judge(replace(reopened(candidate), only=(root,)), declaration))
        return answers.add(subjects[root], said)

    failed: list[BaseException] = []
    with ThreadPoolExecutor(max(1, min(cpu_count() or 1, _AT_ONCE))) as pool:
        for future in [pool.submit(judged, root) for root, said in known.items() if said is None]:
            error = future.exception()
            if error is None:
                yield from future.result()
            else:
                failed.append(error)
    answers.keep()
    if failed:
        raise failed[0]


def _of_earlier(case: _Case, candidate: Candidate) -> Iterator[tuple[Commit, Sequence[Finding]]]:
    """Yield what a gate says of each new commit below the tip, if it judges every commit."""
    gate, declaration = case.gate, case.declaration
    if declaration.on is not Scope.EVERY_COMMIT or candidate.snapshot is None:
        return
    earlier = [commit for commit in candidate.commits if commit.oid != candidate.snapshot.commit]
    specs = candidate.spec.digest if candidate.spec else None
    subjects = [Subject(commit.oid, (specs,)) for commit in earlier]
    answers = case.known.answers(gate, declaration, subjects if gate.reads is not Reads.PUSH else ())
    for commit, subject in zip(earlier, subjects, strict=True):
        known = answers.of(subject)
        if known is None:
            said = _of_candidate(case, narrowed(at_commit(candidate, commit), declaration))
            known = answers.add(subject, said)
        yield commit, known
    answers.keep()


def _key(finding: Finding) -> tuple[object, ...]:
    """Return what makes two findings one: several commits may hold the same fault."""
    place = finding.place
    return finding.code, place.path, place.line, place.column, finding.sentence, finding.content


def _where(error: BaseException) -> str:
    """Name the line of ours that broke, for whoever mends it."""
    frames = extract_tb(error.__traceback__)
    return f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
