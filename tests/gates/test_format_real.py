"""The gate `format` on real code: this house's own, with the formatter and the options that format it."""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from forge import Work
from gates.pushes import candidate_of, result_of
from smallest import GATES, SERVER, SPECS

from gitcorpus.flows.check import Asked
from gitcorpus.flows.fix import fix
from gitcorpus.flows.policy import load_policy
from gitcorpus.git.repo import Repo
from gitcorpus.git.worktree import find_repository
from gitcorpus.model.server import Sandbox
from gitcorpus.model.verdict import GateState

ROOT = Path(__file__).parents[2]
PROGRAMS = str(Path(sys.executable).parent)
HERE = replace(SERVER, sandbox=Sandbox(mounts=(PROGRAMS,), path=(PROGRAMS,)))
RUFF = "{use: ruff, options: [--line-length=110, --target-version=py311]}"
GATE = f"gates:\n  - {{id: format, uses: format, budget: 60s, with: {{formatters: {{python: {RUFF}}}}}}}\n"
FILES = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for folder in ("gitcorpus", "tests")
    for path in sorted((ROOT / folder).rglob("*.py"))
}

needs_ruff = pytest.mark.skipif(
    not Path(PROGRAMS, "ruff").is_file() or not Path(Sandbox().program).is_file(),
    reason="needs ruff beside the interpreter, and bubblewrap",
)


@pytest.fixture
def work(forge) -> Work:
    work = forge.work()
    work.commit({**SPECS, "specs/gates.yaml": GATES + GATE}, author="lead")
    work.branch("topic")
    return work


def judged(work: Work):
    """Judge the newest commit by the gate that the specs declare."""
    spec = load_policy(Repo.open(work.git_dir), HERE).spec
    (declaration,) = (each for each in spec.gates if each.uses == "format")
    result = result_of(candidate_of(work, work.head, server=HERE), declaration)
    assert result.state is not GateState.UNJUDGED, result.reason
    return result


@needs_ruff
def test_code_that_is_formatted_has_no_findings(work):
    assert len(FILES) > 250
    work.commit(FILES)
    assert [str(each.place) for each in judged(work).findings] == []


@needs_ruff
def test_code_that_is_not_passes_once_it_is_fixed(work):
    odd = {path: text.replace(" = ", "  =  ") for path, text in FILES.items() if " = " in text}
    work.commit(odd)
    found = judged(work).findings
    assert {each.code for each in found} == {"not-formatted"}
    assert len(found) > 200
    fixes = fix(
        find_repository(work.path),
        Asked(folder=work.path, now=datetime(2026, 2, 2, tzinfo=UTC)),
        HERE,
        write=True,
    )
    assert {each.path for each in fixes.changed} == {each.place.path for each in found}
    assert fixes.left == fixes.faults == []
    work.commit()
    assert judged(work).findings == ()
