"""The doctor tries the room for pushed code, if a gate needs one, and attacks it if it is asked to."""

import os
from pathlib import Path

import pytest
from server.conftest import NOW
from smallest import GATES, SPECS

from gitcorpus.cli.app import main
from gitcorpus.server.doctor import examine

LEAD = {"PUSHER": "lead"}
TESTS = GATES + "gates:\n  - {id: tests, uses: tests, when: merge}\n"


@pytest.fixture
def says(forge, installed, program):
    """Which findings there are, by code, with gates and a line of the server's file."""

    def run(line="", gates=GATES, **asked):
        work = forge.clone(installed)
        work.commit({**SPECS, "specs/gates.yaml": gates}, "specs", author="lead")
        assert work.push("HEAD:main", env=LEAD).accepted
        path = installed / "gitcorpus" / "server.yaml"
        path.write_text(path.read_text() + line)
        found = examine(installed, program, uid=os.geteuid(), now=NOW, **asked)
        return {finding.code: (finding.blocks, finding.sentence) for finding in found}

    return run


def test_nobody_needs_a_room_whose_gates_run_nothing(says):
    assert says("sandbox: {program: /nowhere/bwrap}\n") == {}


def test_a_gate_that_runs_code_needs_one(says):
    (code, (blocks, sentence)) = next(iter(says("sandbox: {program: /nowhere/bwrap}\n", TESTS).items()))
    assert (code, blocks) == ("sandbox-missing", True)
    assert sentence.endswith("pushes that tests judge are left unjudged")


def test_to_do_without_is_worth_knowing(says):
    assert says("sandbox: none\n") == {
        "sandbox-none": (
            False,
            "pushed code runs as this account: it can read and change what the account can",
        )
    }


@pytest.mark.skipif(not Path("/usr/bin/bwrap").is_file(), reason="needs bubblewrap")
def test_a_room_with_the_repository_in_it_is_broken(says, installed):
    found = says(f"sandbox: {{mounts: [{installed}]}}\n", TESTS, attacks=True)
    assert found == {
        "sandbox-broken": (True, f"reading the repository and keys: {installed}/config can be read")
    }


@pytest.mark.skipif(not Path("/usr/bin/bwrap").is_file(), reason="needs bubblewrap")
def test_the_command_attacks_unless_it_is_to_be_quick(says, installed, capsys):
    says(f"sandbox: {{mounts: [{installed}]}}\n")
    assert main(["server", "doctor", str(installed)]) == 1
    assert "sandbox-broken" in capsys.readouterr().out
    main(["server", "doctor", str(installed), "--quick"])
    assert "sandbox-broken" not in capsys.readouterr().out
