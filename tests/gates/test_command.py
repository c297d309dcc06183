"""The server's tools judge; whatever goes wrong with them leaves the push unjudged."""

from dataclasses import replace

import pytest
from forge import Executable, Symlink
from gates.pushes import candidate_of, result_of
from smallest import ADD, GATES, NOW, SERVER, SPECS, smallest

from gitcorpus.flows.push import load_policy
from gitcorpus.gates import command, solutions
from gitcorpus.gates.known import Known
from gitcorpus.gates.registry import built_in
from gitcorpus.gates.runner import Means, run_gates
from gitcorpus.git.repo import Repo
from gitcorpus.model.declaration import Scope
from gitcorpus.model.finding import Severity
from gitcorpus.model.server import Tool
from gitcorpus.model.verdict import GateState
from gitcorpus.sandbox import run_job

PYTHON = "/usr/bin/python3"
GREP = "grep -rn bad . || test $? = 1"


@pytest.fixture
def work(forge):
    work = smallest(forge)
    work.git("checkout", "--quiet", "--detach")
    return work


def server(*argv, **fields):
    tool = Tool(name="tool", command=argv, **{"unsandboxed": True, **fields})
    return replace(SERVER, tools=(tool,))


def declared(output="lines", budget=30, **parameters):
    held = {"tool": "tool", "output": output, **parameters}
    return replace(built_in("command"), parameters=held, budget_seconds=budget)


def says(work, script, declaration=None, *, files=None):
    """Push a file past a shell script as the server's tool, and return the result."""
    tip = work.commit({f"{ADD}/add.py": "x = 1\n"} if files is None else files)
    return result_of(
        candidate_of(work, tip, server=server("/bin/sh", "-c", script)), declaration or declared()
    )


def found(result):
    assert result.state is not GateState.UNJUDGED, result.reason
    return [(str(each.place), each.sentence) for each in result.findings]


def unjudged(result):
    assert result.state is GateState.UNJUDGED
    assert result.findings == ()
    return result.reason


def test_a_finding_stands_at_its_file(work):
    result = says(work, f"echo {ADD}/add.py:1:5: bad; echo $PWD/{ADD}/add.py:2: worse; exit 1")
    assert found(result) == [(f"{ADD}/add.py:1:5", "bad"), (f"{ADD}/add.py:2", "worse")]
    assert {each.code for each in result.findings} == {"tool-finding"}
    assert result.state is GateState.FAILED


def test_a_finding_about_another_file_stands_at_the_ref(work):
    result = says(work, "echo /etc/passwd:1: a; echo ../../x:1: b; echo README.md:1: c")
    at = "refs/heads/main"
    assert found(result) == [(at, "/etc/passwd: a"), (at, "../../x: b"), (at, "README.md: c")]
    assert result.state is GateState.FAILED


def test_sarif_with_absolute_uris(work):
    code = (
        "import json, os\n"
        "uri = 'file://' + os.getcwd() + '/' + '" + ADD + "/add.py'\n"
        "at = {'physicalLocation': {'artifactLocation': {'uri': uri}, 'region': {'startLine': 1}}}\n"
        "hits = [{'ruleId': 'X1', 'level': level, 'message': {'text': level}, 'locations': [at]}"
        " for level in ('error', 'warning', 'note')]\n"
        "print(json.dumps({'version': '2.1.0', 'runs': [{'results': hits}]}))\n"
    )
    tip = work.commit({f"{ADD}/add.py": "x = 1\n"})
    result = result_of(candidate_of(work, tip, server=server(PYTHON, "-c", code)), declared("sarif"))
    assert found(result) == [(f"{ADD}/add.py:1", f"X1: {level}") for level in ("error", "warning", "note")]
    assert [each.severity for each in result.findings] == [Severity.BLOCK, Severity.WARN, Severity.RECORD]


def test_junit_names_no_folder_of_the_server(work):
    report = "<testsuite><testcase name='$PWD/a.t'><failure message='no'/></testcase></testsuite>"
    assert found(says(work, f'echo "{report}"; exit 1', declared("junit"))) == [
        ("refs/heads/main", "a.t: no")
    ]


