"""How findings become one result a gate: told once, settled, waived, and never lost with a gate that breaks."""

from dataclasses import replace
from datetime import timedelta

import pytest
from gates.pushes import candidate_of, result_of
from smallest import ADD, NOW, smallest

from gitcorpus.errors import UnjudgedError
from gitcorpus.gates.base import Reads
from gitcorpus.gates.registry import GATES, built_in, with_always
from gitcorpus.gates.runner import MOST_FINDINGS
from gitcorpus.model.declaration import Scope, Stage, Waiver
from gitcorpus.model.finding import Finding, Severity
from gitcorpus.model.place import ZERO_OID, Place
from gitcorpus.model.verdict import GateState

EVERYWHERE = Waiver(
    id="w",
    gate="",
    code="",
    paths=("**", "refs/**"),
    contents=(),
    reason="r",
    by="lead",
    until=NOW.date() + timedelta(days=1),
    place=Place(path="specs/waivers.yaml"),
)


@pytest.fixture
def work(forge):
    work = smallest(forge)
    work.git("checkout", "--quiet", "--detach")
    return work


class Saying:
    """A gate that says what it was given, and may break then."""

    name, version, reads = "saying", "1", Reads.PUSH

    def __init__(self, findings, error=None):
        self.findings, self.error = findings, error

    def judge(self, *_):
        yield from self.findings
        if self.error:
            raise self.error


def said(number, **more):
    return Finding(code="some-code", place=Place(path="a.py", line=number), sentence="it is so", **more)


def result_with(monkeypatch, work, gate, **changes):
    monkeypatch.setattr("gitcorpus.gates.runner.GATES", {**GATES, "syntax": gate})
    return result_of(candidate_of(work, work.head), replace(built_in("syntax"), **changes))


def test_what_several_commits_hold_is_told_once_and_names_none(work):
    work.commit({f"{ADD}/a.py": "x = (\n"})
    tip = work.commit({f"{ADD}/b.py": ""})
    every = replace(built_in("syntax"), on=Scope.EVERY_COMMIT)
    (finding,) = result_of(candidate_of(work, tip), every).findings
    assert finding.place.commit is None


def test_what_only_an_earlier_commit_holds_names_that_commit(work):
    earlier = work.commit({f"{ADD}/a.py": "x = (\n"})
    tip = work.commit({f"{ADD}/a.py": "x = ()\n"})
    every = replace(built_in("syntax"), on=Scope.EVERY_COMMIT)
    (finding,) = result_of(candidate_of(work, tip), every).findings
    assert finding.place.commit == earlier


def test_a_commit_is_judged_once_by_a_gate_that_judges_every_commit(work):
    work.commit({f"{ADD}/a.py": ""}, sign_off=False)
    tip = work.commit({f"{ADD}/b.py": ""}, sign_off=False)
    every = replace(built_in("rights"), on=Scope.EVERY_COMMIT)
    assert len(result_of(candidate_of(work, tip), every).findings) == 2


def test_more_findings_than_anybody_reads_refuse_and_say_so(monkeypatch, work):
    few = [said(n, severity=Severity.WARN) for n in range(MOST_FINDINGS)]
    assert result_with(monkeypatch, work, Saying([*few, *few])).state is GateState.PASSED
    result = result_with(monkeypatch, work, Saying([*few, said(5000, severity=Severity.WARN)]))
    assert (result.state, len(result.findings)) == (GateState.FAILED, MOST_FINDINGS)
    assert result.reason == "more than 1000 findings; the rest is left out"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ZeroDivisionError("x"), "the gate broke (ZeroDivisionError at test_runner.py:"),
        (RecursionError("x"), "the gate broke (RecursionError at test_runner.py:"),
        (UnjudgedError("tool-missing", "no tool", hint="install it"), "tool-missing: no tool; install it"),
    ],
)
def test_a_gate_that_breaks_is_unjudged_with_what_it_had_found(monkeypatch, work, error, reason):
    result = result_with(monkeypatch, work, Saying([said(1)], error))
    assert result.state is GateState.UNJUDGED
    assert result.findings == (said(1),)
    assert result.reason.startswith(reason)


def test_a_softer_severity_does_not_answer_for_a_gate_that_breaks(monkeypatch, work):
    result = result_with(monkeypatch, work, Saying([], ValueError("x")), severity=Severity.RECORD)
    assert result.state is GateState.UNJUDGED


def test_no_waiver_gives_up_the_specs_or_the_branch_that_judge(work):
    deletion = candidate_of(work, ZERO_OID, old=work.head)
    assert result_of(deletion, built_in("refs"), replace(EVERYWHERE, gate="refs")).state is GateState.FAILED
    broken = candidate_of(work, work.commit({"specs/corpus.yaml": "kind: [\n"}))
    assert result_of(broken, built_in("spec"), replace(EVERYWHERE, gate="spec")).state is GateState.FAILED
    odd = candidate_of(work, work.commit({"nul.md": "x\n"}))
    assert result_of(odd, built_in("paths"), replace(EVERYWHERE, gate="paths")).state is GateState.PASSED


def test_a_waiver_of_a_commit(work):
    tip = work.commit({f"{ADD}/a.py": ""}, sign_off=False)
    waiver = replace(EVERYWHERE, gate="rights", paths=(f"commit {tip[:12]}",))
    result = result_of(candidate_of(work, tip), built_in("rights"), waiver)
    assert (result.state, result.findings[0].waived_by) == (GateState.PASSED, "w")


def test_an_always_on_gate_that_is_declared_softly_is_made_firm_and_keeps_its_parameters():
    soft = replace(
        built_in("paths"),
        severity=Severity.RECORD,
        when=Stage.MERGE,
        refs=("refs/heads/x",),
        paths=("docs/**",),
        parameters={"submodules": True},
    )
    (paths,) = (each for each in with_always((soft,)) if each.uses == "paths")
    assert paths == replace(built_in("paths"), parameters={"submodules": True})
