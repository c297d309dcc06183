"""No accepted push locks everybody out: gates that cannot answer are refused when they come, and can be taken out."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from server.conftest import NOW
from smallest import ADD, GATES, SPECS

from gitcorpus.cli.app import main
from gitcorpus.compiler.verdicts import backings
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import EntryKind
from gitcorpus.server.doctor import examine

LEAD, NORTH = {"PUSHER": "lead"}, {"PUSHER": "north"}
GOOD = {f"{ADD}/add.py": "def add(a, b):\n    return a + b\n"}
LONG = "  - {id: tests, uses: tests, budget: 10m, with: {run: ['true']}}\n"


def gates(*lines):
    return GATES + "gates:\n" + "".join(lines)


@pytest.fixture
def work(forge, installed):
    work = forge.clone(installed)
    work.commit(SPECS, "specs", author="lead")
    assert work.push("HEAD:main", env=LEAD).accepted
    return work


def tip_of(bare):
    return Repo.open(bare).ref("refs/heads/main")


def set_seconds(bare, seconds):
    path = bare / "gitcorpus" / "server.yaml"
    lines = path.read_text().splitlines()
    path.write_text(
        "\n".join(f"  seconds: {seconds}" if line.startswith("  seconds:") else line for line in lines) + "\n"
    )


def verdict_of(bare):
    entries = [entry for entry in Ledger.of(bare).entries() if entry.kind is EntryKind.VERDICT]
    return entries[-1]


def states(bare):
    return {each["gate"]: each["state"] for each in verdict_of(bare).body["gates"]}


@pytest.mark.parametrize(
    ("files", "place", "sentence"),
    [
        (
            {"specs/gates.yaml": gates(LONG)},
            "specs/gates.yaml:5:5",
            "it may take 600 s, and a push has 60 s on this server",
        ),
        (
            {"specs/gates.yaml": gates("  - {id: style, uses: style, budget: 61s}\n")},
            "specs/gates.yaml:5:5",
            "it may take 61 s",
        ),
        (
            {"specs/gates.yaml": GATES.replace("[gitcorpus:recommended]", '["gitcorpus:strict"]')},
            "specs/gates.yaml:3:11",
            "the gate `build` would give no answer here: it may take 300 s",
        ),
        (
            {"specs/gates.yaml": gates("  - {id: lint, uses: command, with: {tool: lint, output: lines}}\n")},
            "specs/gates.yaml:5:5",
            "the server has no tool `lint`",
        ),
        (
            {"specs/gates.yaml": gates("  - {id: tests, uses: tests, with: {run: [no-such-program]}}\n")},
            "specs/gates.yaml:5:5",
            "the sandbox has no `no-such-program`",
        ),
        (
            {
                "specs/gates.yaml": gates(
                    "  - {id: format, uses: format, with: {formatters: {python: {run: [no-such-program]}}}}\n"
                )
            },
            "specs/gates.yaml:5:5",
            "the sandbox has no `no-such-program`, which formats python",
        ),
    ],
    ids=["budget", "budget of a gate that only reads", "profile", "tool", "program", "formatter"],
)
def test_the_push_that_brings_a_gate_that_cannot_answer_is_refused(installed, work, files, place, sentence):
    before = tip_of(installed)
    work.commit(files, author="lead")
    refused = work.push("-o", "full", "HEAD:main", env=LEAD)
    assert not refused.accepted
    assert f"{place} gate-cannot-answer: " in refused.remote
    assert sentence in refused.remote.replace("\n", " ")
    assert tip_of(installed) == before
    assert {name for name, state in states(installed).items() if state == "failed"} == {"spec"}

    assert work.push(
        "HEAD:refs/heads/proposal", env=LEAD
    ).accepted  # elsewhere it locks nobody out, and is told
    assert "gate-cannot-answer" in json.dumps(verdict_of(installed).body)
    work.git("checkout", "--quiet", "--detach", before)
    work.commit(GOOD)
    assert work.push("HEAD:main", env=NORTH).accepted
    assert tip_of(installed) == work.head


def locked(installed, work, *lines):
    """Bring a gate in while the server has time for it, and take the time away."""
    set_seconds(installed, 900)
    work.commit({"specs/gates.yaml": gates(*lines)}, "slow", author="lead")
    assert work.push("HEAD:main", env=LEAD).accepted
    set_seconds(installed, 60)


def test_what_changes_no_solution_is_not_held_up_by_gates_that_run_code(installed, work):
    locked(installed, work, LONG)
    work.commit({"README.md": "more\n"})
    assert work.push("HEAD:main", env=NORTH).accepted
    assert states(installed)["tests"] == "not-applicable"
    work.commit(GOOD)
    held = work.push("HEAD:main", env=NORTH)
    assert not held.accepted
    assert "tests: no answer: it may take 600 s, and a push has 60 s" in held.remote

    work.git("reset", "--quiet", "--hard", "HEAD~1")
    tag = work.push("HEAD:refs/tags/v0", env=LEAD)  # a tree without a solution has nothing to run
    assert tag.accepted, tag.stderr
    set_seconds(installed, 900)
    work.commit(GOOD)
    assert work.push("HEAD:main", env=NORTH).accepted
    set_seconds(installed, 60)
    work.commit({"README.md": "and more\n"})
    assert work.push("HEAD:main", env=NORTH).accepted
    tag = work.push("HEAD:refs/tags/v1", env=LEAD)  # a tag is judged on its whole tree, so it has work
    assert not tag.accepted
    assert "tests: no answer" in tag.remote


TREE = "  - {id: tree, uses: command, budget: 10m, with: {tool: all, output: lines, files: tree}}\n"


def with_tool(installed):
    path = installed / "gitcorpus" / "server.yaml"
    path.write_text(path.read_text() + "tools:\n  all: {command: [/bin/true], sandbox: none}\n")


def test_an_owners_change_of_specs_alone_is_never_held_up(installed, work):
    with_tool(installed)
    locked(installed, work, TREE)
    stuck = tip_of(installed)
    work.commit({"README.md": "more\n"})
    assert not work.push("HEAD:main", env=NORTH).accepted
    work.git("checkout", "--quiet", "--detach", stuck)

    mended = {"specs/gates.yaml": GATES}
    work.commit({**mended, **GOOD}, "specs and a solution", author="lead")
    assert not work.push("HEAD:main", env=LEAD).accepted
    assert states(installed)["tree"] == "late"
    work.git("checkout", "--quiet", "--detach", stuck)
    work.commit(GOOD, "a solution", author="lead")
    work.commit({f"{ADD}/add.py": None, **mended}, "no solution any more", author="lead")
    assert not work.push("HEAD:main", env=LEAD).accepted
    work.git("checkout", "--quiet", "--detach", stuck)
    work.commit(mended, author="lead")
    assert not work.push("HEAD:main", env=NORTH).accepted
    assert tip_of(installed) == stuck

    freed = work.push("HEAD:main", env=LEAD)
    assert freed.accepted, freed.stderr
    assert freed.remote.splitlines()[1:4] == [
        "accepted: 11 gates passed, 1 without an answer",
        "tree: no answer: it may take 600 s, and a push has 60 s",
        "note: an owner's change of specs lands without these answers; no release rests on it",
    ]
    body = verdict_of(installed).body
    assert (body["outcome"], body["unanswered"]) == ("accepted", ["tree"])
    assert not list(backings(Ledger.of(installed).entries(), work.head))
    work.commit({"README.md": "more\n"})
    assert work.push("HEAD:main", env=NORTH).accepted
    assert list(backings(Ledger.of(installed).entries(), work.head))


def test_a_locked_corpus_is_mended_piece_by_piece(installed, work):
    locked(installed, work, LONG, "  - {id: style, uses: style, budget: 5m}\n")
    work.commit({"specs/gates.yaml": gates(LONG)}, "one of two", author="lead")
    assert work.push("HEAD:main", env=LEAD).accepted
    worse = LONG.replace("'true'", "no-such-program")
    work.commit({"specs/gates.yaml": gates(worse)}, "worse", author="lead")
    refused = work.push("HEAD:main", env=LEAD)
    assert not refused.accepted
    assert "the sandbox has no `no-such-program`" in refused.remote.replace("\n", " ")
    assert "600 s" not in refused.remote


def test_the_doctor_and_spec_check_name_gates_that_cannot_answer(installed, work, program, capsys):
    with_tool(installed)
    locked(installed, work, LONG, TREE)

    def found():
        told = examine(installed, program, uid=os.geteuid(), now=NOW)
        return [(str(each.place), each.sentence) for each in told if each.code == "gate-cannot-answer"]

    late = "would give no answer here: it may take 600 s, and a push has 60 s on this server"
    assert [sentence.split(":")[0] for _, sentence in found()] == [
        "the gate `tests` gives no answer here",
        "the gate `tree` gives no answer here",
    ]
    assert found()[0][0] == "refs/heads/main:specs/gates.yaml:5:5"
    assert main(["spec", "check", "main", "--repo", str(installed)]) == 1
    assert f"specs/gates.yaml:5:5 gate-cannot-answer: the gate `tests` {late}" in capsys.readouterr().out
    assert main(["spec", "check", str(work.path), "--repo", str(installed)]) == 1
    assert late in capsys.readouterr().out
    assert main(["spec", "check", str(work.path)]) == 0

    set_seconds(installed, 900)
    assert found() == []
    path = installed / "gitcorpus" / "server.yaml"
    path.write_text(path.read_text().replace("/bin/true", "/no/such/program"))
    assert [sentence for _, sentence in found()] == [
        "the gate `tree` gives no answer here: the program of the tool `all` is not there: /no/such/program"
    ]


def pasted():
    """Return the commands of the guide's section, block by block."""
    guide = Path(__file__).parents[2] / "docs" / "guide" / "server.md"
    section = guide.read_text().split("### When nothing can be pushed any more")[1]
    return [
        re.sub(r"^ +", "", block, flags=re.MULTILINE)
        for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    ]