LIST = "find . -type f | sort | sed 's,^./,,;s,$,:1: here,'"
OTHER = "corpus/basics/add/south"


@pytest.mark.parametrize(
    ("wanted", "paths"),
    [
        ("changed", [f"{ADD}/new.py"]),
        ("solution", [f"{ADD}/new.py", f"{ADD}/old.py"]),
        ("tree", sorted([*SPECS, f"{ADD}/new.py", f"{ADD}/old.py", f"{OTHER}/a.py"])),
    ],
)
def test_a_tool_is_given_what_the_declaration_says(work, wanted, paths):
    work.commit({f"{ADD}/old.py": "1\n", f"{OTHER}/a.py": "2\n", f"{ADD}/link.py": Symlink("old.py")})
    work.git("update-ref", "refs/heads/main", work.head)
    result = says(
        work, LIST, declared(files=wanted), files={f"{ADD}/new.py": "3\n", f"{ADD}/l.py": Symlink("new.py")}
    )
    assert [each.place.path for each in result.findings] == paths


def test_a_deletion_concerns_what_is_left_of_the_solution(work):
    work.commit({f"{ADD}/old.py": "1\n", f"{ADD}/gone.py": "2\n"})
    work.git("update-ref", "refs/heads/main", work.head)
    gone = {f"{ADD}/gone.py": None}
    assert len(found(says(work, LIST, declared(files="solution"), files=gone))) == 1
    assert found(says(work, LIST, declared(files="changed"), files={f"{ADD}/old.py": None})) == []


def test_bytes_modes_and_odd_names_reach_the_tool(work):
    files = {f"{ADD}/run.sh": Executable("#!/bin/sh\n"), f"{ADD}/a b'$(id).py": b"\xff\0"}
    script = f"cd {ADD}; test -x run.sh && test ! -x a*.py && od -An -tx1 a*.py | sed 's/^/x:1:/'"
    assert found(says(work, script, files=files)) == [("refs/heads/main", "x: ff 00")]


def test_nothing_runs_if_nothing_is_there_for_it(work):
    narrowed = replace(declared(), languages=("go",))
    assert found(says(work, "kill -9 $$", narrowed)) == []


@pytest.mark.parametrize(
    ("script", "output", "reason"),
    [
        ("kill -SEGV $$", "lines", "tool-killed: `tool` was killed by SIGSEGV"),
        ("exit 2", "lines", "tool-exit: `tool` ended with 2"),
        ("echo one >&2; echo two >&2; exit 2", "lines", "tool-exit: `tool` ended with 2: two"),
        ("exit 1", "lines", "tool-silent: `tool` ended with 1 and found nothing"),
        (
            "echo All good",
            "lines",
            "tool-output: `tool` did not write lines: line 1 is not `path:line: message`",
        ),
        ("echo All good", "sarif", "tool-output: `tool` did not write sarif: it is no JSON"),
        ("true", "sarif", "tool-output: `tool` did not write sarif"),
        ("true", "junit", "tool-output: `tool` did not write junit"),
        ("yes", "lines", "tool-flood: `tool` wrote"),
        ("yes >&2", "lines", "tool-flood: `tool` wrote"),
    ],
)
def test_a_tool_that_did_not_do_its_work_leaves_the_push_unjudged(work, script, output, reason):
    assert unjudged(says(work, script, declared(output))).startswith(reason)


def test_an_endless_loop_takes_the_budget_and_no_more(work):
    result = says(work, "while :; do :; done", declared(budget=1))
    assert unjudged(result).startswith("tool-out-of-time: `tool` took all of its 1 s")


def test_a_gigabyte_is_not_written(work):
    result = says(work, "exec dd if=/dev/zero of=big bs=1M count=1000 2>/dev/null")
    assert unjudged(result).startswith("tool-killed: `tool` was killed by SIGXFSZ")


