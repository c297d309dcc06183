"""mutmut itself tries what a push changes; reports of other tools count as much."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from gates.pushes import candidate_of, result_of
from smallest import ADD, NOW, SERVER, smallest
from tools import FOLDER

from gitcorpus.gates.known import Known
from gitcorpus.gates.mutants import Fate, Mutant, parse_elements, render_elements
from gitcorpus.gates.registry import built_in
from gitcorpus.gates.results import Folder, ReportError
from gitcorpus.gates.runner import Means, run_gates
from gitcorpus.gates.trial import run
from gitcorpus.model.declaration import Waiver
from gitcorpus.model.finding import Severity
from gitcorpus.model.place import Place
from gitcorpus.model.server import Sandbox
from gitcorpus.model.verdict import GateState
from gitcorpus.sandbox import run_job

ROOM = Sandbox(mounts=(str(FOLDER), sys.base_prefix), path=(str(FOLDER / "bin"),))
MUTMUT = pytest.mark.skipif(
    not (FOLDER / "lib/python3.11/site-packages/mutmut").is_dir() or not Path(ROOM.program).is_file(),
    reason="needs bubblewrap and mutmut: make tools",
)
CODE = 'def add(a, b):\n    return a + b\n\n\ndef tier(n):\n    if n < 10:\n        return "low"\n    return "high"\n'
TESTS = (
    "from calc import add, tier\n\n\ndef test_add():\n    assert add(1, 2) == 3\n\n\n"
    'def test_tier():\n    assert tier(5) == "low"\n    assert tier(50) == "high"\n'
)
FILES = {f"{ADD}/calc.py": CODE, f"{ADD}/test_calc.py": TESTS}


@pytest.fixture
def work(forge):
    work = smallest(forge)
    work.git("checkout", "--quiet", "--detach")
    return work


def judged(work, files, *waivers, known=None, **parameters):
    tip = work.commit(files)
    candidate = candidate_of(work, tip, server=replace(SERVER, sandbox=ROOM))
    gate = replace(built_in("mutation"), parameters=parameters)
    means = Means(known=known)
    (result,) = run_gates([candidate], [gate], waivers=waivers, today=NOW.date(), means=means)
    return result


def told(result):
    assert result.state is not GateState.UNJUDGED, result.reason
    return [(each.code, str(each.place), each.patch) for each in result.findings]


@MUTMUT
def test_mutants_that_nobody_notices_stand_at_their_lines(work):
    result = judged(work, FILES, score=1)
    assert told(result) == [
        ("mutant-unnoticed", f"{ADD}/calc.py:6", "@@ -6 +6 @@\n-    if n < 10:\n+    if n <= 10:\n"),
        ("mutant-unnoticed", f"{ADD}/calc.py:6", "@@ -6 +6 @@\n-    if n < 10:\n+    if n < 11:\n"),
    ]
    assert result.state is GateState.FAILED
    softer = judged(work, {f"{ADD}/NOTES.md": "x\n"}, score="0.5")
    assert {each.severity for each in softer.findings} == {Severity.WARN}


@MUTMUT
def test_only_functions_that_change_are_tried(work, monkeypatch):
    commands = []
    monkeypatch.setattr(
        run, "run_job", lambda job, **named: commands.append(job.command) or run_job(job, **named)
    )
    work.commit(FILES)
    work.git("branch", "--force", "main")
    known = Known(None, today=NOW.date())
    changed = CODE.replace("return a + b", "total = a + b\n    return total")
    assert told(judged(work, {f"{ADD}/calc.py": changed}, known=known)) == []
    assert [command[6:] for command in commands] == [("*.x_add__mutmut_*",)]
    again = judged(work, {f"{ADD}/NOTES.md": "other\n"}, known=known)
    assert (told(again), len(commands)) == ([], 2)
    moved = "import os\n\n" + changed + "\n\ndef other():\n    return os\n"
    judged(work, {f"{ADD}/calc.py": moved}, known=known)
    assert commands[-1][6:] == ("*.x_other__mutmut_*",)


@MUTMUT
def test_an_equivalent_mutant_is_waived_by_its_content_wherever_it_stands(work):
    contents = tuple(each.content for each in judged(work, FILES, score=1).findings)
    waiver = Waiver(
        id="equal",
        gate="mutation",
        code="",
        paths=("corpus/",),
        contents=contents[:1],
        reason="means the same",
        by="lead",
        until=NOW.date(),
        place=Place(path="specs/waivers.yaml"),
    )
    moved = {f"{ADD}/calc.py": "import os\n\n" + CODE}
    result = judged(work, moved, waiver, score=1)
    assert [(each.content, each.waived_by) for each in result.findings] == [
        (contents[0], "equal"),
        (contents[1], ""),
    ]


@MUTMUT
def test_tests_that_do_not_pass_tell_nothing_of_mutants(work):
    broken = {**FILES, f"{ADD}/test_calc.py": TESTS.replace("== 3", "== 4")}
    assert [code for code, *_ in told(judged(work, broken))] == ["mutation-baseline"]


@MUTMUT
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", '[tool.mutmut]\ndo_not_mutate = ["*"]\n'),
        ("setup.cfg", "[mutmut]\ndo_not_mutate=*\n"),
    ],
)
def test_what_is_mutated_is_not_the_authors_to_say(work, name, text):
    assert [code for code, *_ in told(judged(work, {**FILES, f"{ADD}/{name}": text}))] == [
        "mutation-configured"
    ]


def test_a_sandbox_without_mutmut_gives_no_answer(work):
    tip = work.commit(FILES)
    room = Sandbox(unconfined=True, path=("/nowhere",))
    result = result_of(candidate_of(work, tip, server=replace(SERVER, sandbox=room)), built_in("mutation"))
    assert result.state is GateState.UNJUDGED
    assert result.reason.startswith("tool-missing: the sandbox has no mutmut")


def elements(*fates):
    place = {"start": {"line": 1, "column": 5}, "end": {"line": 1, "column": 6}}
    mutants = [
        {"id": str(n), "mutatorName": "number", "replacement": str(n), "location": place, "status": fate}
        for n, fate in enumerate(fates)
    ]
    file = {"language": "python", "source": "x = 9\n", "mutants": mutants}
    return json.dumps(
        {"schemaVersion": "2", "thresholds": {"high": 90, "low": 75}, "files": {"add.py": file}}
    )


def report(*fates):
    return {"run": ["sh", "-c", f"cat <<'end'\n{elements(*fates)}\nend"]}


def test_another_tools_report_counts_as_much(work):
    result = judged(work, {f"{ADD}/add.py": "x = 9\n"}, **report("Killed", "Survived", "NoCoverage"))
    assert [patch for _, _, patch in told(result)] == [
        "@@ -1 +1 @@\n-x = 9\n+x = 1\n",
        "@@ -1 +1 @@\n-x = 9\n+x = 2\n",
    ]
    assert [each.sentence.split(" when")[0] for each in result.findings] == [
        "no test fails",
        "no test reaches it",
    ]


@pytest.mark.parametrize("fate", ["Pending", "RuntimeError"])
def test_what_was_not_tried_is_no_answer(work, fate):
    result = judged(work, {f"{ADD}/add.py": "x = 9\n"}, **report("Killed", fate))
    assert (result.state, result.reason.split(":")[0]) == (GateState.UNJUDGED, "mutation-doubtful")


@pytest.mark.parametrize("text", ["{}", "[]", "", '{"files": {"a.py": {"mutants": [{}]}}}', "{" * 5000])
def test_what_is_no_report_is_said_to_be_none(work, text):
    with pytest.raises(ReportError):
        parse_elements(text.encode(), Folder(paths=frozenset({"a.py"})))
    result = judged(work, {f"{ADD}/add.py": "x = 9\n"}, run=["echo", text])
    assert [code for code, *_ in told(result)] == ["mutation-crashed"]


def test_a_report_of_ours_is_read_as_it_was_written():
    one = Mutant(
        name="calc.x_tier__mutmut_1",
        path="calc.py",
        function="",
        line=6,
        removed=("    if n < 10:",),
        added=("    if n <= 10:",),
        fate=Fate.SURVIVED,
        mutator="mutmut",
    )
    text = render_elements([one], {"calc.py": CODE}, "python")
    assert parse_elements(text.encode(), Folder(paths=frozenset({"calc.py"}))) == (one,)


def test_contents_outlive_blanks_and_places():
    one = Mutant(
        name="a",
        path="a.py",
        function="f",
        line=6,
        removed=("  if a:",),
        added=("  if b:",),
        fate=Fate.SURVIVED,
    )
    moved = replace(one, path="b.py", line=60, removed=("      if a:",), added=("      if  b:",))
    assert one.content == moved.content
    assert one.content != replace(one, added=("  if c:",)).content
