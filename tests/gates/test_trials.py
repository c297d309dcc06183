"""Solutions in seven languages are built, tested and measured by the real tools, in the sandbox."""

from dataclasses import replace
from pathlib import Path

import pytest
from gates.pushes import candidate_of, result_of
from gates.solutions import ALL_LANGUAGES, PROGRAMS, SOLUTIONS, below
from smallest import GATES, NOW, SERVER

from gitcorpus.cache import Cache
from gitcorpus.gates.known import Known
from gitcorpus.gates.registry import built_in
from gitcorpus.gates.runner import Means, run_gates
from gitcorpus.gates.trial import run
from gitcorpus.model.declaration import Stage
from gitcorpus.model.finding import Severity
from gitcorpus.model.server import Sandbox
from gitcorpus.model.verdict import GateState
from gitcorpus.sandbox import run_job
from gitcorpus.sandbox.identity import find_program

ADD = "corpus/basics/add"
NORTH = f"{ADD}/north"


def needs(language):
    program, packages = PROGRAMS[language]
    there = find_program(program, Sandbox()) is not None and Path("/usr/bin/bwrap").is_file()
    return pytest.param(
        language,
        marks=pytest.mark.skipif(not there, reason=f"needs bubblewrap and {packages} of the system"),
        id=language,
    )


EVERY = [needs(language) for language in SOLUTIONS]


@pytest.fixture
def work(forge):
    work = forge.work()
    work.commit(ALL_LANGUAGES, author="lead")
    work.git("checkout", "--quiet", "--detach")
    return work


def declared(gate, **parameters):
    return replace(built_in(gate), parameters=parameters, when=Stage.PUSH)


def judged(work, files, gate, **parameters):
    tip = work.commit(files)
    return result_of(candidate_of(work, tip, server=SERVER), declared(gate, **parameters))


def said(result):
    assert result.state is not GateState.UNJUDGED, result.reason
    return [(each.code, str(each.place)) for each in result.findings]


def broken(language, text="+ b", other="- b"):
    files = {path: each.replace(text, other) for path, each in SOLUTIONS[language].items()}
    if language == "bash":
        files["add.sh"] = files["add.sh"].replace("$1 + $2", "$1 - $2")
    return files


@pytest.mark.parametrize("language", EVERY)
def test_a_solution_that_is_right_passes(work, language):
    files = below(NORTH, SOLUTIONS[language])
    assert said(judged(work, files, "build")) == []
    assert said(judged(work, {f"{NORTH}/NOTES.md": "x\n"}, "tests")) == []


@pytest.mark.parametrize("language", EVERY)
def test_a_test_that_fails_is_named(work, language):
    result = judged(work, below(NORTH, broken(language)), "tests")
    assert {each.code for each in result.findings} == {"test-failed"}
    (finding,) = result.findings
    assert "add" in finding.sentence.lower()
    assert finding.place.path.startswith(NORTH)


NOT_CODE = {
    "python": ("add.py", "return a + b", "return a +"),
    "go": ("add.go", "return a + b", "return a + c"),
    "javascript": ("add.mjs", "return a + b", "return a +"),
    "rust": ("src/lib.rs", "    a + b", "    a + c"),
    "java": ("Add.java", "return a + b", "return a + c"),
    "c": ("add.c", "return a + b", "return a + c"),
    "bash": ("add.sh", "echo", "if echo"),
}


@pytest.mark.parametrize("language", EVERY)
def test_what_does_not_build_is_named_at_its_line(work, language):
    path, text, other = NOT_CODE[language]
    files = SOLUTIONS[language]
    result = judged(work, below(NORTH, {**files, path: files[path].replace(text, other)}), "build")
    assert {each.code for each in result.findings} == {"build-failed"}
    assert all(each.place.path == f"{NORTH}/{path}" and each.place.line for each in result.findings)