def test_the_declaration_says_which_codes_are_good(work):
    script = "echo a:1: b; exit 7"
    assert unjudged(says(work, script)).startswith("tool-exit")
    assert len(found(says(work, script, declared(exit=[7]), files={f"{ADD}/b.py": "1\n"}))) == 1
    assert unjudged(says(work, "true", declared(exit=[7]), files={f"{ADD}/c.py": "1\n"})).startswith(
        "tool-exit"
    )


@pytest.mark.parametrize(
    ("tools", "reason"),
    [
        ((), "tool-unknown: the server has no tool `tool`"),
        ((Tool(name="other", command=("/bin/true",), unsandboxed=True),), "tool-unknown"),
        (
            (Tool(name="tool", command=("/nowhere/tool",), unsandboxed=True),),
            "tool-missing: `tool` cannot be started",
        ),
        (
            (Tool(name="tool", command=("/etc/passwd",), unsandboxed=True),),
            "tool-missing: `tool` cannot be started",
        ),
    ],
)
def test_only_an_administrator_says_what_runs(work, tools, reason):
    tip = work.commit({f"{ADD}/add.py": "x = 1\n"})
    candidate = candidate_of(work, tip, server=replace(SERVER, tools=tools))
    assert unjudged(result_of(candidate, declared())).startswith(reason)


def test_memory_is_what_the_administrator_gives(work):
    tip = work.commit({f"{ADD}/add.py": "x = 1\n"})
    code = "x = bytearray(300 << 20)"
    for memory, state in ((200 << 20, GateState.UNJUDGED), (1 << 30, GateState.PASSED)):
        given = server(PYTHON, "-c", code, memory_bytes=memory)
        assert result_of(candidate_of(work, tip, server=given), declared()).state is state


def test_more_than_a_tool_takes_is_not_read(work, monkeypatch):
    monkeypatch.setattr(solutions, "MOST_BYTES", 5)
    assert unjudged(says(work, "true")).startswith("too-much-for-tool: the files for one run have 6 bytes")


def test_every_commit_is_looked_at_by_itself(work):
    work.commit({f"{ADD}/a.py": "bad\n"})
    tip = work.commit({f"{ADD}/a.py": "good\n"})
    candidate = candidate_of(work, tip, server=server("/bin/sh", "-c", GREP))
    assert found(result_of(candidate, declared())) == []
    every = replace(declared(), on=Scope.EVERY_COMMIT)
    assert found(result_of(candidate, every)) == [(f"{ADD}/a.py:1", "bad")]


def test_a_gate_that_a_spec_declares(forge):
    work = forge.work()
    gate = (
        "gates:\n  - {id: grep, uses: command, languages: [python], budget: 20s,"
        " with: {tool: tool, output: lines, files: tree, exit: [0, 1]}}\n"
    )
    work.commit({**SPECS, "specs/gates.yaml": GATES + gate}, author="lead")
    work.git("checkout", "--quiet", "--detach")
    (grep,) = (each for each in load_policy(Repo.open(work.git_dir), SERVER).spec.gates if each.id == "grep")
    tip = work.commit({f"{ADD}/a.py": "bad\n"})
    candidate = candidate_of(work, tip, server=server("/bin/sh", "-c", GREP))
    assert found(result_of(candidate, grep)) == [(f"{ADD}/a.py:1", "bad")]


def test_what_a_tool_said_of_the_same_files_is_known(work, monkeypatch):
    started = []
    monkeypatch.setattr(
        command, "run_job", lambda *args, **named: started.append(1) or run_job(*args, **named)
    )
    known = Known(None, today=NOW.date())
    script = "grep -rn bad . || test $? = 1"
    for text in ("bad\n", "bad\n", "bad bad\n"):
        tip = work.commit({f"{ADD}/a.py": text}, allow_empty=True)
        candidate = candidate_of(work, tip, server=server("/bin/sh", "-c", script))
        means = Means(known=known)
        (result,) = run_gates([candidate], [declared()], waivers=(), today=NOW.date(), means=means)
        assert len(found(result)) == 1
    assert len(started) == 2
