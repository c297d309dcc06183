"""Authors read their own past verdicts from their clone; nothing moves, and nobody else's are told."""

import re

from server.installed import settle
from smallest import ADD, SPECS

from gitcorpus.cli.app import main
from gitcorpus.ledger import Ledger

BAD = {f"{ADD}/add.py": "x = (\n"}


def test_a_pusher_reads_a_verdict_of_theirs_by_number_or_digits_and_nobody_elses(forge, warm, capsys):
    work = forge.clone(warm)
    work.commit(SPECS, "specs", author="lead")
    assert work.push("HEAD:main", env={"PUSHER": "lead"}).accepted
    work.commit(BAD, "bad", author="north")
    refused = work.push("HEAD:topic", env={"PUSHER": "north"})
    digits = re.search("verdict ([0-9a-f]{12})", refused.remote)[1]
    settle(warm)
    entries = list(Ledger.of(warm).entries())
    number = next(entry.number for entry in entries if entry.short == digits)
    refs = forge.run("for-each-ref", "refs/heads", "refs/tags", cwd=warm).stdout

    def ask(what, pusher):
        said = work.push("-o", f"gitcorpus.verdict={what}", "HEAD:topic", env={"PUSHER": pusher})
        assert said.code == 1
        assert said.remote.endswith(
            "nothing was judged and nothing moves, so git reports the push as declined"
        )
        return said.remote

    mine = ask(number, "north").splitlines()
    assert mine[0].startswith(f"verdict {number} ({digits}) of 20")
    assert mine[0].endswith(": refused")
    assert mine[1:3] == ["pushed by north", f"refs/heads/topic 0..{work.head[:8]}"]
    assert "syntax: failed" in mine
    assert any(line.startswith(f"  {ADD}/add.py:1:5 syntax-error: ") for line in mine)
    assert ask(digits, "north").splitlines() == mine
    for what, pusher in (
        (number, "south"),
        (digits, "lead"),
        (99, "north"),
        ("", "north"),
        ("../..", "north"),
    ):
        said = ask(what, pusher)
        assert said.startswith("no one verdict on a push of yours is called")
        assert "syntax-error" not in said
    assert list(Ledger.of(warm).entries()) == entries
    assert forge.run("for-each-ref", "refs/heads", "refs/tags", cwd=warm).stdout == refs
    assert main(["ledger", "show", str(warm), str(number)]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[:-1] == mine[:-1]
    assert shown[-1].startswith("digest sha256:")
