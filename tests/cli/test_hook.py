from datetime import UTC, datetime

import pytest

from gitcorpus.cli import hook
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import EntryKind

ZERO = "0" * 40
LINE = f"{ZERO} {'a' * 40} refs/heads/main\n".encode()


@pytest.fixture
def bare(forge, monkeypatch, tmp_path):
    path = forge.bare()
    monkeypatch.chdir(path)
    monkeypatch.setenv("GIT_DIR", ".")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    Ledger.of(path).append(EntryKind.INSTALLED, {}, now=datetime(2026, 1, 1, tzinfo=UTC))
    return path


def crash(_stdin):
    raise ZeroDivisionError("the secret of it")


def test_a_bug_refuses_the_push_and_is_in_the_ledger(bare, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("gitcorpus.cli.pre_receive.run", crash)
    assert hook.run("pre-receive", LINE) == 4
    (report,) = tmp_path.glob("gitcorpus-bug-*")
    entry = list(Ledger.of(bare).entries())[-1]
    assert capsys.readouterr().err == (
        "gitcorpus could not judge this push, so it is refused; it is not your fault\n"
        "bug: gitcorpus went wrong (ZeroDivisionError), and nothing that you did is to blame\n"
        f"  hint: report it with {report}, which holds what is needed to mend it\n"
        f"verdict {entry.short}\n"
    )
    assert entry.body["outcome"] == "unjudged"
    assert entry.body["gates"] == [
        {"gate": "push", "state": "unjudged", "reason": "bug: ZeroDivisionError", "findings": []}
    ]


def test_input_that_git_did_not_write_is_refused(bare, capsys):
    assert hook.run("pre-receive", b"make it so\n") == 3
    assert "bad-hook-input" in capsys.readouterr().err
    assert len(list(Ledger.of(bare).entries())) == 1


def test_a_bug_after_the_push_says_that_the_push_landed(bare, monkeypatch, capsys):
    monkeypatch.setattr("gitcorpus.cli.post_receive.run", crash)
    assert hook.run("post-receive", LINE) == 4
    assert capsys.readouterr().err.startswith(
        "the push landed, but gitcorpus could not record that it did; the verdict is recorded\n"
    )
    assert len(list(Ledger.of(bare).entries())) == 1
