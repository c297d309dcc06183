"""Runs every declared gate on every candidate and folds what they say into one result a gate.

All findings are gathered, none stops another. A gate that breaks, for whatever reason, is unjudged, and an
unjudged gate refuses the push (law 2).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import PurePath
from traceback import extract_tb
from typing import Final

from gitcorpus.errors import GitcorpusError
from gitcorpus.gates.base import UNWAIVABLE, Candidate, Gate
from gitcorpus.gates.candidates import at_commit
from gitcorpus.gates.registry import GATES
from gitcorpus.model.declaration import Declaration, Scope, Stage, Waiver
from gitcorpus.model.finding import Finding, Severity
from gitcorpus.model.language import language_of
from gitcorpus.model.tree import Commit
from gitcorpus.model.verdict import GateResult, GateState
from gitcorpus.spec.globs import matches

MOST_FINDINGS: Final = 1000


def run_gates(
    candidates: Sequence[Candidate],
    declarations: Sequence[Declaration],
    *,
    waivers: Sequence[Waiver],
    today: date,
) -> tuple[GateResult, ...]:
    """Judge every candidate by every declaration that concerns it, in the declarations' order."""
    results = []
    for declaration in declarations:
        concerned = [narrowed(each, declaration) for each in candidates if concerns(declaration, each)]
        if not concerned:
            reason = f"it judges {declaration.when.value}, and nothing of the push concerns it"
            results.append(GateResult(gate=declaration.id, state=GateState.NOT_APPLICABLE, reason=reason))
            continue
        results.append(_judge(GATES[declaration.uses], declaration, concerned, waivers=waivers, today=today))
    return tuple(results)


def concerns(declaration: Declaration, candidate: Candidate) -> bool:
    """Tell whether a declaration judges a candidate at all."""
    if declaration.refs and not any(matches(pattern, candidate.update.ref) for pattern in declaration.refs):
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


def _judge(
    gate: Gate,
    declaration: Declaration,
    candidates: Sequence[Candidate],
    *,
    waivers: Sequence[Waiver],
    today: date,
) -> GateResult:
    found: dict[tuple[object, ...], Finding] = {}
    state, reason = None, ""
    try:
        for finding in _said(gate, declaration, candidates):
            if len(found) == MOST_FINDINGS and _key(finding) not in found:
                state, reason = GateState.FAILED, f"more than {MOST_FINDINGS} findings; the rest is left out"
                break
            found.setdefault(_key(finding), settle(finding, declaration, waivers=waivers, today=today))
    except GitcorpusError as error:
        state = GateState.UNJUDGED
        reason = "; ".join(part for part in (f"{error.code}: {error.sentence}", error.hint) if part)
    except Exception as error:  # noqa: BLE001 - law 2: a gate that breaks must refuse, not end the judging of the others
        state, reason = GateState.UNJUDGED, f"the gate broke ({type(error).__name__}{_where(error)}: {error})"
    if state is None:
        blocked = any(finding.blocks for finding in found.values())
        state = GateState.FAILED if blocked else GateState.PASSED
    return GateResult(gate=declaration.id, state=state, findings=tuple(found.values()), reason=reason)


def _said(gate: Gate, declaration: Declaration, candidates: Sequence[Candidate]) -> Iterator[Finding]:
    """Yield what a gate says of each candidate; what an earlier commit has names that commit."""
    for candidate in candidates:
        yield from gate.judge(candidate, declaration)
        for commit, earlier in _earlier(candidate, declaration):
            for finding in gate.judge(earlier, declaration):
                place = finding.place if finding.place.commit else replace(finding.place, commit=commit.oid)
                yield replace(finding, place=place)


def _earlier(candidate: Candidate, declaration: Declaration) -> Iterator[tuple[Commit, Candidate]]:
    """Yield a candidate for each new commit below the tip, if the gate judges every commit."""
    if declaration.on is not Scope.EVERY_COMMIT or candidate.snapshot is None:
        return
    for commit in candidate.commits:
        if commit.oid != candidate.snapshot.commit:
            yield commit, narrowed(at_commit(candidate, commit), declaration)


def _key(finding: Finding) -> tuple[object, ...]:
    """Return what makes two findings one: several commits may hold the same fault."""
    place = finding.place
    return finding.code, place.path, place.line, place.column, finding.sentence


def _where(error: Exception) -> str:
    """Name the line of ours that broke, for whoever mends it."""
    frames = extract_tb(error.__traceback__)
    return f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""


def settle(finding: Finding, declaration: Declaration, *, waivers: Sequence[Waiver], today: date) -> Finding:
    """Apply the declaration's severity, which softens and never hardens, and the waivers in force."""
    order = list(Severity)
    severity = max(finding.severity, declaration.severity, key=order.index)
    waiver = next((each for each in waivers if waives(each, finding, declaration, today)), None)
    return replace(finding, severity=severity, waived_by=waiver.id if waiver else "")


def waives(waiver: Waiver, finding: Finding, declaration: Declaration, today: date) -> bool:
    """Tell whether a waiver lets a finding through today."""
    if waiver.gate != declaration.id or declaration.uses in UNWAIVABLE:
        return False
    if today > waiver.until or waiver.code not in ("", finding.code):
        return False
    return any(matches(pattern, finding.place.path) for pattern in waiver.paths)