def test_the_guides_ways_out_work_when_pasted(forge, installed, work):
    set_seconds(installed, 900)
    with_tool(installed)
    work.commit({"specs/gates.yaml": gates(TREE)}, "slow", author="lead")
    assert work.push("HEAD:main", env=LEAD).accepted
    set_seconds(installed, 60)
    stuck = tip_of(installed)
    look, revert, install, move = pasted()

    def paste(block, code=0):
        forge.run("clone", "--quiet", str(installed), "corpus", cwd=forge.root)
        env = {
            **forge.environ,
            **LEAD,
            "GIT_AUTHOR_NAME": "Author Lead",
            "GIT_AUTHOR_EMAIL": "lead@corpus.example",
        }
        env |= {"GIT_COMMITTER_NAME": "Author Lead", "GIT_COMMITTER_EMAIL": "lead@corpus.example"}
        env["PATH"] = f"{Path(sys.executable).parent}:{env['PATH']}"
        env |= dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), forge.tick().isoformat())
        script = "set -e\n" + block.replace("/srv/git/corpus.git", str(installed))
        run = subprocess.run(
            ["sh", "-c", script], cwd=forge.root, env=env, capture_output=True, text=True, check=False
        )
        subprocess.run(["rm", "-rf", str(forge.root / "corpus")], check=True)
        assert run.returncode == code, run.stdout + run.stderr
        return run.stdout + run.stderr

    for command in look.splitlines():
        assert "gate-cannot-answer" in paste(command, 1)
    paste(move)
    assert tip_of(installed) == Repo.open(installed).commit(stuck).parents[0]
    paste(move.replace("refs/heads/main~1", stuck))
    assert "1 without an answer" in paste(revert)
    set_seconds(installed, 900)
    paste(install)
    work.git("fetch", "--quiet", "origin")
    work.git("checkout", "--quiet", "--detach", "origin/main")
    work.commit({"README.md": "more\n"})
    assert work.push("HEAD:main", env=NORTH).accepted
    assert tip_of(installed) == work.head
