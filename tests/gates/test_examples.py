"""Every gate's examples, played in a real repository: they are its tests and its manual page."""

from dataclasses import replace
from datetime import datetime

import pytest
from forge import AUTHORS, Symlink
from smallest import NOW, SERVER, smallest

from gitcorpus.errors import UnjudgedError
from gitcorpus.flows.policy import load_policy
from gitcorpus.gates.base import Example, Gate, Link
from gitcorpus.gates.candidates import build_candidate
from gitcorpus.gates.registry import ALWAYS, GATES, built_in, with_always
from gitcorpus.gates.runner import run_gates
from gitcorpus.git.repo import Repo
from gitcorpus.model.declaration import Scope, Stage, Waiver
from gitcorpus.model.finding import Severity
from gitcorpus.model.place import ZERO_OID, Place
from gitcorpus.model.push import RefUpdate
from gitcorpus.model.verdict import GateState
from gitcorpus.shipped import shipped_path

STRANGER = "Stranger <stranger@elsewhere.example>"
EXAMPLES = [
    pytest.param(gate, example, id=f"{gate.name}: {example.title}")
    for gate in GATES.values()
    for example in (*gate.accepted, *gate.refused)
]


def play(forge, example: Example):
    """Commit an example beside `main`, as a push would bring it, and return its candidate."""
    work = smallest(forge)
    base = work.head
    work.git("checkout", "--quiet", "--detach")
    author = STRANGER if example.author == "stranger" else example.author
    signer = "\n".join(f"Signed-off-by: {name} <{name}@corpus.example>" for name in example.sign_off.split())
    files = {
        path: Symlink(text.target) if isinstance(text, Link) else text for path, text in example.files.items()
    }
    committer = {f"GIT_COMMITTER_{key}": value for key, value in _committer(example).items()}
    tip = work.commit(
        files, f"example\n\n{signer}\n", author=author, date=example.date, sign_off=False, env=committer
    )
    repo = Repo.open(work.git_dir)
    policy = load_policy(repo, SERVER)
    old = base if example.ref == "refs/heads/main" else ZERO_OID
    update = RefUpdate(ref=example.ref, old=old, new=tip)
    server = replace(SERVER, tools=example.tools)
    pusher = example.pusher or example.author
    candidate = build_candidate(
        update, repo=repo, server=server, spec=policy.spec, policy=policy.commit, pusher=pusher
    )
    arrived = datetime.fromisoformat(example.arrived or example.date)
    return replace(candidate, arrived=int(arrived.timestamp()))


def _committer(example: Example) -> dict[str, str]:
    if not example.committer:
        return {}
    name, email = AUTHORS[example.committer]
    return {"NAME": name, "EMAIL": email}


def judged(candidate, declaration, waivers=()):
    (result,) = run_gates([candidate], [declaration], waivers=waivers, today=NOW.date())
    return result


@pytest.mark.parametrize(("gate", "example"), EXAMPLES)
def test_an_example_gets_just_the_codes_that_it_names(forge, gate: Gate, example: Example):
    declaration = replace(built_in(gate.name), parameters=example.parameters)
    result = judged(play(forge, example), declaration)
    assert result.reason == ""
    assert {finding.code for finding in result.findings} == set(example.codes)
    assert result.state is (GateState.FAILED if example.codes else GateState.PASSED)


def test_every_gate_has_a_schema_and_examples_of_both_kinds():
    schemas = shipped_path("schemas", "gates").glob("*.schema.json")
    assert set(GATES) == {path.name.removesuffix(".schema.json") for path in schemas}
    assert all(gate.accepted and gate.refused for gate in GATES.values())
    assert [gate.name for gate in GATES.values()] == list(GATES)


def test_specs_cannot_soften_the_gates_that_are_always_on():
    soft = replace(built_in("paths"), id="soft", severity=Severity.RECORD)
    narrow = replace(built_in("refs"), id="narrow", refs=("refs/heads/x",))
    late = replace(built_in("spec"), id="late", when=Stage.RELEASE)
    judging = with_always((soft, narrow, late))
    assert sorted(each.id for each in judging) == [
        *("late", "narrow", "objects", "owners", "paths", "refs", "soft", "spec")
    ]
    assert tuple(each.id for each in with_always(())) == ALWAYS
    declared = replace(built_in("paths"), on=Scope.TIP)
    assert with_always((declared,)) == with_always(())


