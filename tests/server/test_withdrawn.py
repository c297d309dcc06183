"""A move that was let in has landed, or it is withdrawn: then nobody may take it for let in any more."""

import pytest
from server.installed import NOW, settle
from server.slow import GOOD, LEAD
from smallest import SPECS

from gitcorpus.compiler.verdicts import backings
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.server.reconcile import reconcile
from gitcorpus.server.tickets import FOLDER

REFUSING = '#!/bin/sh\n[ "$1" != refs/heads/topic ]\n'


@pytest.fixture(params=["installed", "warm"])
def bare(request):
    """A repository whose hooks judge by themselves, or ask a gatekeeper."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def work(forge, bare):
    work = forge.clone(bare)
    work.commit(SPECS, "specs", author="lead")
    assert work.push("HEAD:main", env=LEAD).accepted
    settle(bare)
    work.commit(GOOD)
    return work


def refuse_topic(bare):
    """Let git refuse a reference after gitcorpus has let it in, as a lost race does."""
    hook = bare / "hooks/update"
    hook.write_text(REFUSING)
    hook.chmod(0o755)


def newest(bare):
    """Return what the ledger says of moves since the specs: kind, and references."""
    entries = list(Ledger.of(bare).entries())
    told = [(entry.kind.value, [each["ref"] for each in entry.body.get("updates", ())]) for entry in entries]
    return [(kind, [ref.removeprefix("refs/heads/") for ref in refs]) for kind, refs in told[3:]]


def move_past_the_gate(forge, bare, work):
    forge.run("fetch", "--quiet", str(work.path), "HEAD", cwd=bare)
    forge.run("-c", "core.hooksPath=/dev/null", "update-ref", "refs/heads/topic", work.head, cwd=bare)


def test_what_git_refused_is_withdrawn_and_lets_nothing_in_later(forge, bare, work):
    refuse_topic(bare)
    assert not work.push("HEAD:topic", env=LEAD).accepted
    if bare.name == "warm.git":
        settle(bare)
    else:
        assert newest(bare) == [("verdict", ["topic"])]  # git ran no hook that could have told
        assert reconcile(bare, now=NOW) == ((), ())
    assert newest(bare) == [("verdict", ["topic"]), ("withdrawn", ["topic"])]
    move_past_the_gate(forge, bare, work)
    recorded, findings = reconcile(bare, now=NOW)
    assert (recorded, [finding.code for finding in findings]) == ((), ["ref-moved"])
    assert [each[0] for each in newest(bare)] == ["verdict", "withdrawn"]


def test_of_two_references_one_lands_and_the_other_is_withdrawn(bare, work):
    refuse_topic(bare)
    work.push("HEAD:topic", "HEAD:other", env=LEAD)
    settle(bare) if bare.name == "warm.git" else reconcile(bare, now=NOW)
    assert newest(bare) == [
        ("verdict", ["topic", "other"]),
        ("landed", ["other"]),
        ("withdrawn", ["topic"]),
    ]
    assert reconcile(bare, now=NOW) == ((), ())


def test_a_push_without_a_ticket_is_withdrawn_at_once(forge, bare, work):
    tickets = bare / FOLDER
    tickets.rmdir()
    tickets.write_bytes(b"")
    said = work.push("HEAD:topic", env=LEAD)
    assert "ticket-unwritable" in said.remote
    assert [each[0] for each in newest(bare)] == ["verdict", "withdrawn", "verdict"]
    tickets.unlink()
    move_past_the_gate(forge, bare, work)
    assert [finding.code for finding in reconcile(bare, now=NOW)[1]] == ["ref-moved"]


def test_the_same_move_pushed_again_lands(bare, work):
    refuse_topic(bare)
    assert not work.push("HEAD:topic", env=LEAD).accepted
    settle(bare) if bare.name == "warm.git" else reconcile(bare, now=NOW)
    (bare / "hooks/update").unlink()
    assert work.push("HEAD:topic", env=LEAD).accepted
    settle(bare)
    assert reconcile(bare, now=NOW) == ((), ())
    assert [each[0] for each in newest(bare)] == ["verdict", "withdrawn", "verdict", "landed"]


def test_a_withdrawn_verdict_stands_behind_no_release(bare, work):
    refuse_topic(bare)
    assert not work.push("HEAD:topic", env=LEAD).accepted
    settle(bare) if bare.name == "warm.git" else reconcile(bare, now=NOW)
    entries = list(Ledger.of(bare).entries())
    assert list(backings(entries, work.head)) == []
    assert len(list(backings(entries[:-1], work.head))) == 1


def test_a_branch_that_landed_and_was_deleted_is_not_withdrawn(bare, work):
    assert work.push("HEAD:topic", env=LEAD).accepted
    settle(bare)
    assert work.push(":topic", env=LEAD).accepted
    settle(bare)
    assert reconcile(bare, now=NOW) == ((), ())
    assert Repo.open(bare).ref("refs/heads/topic") is None
    assert [each[0] for each in newest(bare)] == ["verdict", "landed", "verdict", "landed"]