@pytest.mark.parametrize("language", [needs(each) for each in ("python", "go", "javascript", "c")])
def test_lines_that_no_test_reaches_are_found(work, language):
    result = judged(work, below(NORTH, SOLUTIONS[language]), "coverage", solution="0.95", added="0.95")
    codes = said(result)
    assert ("coverage-too-low", NORTH) in codes
    assert ("added-lines-untested", NORTH) in codes
    lines = [place for code, place in codes if code == "added-lines-untested" and place != NORTH]
    assert lines
    assert all(place.split(":")[1] in ("3", "4", "5") for place in lines)
    assert said(judged(work, {f"{NORTH}/NOTES.md": "x\n"}, "coverage", solution="0.5")) == []


(PYTEST,) = needs("python").marks


def shell(script, **report):
    return {"run": ["sh", "-c", script], **({"report": report} if report else {})}


def test_what_is_known_is_not_tried_again(work, tmp_path):
    cache = Cache(tmp_path / "cache.db")
    tip = work.commit(below(NORTH, SOLUTIONS["bash"]))
    gate = declared("build", **shell("true"))

    def n_judged():
        known = Known(cache, today=NOW.date())
        (result,) = run_gates(
            [candidate_of(work, tip, server=SERVER)],
            [gate],
            waivers=(),
            today=NOW.date(),
            means=Means(known=known),
        )
        assert result.state is GateState.PASSED, result.reason
        known.save()
        return known.n_judged, known.n_known

    assert [n_judged(), n_judged()] == [(1, 0), (0, 1)]


def test_only_what_a_push_touches_is_tried_until_it_lands(work):
    work.commit(below(f"{ADD}/east", {"add.sh": "x\n"}))
    tip = work.commit(below(NORTH, {"add.sh": "y\n"}))
    gate = declared("build", **shell("exit 1"))
    landing = candidate_of(work, tip, server=SERVER)
    whole = {each.place.path for each in result_of(replace(landing, whole=True), gate).findings}
    touched = {
        each.place.path
        for each in result_of(replace(landing, whole=False, files=landing.files[:1]), gate).findings
    }
    assert whole == {f"{ADD}/east", NORTH}
    assert len(touched) == 1
    few = declared("build", **shell("exit 1"), solutions="touched")
    assert len(result_of(replace(landing, whole=True, files=landing.files[:1]), few).findings) == 1


@pytest.mark.parametrize(
    ("script", "report", "codes"),
    [
        ("echo 1..1; echo ok 1", {"format": "tap"}, []),
        ("echo 1..1; echo not ok 1", {"format": "tap"}, ["test-failed"]),
        ("echo 1..2; echo ok 1", {"format": "tap"}, ["test-failed"]),
        ("echo 1..0", {"format": "tap"}, ["no-tests"]),
        ("echo 1..1; echo ok 1; exit 9", {"format": "tap"}, ["tests-crashed"]),
        ("echo hello", {"format": "tap"}, ["tests-crashed"]),
        ("true", {"format": "junit", "path": "report.xml"}, ["tests-crashed"]),
        ("exit 3", {"format": "exit-code"}, ["test-failed"]),
        ("exit 3", {}, ["test-failed"]),
        ("true", {}, []),
    ],
)
def test_what_a_command_says_of_its_tests(work, script, report, codes):
    result = judged(work, below(NORTH, {"add.sh": "x\n"}), "tests", **shell(script, **report))
    assert [code for code, _ in said(result)] == codes


def test_a_report_that_was_pushed_is_none(work):
    files = {"add.sh": "x\n", "report.xml": '<testsuite><testcase name="a"/></testsuite>\n'}
    report = {"format": "junit", "path": "report.xml"}
    result = judged(work, below(NORTH, files), "tests", **shell("test ! -e report.xml", **report))
    (finding,) = result.findings
    assert (finding.code, finding.sentence.endswith("there is no report")) == ("tests-crashed", True)


@pytest.mark.parametrize(
    ("parameters", "codes"),
    [
        ({}, ["test-failed"]),
        ({"pass_rate": "0.5"}, []),
        ({"pass_rate": "0.5", "min_tests": 3}, ["too-few-tests"]),
        ({"pass_rate": "0.5", "max_skipped": "0.1"}, ["too-many-skipped"]),
    ],
)
def test_numbers_of_tests(work, parameters, codes):
    script = "echo 1..3; echo ok 1; echo not ok 2; echo 'ok 3 # SKIP'"
    result = judged(
        work, below(NORTH, {"add.sh": "x\n"}), "tests", **shell(script, format="tap"), **parameters
    )
    assert [each.code for each in result.findings if each.severity is Severity.BLOCK] == codes