def test_hygiene_judges_every_commit_and_the_ref_its_tip():
    scopes = {each.id: each.on for each in with_always(())}
    assert scopes == {
        "refs": Scope.TIP,
        "owners": Scope.TIP,
        "paths": Scope.EVERY_COMMIT,
        "objects": Scope.EVERY_COMMIT,
        "spec": Scope.TIP,
    }


OPEN_BRACKET = Example(title="", files={"corpus/basics/add/north/add.py": "f(\n"})


def test_a_waiver_lets_a_finding_through_until_its_last_day(forge):
    candidate = play(forge, OPEN_BRACKET)
    waiver = Waiver(
        id="w",
        gate="syntax",
        code="",
        paths=("corpus/basics/",),
        contents=(),
        reason="r",
        by="lead",
        until=NOW.date(),
        place=Place(path="specs/waivers.yaml"),
    )
    declaration = built_in("syntax")
    assert judged(candidate, declaration, [waiver]).state is GateState.PASSED
    assert judged(candidate, declaration, [waiver]).findings[0].waived_by == "w"
    for other in (
        replace(waiver, until=NOW.date().replace(day=1)),
        replace(waiver, gate="layout"),
        replace(waiver, code="not-utf8"),
        replace(waiver, paths=("corpus/more/",)),
    ):
        assert judged(candidate, declaration, [other]).state is GateState.FAILED


def test_a_declaration_softens_what_a_gate_says_and_never_hardens_it(forge):
    candidate = play(forge, OPEN_BRACKET)
    assert judged(candidate, replace(built_in("syntax"), severity=Severity.WARN)).state is GateState.PASSED
    warns = replace(built_in("syntax"), parameters={"warn_languages": ["python"]})
    assert judged(candidate, warns).findings[0].severity is Severity.WARN


def test_a_declaration_is_narrowed_by_path_language_ref_and_stage(forge):
    candidate = play(forge, OPEN_BRACKET)
    declaration = built_in("syntax")
    assert judged(candidate, replace(declaration, paths=("corpus/more/**",))).state is GateState.PASSED
    assert judged(candidate, replace(declaration, languages=("go",))).state is GateState.PASSED
    assert judged(candidate, replace(declaration, refs=("refs/tags/*",))).state is GateState.NOT_APPLICABLE
    assert judged(candidate, replace(declaration, when=Stage.RELEASE)).state is GateState.NOT_APPLICABLE
    assert judged(candidate, replace(declaration, when=Stage.MERGE)).state is GateState.FAILED


def test_every_commit_finds_what_a_later_commit_of_the_push_removed(forge):
    work = smallest(forge)
    base = work.head
    work.git("checkout", "--quiet", "--detach")
    work.commit({"corpus/basics/add/north/add.py": "f(\n"})
    tip = work.commit({"corpus/basics/add/north/add.py": "f()\n"})
    repo = Repo.open(work.git_dir)
    update = RefUpdate(ref="refs/heads/main", old=base, new=tip)
    policy = load_policy(repo, SERVER)
    candidate = build_candidate(update, repo=repo, server=SERVER, spec=policy.spec, policy=policy.commit)
    assert judged(candidate, built_in("syntax")).state is GateState.PASSED
    every = replace(built_in("syntax"), on=Scope.EVERY_COMMIT)
    assert judged(candidate, every).state is GateState.FAILED


class BrokenGate:
    """A gate whose author made a mistake."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def judge(self, *_):
        raise self.error


@pytest.mark.parametrize("error", [ZeroDivisionError("x"), UnjudgedError("tool-missing", "no tool")])
def test_a_gate_that_breaks_is_unjudged(forge, monkeypatch, error):
    monkeypatch.setattr("gitcorpus.gates.runner.GATES", {**GATES, "syntax": BrokenGate(error)})
    result = judged(play(forge, OPEN_BRACKET), built_in("syntax"))
    assert result.state is GateState.UNJUDGED
    assert result.reason
