"""What a server can answer, gate by gate: told before a push needs it, and told of what is missing and no more."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from gates.pushes import candidate_of
from smallest import ADD, CURRICULUM, SERVER, smallest

from gitcorpus.gates.ability import RUNNING, Ability
from gitcorpus.gates.registry import GATES, built_in
from gitcorpus.model.declaration import Stage
from gitcorpus.model.server import Flavour, Sandbox, Tool
from gitcorpus.sandbox.identity import find_program

PYTHON_ONLY = {"specs/curriculum.yaml": CURRICULUM.replace("[python, go]", "[python]")}
BUBBLEWRAP = pytest.mark.skipif(not Path("/usr/bin/bwrap").is_file(), reason="needs bubblewrap")


@pytest.fixture
def work(forge):
    work = smallest(forge)
    work.commit(PYTHON_ONLY, author="lead")
    work.git("checkout", "--quiet", "--detach")
    return work


def declared(gate, *, budget=None, languages=(), paths=(), when=Stage.PUSH, **parameters):
    scope = {"languages": languages, "paths": paths}
    return replace(built_in(gate), parameters=parameters, budget_seconds=budget, when=when, **scope)


def lacks(work, declaration, server=SERVER, paths=(), **parts):
    spec = replace(candidate_of(work, work.head).spec, **parts)
    return [lack.sentence for lack in Ability(server, spec, paths).lacks(declaration)]


def test_every_gate_that_starts_programs_is_asked():
    assert {name for name, gate in GATES.items() if getattr(gate, "waits", False)} == RUNNING


def test_a_budget_counts_where_nothing_is_parked(work):
    slow = declared("style", budget=61)
    assert lacks(work, slow) == ["it may take 61 s, and a push has 60 s on this server"]
    assert lacks(work, declared("style", budget=60)) == []
    assert lacks(work, slow, replace(SERVER, slow_lane=True)) == []
    assert lacks(work, slow, replace(SERVER, max_seconds=61)) == []
    assert lacks(work, declared("style", budget=61, when=Stage.RELEASE)) == []
    (lack,) = Ability(replace(SERVER, flavour=Flavour.GITEA), candidate_of(work, work.head).spec).lacks(slow)
    assert lack.hint == "write `budget: 60s` or less, or an administrator raises `limits.seconds`"


@BUBBLEWRAP
def test_a_tool_is_tried_where_it_would_run(work, tmp_path):
    program = tmp_path / "lint"
    program.write_text("#!/bin/sh\n")
    gate = declared("command", tool="lint", output="lines")
    tool = Tool(name="lint", command=(str(program),))
    absent = f"the program of the tool `lint` is not there: {program}"
    assert lacks(work, gate) == ["the server has no tool `lint`"]
    assert lacks(work, gate, replace(SERVER, tools=(replace(tool, unsandboxed=True),))) == [absent]
    program.chmod(0o755)
    assert lacks(work, gate, replace(SERVER, tools=(replace(tool, unsandboxed=True),))) == []
    assert lacks(work, gate, replace(SERVER, tools=(tool,))) == [
        absent
    ]  # it is on the host, and not in the room
    shown = Tool(name="lint", command=("/bin/true",))
    assert lacks(work, gate, replace(SERVER, tools=(shown,))) == []


@BUBBLEWRAP
def test_a_gate_needs_what_the_languages_of_its_solutions_need(work):
    other = {"paths": (f"{ADD}/lib.zig", f"{ADD}/no-such.go", f"{ADD}/x.py", "README.md")}
    own = declared("tests", run=["no-such-program", "--all"])
    assert lacks(work, own) == ["the sandbox has no `no-such-program`"]
    assert lacks(work, declared("tests", run=["./check.sh"])) == []  # a file of the solution
    assert lacks(work, declared("tests", run=["python3:no.such"])) == []
    assert lacks(work, declared("build"), **other) == []
    mutation = lacks(work, declared("mutation"))
    if find_program("mutmut", Sandbox()) is None:
        assert "the sandbox has no `mutmut`, which solutions in python need" in mutation
    assert lacks(work, declared("mutation", languages=("go",))) == []
    assert lacks(work, declared("tests", preset="no-such"), **other) == []
    bare = replace(SERVER, sandbox=Sandbox(program="/no/such/bwrap"))
    (said,) = lacks(work, own, bare)
    assert said.startswith("pushed code runs in a sandbox only, and /no/such/bwrap cannot be started")


@BUBBLEWRAP
def test_a_formatter_is_there_in_the_version_that_is_wanted(work):
    absent = declared("format", formatters={"python": {"run": ["no-such-formatter"]}})
    assert lacks(work, absent) == ["the sandbox has no `no-such-formatter`, which formats python"]
    if find_program("gofmt", Sandbox()) is not None:
        versioned = {"go": {"use": "gofmt", "version": "99.1"}}
        (said,) = lacks(work, declared("format", formatters=versioned))
        assert said.endswith("the specs want 99.1")
        assert lacks(work, declared("format", formatters={"go": "gofmt"})) == []
    assert lacks(work, declared("format", formatters={"klingon": "ruff"})) == [
        "no file is in the language `klingon`"
    ]


def test_no_command_of_the_specs_runs_to_find_out(work, tmp_path):
    seen = tmp_path / "seen"
    run = ["sh", "-c", f"touch {seen}; exit 124"]
    server = replace(SERVER, sandbox=Sandbox(unconfined=True))
    for gate in (declared("format", formatters={"python": {"run": run}}), declared("tests", run=run)):
        assert lacks(work, gate, server) == []
    assert not seen.exists()


def test_a_folder_of_the_path_that_cannot_be_entered_holds_no_program(tmp_path, monkeypatch):
    def refuse(path):
        if path.parent == tmp_path / "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return os.path.isfile(path)  # noqa: PTH113 - what it replaces

    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "tool").write_text("")
    monkeypatch.setattr(Path, "is_file", refuse)
    room = Sandbox(unconfined=True, path=(str(tmp_path / "closed"), str(tmp_path / "open")))
    assert find_program("tool", room) == tmp_path / "open" / "tool"
    assert find_program("no-such-tool", room) is None