@PYTEST
def test_a_test_that_leans_on_the_order_is_found(work):
    flaky = (
        "seen = []\n\n\ndef test_a():\n    seen.append(1)\n    assert seen\n\n\n"
        "def test_b():\n    assert seen\n\n\ndef test_c():\n    assert seen\n\n\ndef test_d():\n    assert seen\n"
    )
    files = below(NORTH, {"add.py": "x = 1\n", "test_add.py": flaky})
    result = judged(work, files, "tests", pass_rate=0, again=True)
    assert "test-flaky" in {each.code for each in result.findings}


def test_what_does_not_end_or_takes_too_much_has_no_answer(work):
    for number, (script, reason) in enumerate(
        (("sleep 100", "tool-out-of-time"), ("nosuchprogram", "test-failed"), ("yes", "tool-flood"))
    ):
        result = judged(work, {f"{NORTH}/a{number}.sh": "x\n"}, "tests", **shell(script), seconds=1)
        told = result.reason or result.findings[0].code
        assert told.startswith(reason)
    missing = judged(work, {f"{NORTH}/b.sh": "x\n"}, "tests", run=["nosuchprogram"])
    assert missing.reason.startswith(f"tool-missing: {NORTH}: the sandbox has no `nosuchprogram`, or")


def test_a_language_that_nothing_tests_is_named(work):
    result = judged(work, below(NORTH, {"add.c": "int x;\n"}), "tests")
    assert said(result) == [("no-test-command", NORTH)]
    assert said(judged(work, below(NORTH, {"other.c": "int y;\n"}), "build")) == [("no-build-command", NORTH)]


def test_files_beside_solutions_are_given_if_they_are_wanted(work):
    work.commit({"README.md": "shared\n"})
    script = shell("grep shared ../../../../README.md")
    assert said(judged(work, {f"{NORTH}/a.sh": "x\n"}, "build", **script)) != []
    assert said(judged(work, {f"{NORTH}/b.sh": "x\n"}, "build", **script, also=["README.md"])) == []


@PYTEST
def test_tests_that_are_measured_run_once(work, monkeypatch):
    started = []
    monkeypatch.setattr(run, "run_job", lambda *args, **named: started.append(1) or run_job(*args, **named))
    work.commit({"specs/gates.yaml": GATES + "gates:\n  - {id: coverage, uses: coverage}\n"}, author="lead")
    work.git("branch", "--force", "main")
    tip = work.commit(below(NORTH, SOLUTIONS["python"]))
    candidate = candidate_of(work, tip, server=SERVER)
    gates = [declared("tests"), declared("coverage", solution="0.1")]
    results = run_gates([candidate], gates, waivers=(), today=NOW.date())
    assert [result.state for result in results] == [GateState.PASSED, GateState.PASSED]
    assert started == [1]


def test_a_test_that_asserts_nothing_is_named(work):
    files = {
        "add.py": "x = 1\n",
        "test_add.py": "def test_a():\n    pass\n\n\ndef test_b(x):\n    assert x\n",
    }
    result = judged(work, below(NORTH, files), "tests", **shell("true"))
    assert said(result) == [("test-without-assertion", f"{NORTH}/test_add.py:1")]
    files = below(NORTH, {"NOTES.md": "x\n"})
    assert said(judged(work, files, "tests", **shell("true"), assertions=False)) == []


def test_tests_must_not_go(work):
    two = "def test_a(x):\n    assert x\n\n\ndef test_b(x):\n    assert x\n"
    one = {f"{NORTH}/test_add.py": "def test_a(x):\n    assert x\n"}
    work.commit({f"{NORTH}/test_add.py": two})
    work.git("branch", "--force", "main")
    assert said(judged(work, one, "tests", **shell("true"))) == [("fewer-tests", NORTH)]
    assert said(judged(work, {f"{NORTH}/a.md": "x\n"}, "tests", **shell("true"), not_fewer=False)) == []
