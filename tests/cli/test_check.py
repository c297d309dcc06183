"""What `gitcorpus check` prints, how it ends, and that git and pre-commit can run it before a commit."""

import json
import os
import sys
from pathlib import Path

import pytest
from forge import Executable, Forge, Work
from inline_snapshot import snapshot
from smallest import ADD, GATES, smallest

from gitcorpus.cli.app import main
from gitcorpus.server.administration import PATH
from gitcorpus.spec.nodes import plain
from gitcorpus.spec.yaml import parse_yaml

ROOT = Path(__file__).parents[2]
FILE = f"{ADD}/add.py"
GOOD, BROKEN = "x = (1)\n", "x = (1\n"


@pytest.fixture
def work(forge: Forge, monkeypatch) -> Work:
    work = smallest(forge)
    work.branch("topic")
    monkeypatch.chdir(work.path)
    return work


def test_prints_what_the_server_would_say(work, capsys):
    work.write({FILE: BROKEN, "scratch/x.py": GOOD})
    assert main(["check"]) == 1
    told = capsys.readouterr()
    assert told.out == snapshot("""\
refused: 2 findings (layout 1, syntax 1), 9 gates passed
scratch/x.py outside-layout: it misses `corpus/{unit}/{task}/{solution}`: folder 1 is `scratch`, not `corpus`
  hint: move it into a solution, or let `layout.elsewhere` name it
corpus/basics/add/north/add.py:1:5 syntax-error: nothing closes this `(`
    x = (1
        ^
  hint: python3 -m py_compile corpus/basics/add/north/add.py
""")
    assert told.err == f"judging the work tree, 2 files by the specs of main ({work.head[:7]})\n"


def test_accepted_is_one_line_and_0(work, capsys):
    work.write({FILE: GOOD})
    assert main(["check"]) == 0
    assert capsys.readouterr().out == "accepted: 11 gates passed\n"


def test_a_gate_without_an_answer_ends_in_3_and_speaks_of_no_ledger(work, capsys):
    gate = "gates:\n  - {id: lint, uses: command, with: {tool: lint, output: lines}}\n"
    work.commit({"specs/gates.yaml": GATES + gate}, author="lead")
    work.git("branch", "--force", "main", "HEAD")
    work.write({FILE: GOOD})
    assert main(["check"]) == 3
    assert capsys.readouterr().out == snapshot("""\
could not judge: 1 of 12 gates gave no answer, 11 gates passed
lint: no answer: tool-unknown: the server has no tool `lint`; an administrator names its program under `tools:` in \
gitcorpus/server.yaml: lint
""")
    tools = "tools:\n  lint: {command: [/bin/true], sandbox: none}\n"
    work.write({f".git/{PATH}": f"apiVersion: gitcorpus/v1\nkind: Server\n{tools}"})
    assert main(["check"]) == 3
    assert "do not count: if you wrote that file yourself, add --trust-server-file" in capsys.readouterr().err
    assert main(["check", "--trust-server-file"]) == 0


@pytest.mark.parametrize(
    ("form", "begins"),
    [
        ("json", '{\n  "outcome": "refused"'),
        ("sarif", '{\n  "$schema": '),
        ("markdown", "**<code>refused&#58; 1 finding"),
        ("github", f"::error file={FILE},line=1,col=5,title=syntax-error::"),
    ],
)
def test_the_other_forms_are_for_programs(work, capsys, form, begins):
    work.write({FILE: BROKEN})
    assert main(["check", "--format", form]) == 1
    told = capsys.readouterr()
    assert told.out.startswith(begins)
    assert told.err == ""
    if form in ("json", "sarif"):
        json.loads(told.out)


def test_another_repository_and_its_paths(work, capsys, monkeypatch, tmp_path):
    work.write({FILE: BROKEN, "scratch/x.py": GOOD})
    monkeypatch.chdir(tmp_path)
    assert main(["check", "scratch", "--repo", str(work.path)]) == 1
    assert capsys.readouterr().out.startswith("refused: 1 finding (layout 1)")


@pytest.mark.usefixtures("work")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nowhere"], 2, "no-such-revision: `nowhere` is no commit, branch or tag\n  hint: "),
        (["main..nowhere"], 2, "no-such-revision: "),
        (["--staged", "nowhere"], 2, "nowhere no-such-path: it is not in the index\n  hint: "),
        (["--policy", "v9"], 2, "no-such-revision: `v9` is no commit, branch or tag\n  hint: "),
        (["--format", "xml"], 2, "usage: invalid value for '--format': 'xml' is not one of"),
        (["--repo", "/nonexistent"], 2, "/nonexistent not-a-repository: there is no git repository here"),
        (["\x1b[2J"], 2, "no-such-revision: `\\x1b[2J` is no commit"),
    ],
)
def test_what_is_in_the_way_is_one_message_and_a_code(capsys, words, code, said):
    assert main(["check", *words]) == code
    told = capsys.readouterr()
    assert told.err.startswith(said)
    assert told.out == ""


def test_a_hostile_name_reaches_no_terminal(work, capsys):
    work.write({"scratch/\x1b[2J\u202e\n::error::.py": GOOD})
    for form in ("text", "json", "sarif", "markdown", "github"):
        assert main(["check", "--format", form]) == 1
        assert all(line.isprintable() for line in capsys.readouterr().out.split("\n"))


def commit(work: Work, *words: str) -> tuple[int, str]:
    """Commit as a user would, with the program on the path."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = work.git("commit", "--quiet", "-m", "x", *words, check=False, env={"PATH": path})
    return done.returncode, done.stderr + done.stdout


def test_git_runs_it_before_a_commit(work):
    work.write({".git/hooks/pre-commit": Executable("#!/bin/sh\nexec gitcorpus check --staged\n")})
    work.write({FILE: GOOD, "README.md": "good\n"})
    work.git("add", "--all")
    assert commit(work)[0] == 0
    work.write({FILE: BROKEN, "README.md": "also good\n"})
    assert commit(work, "README.md")[0] == 0
    code, said = commit(work, "--all")
    assert code == 1
    assert "syntax-error" in said
    code, said = commit(work, FILE)
    assert code == 1
    assert "syntax-error" in said


@pytest.mark.usefixtures("work")
def test_the_hook_for_pre_commit_is_a_command_that_there_is(capsys):
    (hook,) = plain(parse_yaml((ROOT / ".pre-commit-hooks.yaml").read_bytes(), "hooks").root)
    assert hook["id"] == "gitcorpus-check"
    assert (hook["language"], hook["pass_filenames"], hook["always_run"]) == ("python", False, True)
    program, *words = hook["entry"].split()
    assert program == "gitcorpus"
    assert main(words) == 0
    assert "judging the index" in capsys.readouterr().err
