"""No reference moves unless this very move was judged, by the specs that still stand (the second lock)."""

import os
import subprocess

import pygit2
import pytest
from server.installed import NOW, settle
from smallest import ADD, SPECS

from gitcorpus.server.process import process_of
from gitcorpus.server.reconcile import reconcile

GOOD = {f"{ADD}/add.py": "def add(a, b):\n    return a + b\n"}
LEAD = {"PUSHER": "lead"}
UNJUDGED = "was not judged: no push through the gate moves it"


@pytest.fixture(params=["alone", "watched"])
def bare(request):
    """The same with and without a gatekeeper."""
    return request.getfixturevalue({"alone": "installed", "watched": "warm"}[request.param])


@pytest.fixture
def work(forge, bare):
    work = forge.clone(bare)
    work.commit(SPECS, "specs", author="lead")
    said = work.push("HEAD:main", env=LEAD)
    assert said.accepted, said.stderr
    settle(bare)
    work.commit(GOOD, "good")
    return work


def ref(forge, bare, name="refs/heads/main"):
    return forge.run("for-each-ref", "--format=%(objectname)", name, cwd=bare).stdout.strip()


def test_branches_tags_and_deletions_that_were_judged_pass(forge, bare, work):
    work.tag("v1", message="one")
    assert work.push("HEAD:main", "HEAD:topic", "v1", env=LEAD).accepted
    assert work.push("--atomic", ":topic", "HEAD:other", "HEAD:another", env=LEAD).accepted
    settle(bare)
    assert forge.run("for-each-ref", "--format=%(refname)", cwd=bare).stdout.split() == [
        "refs/heads/another",
        "refs/heads/main",
        "refs/heads/other",
        "refs/tags/v1",
    ]
    assert reconcile(bare, now=NOW) == ((), ())


def test_a_hook_that_lost_its_x_bit_lets_nothing_in(forge, bare, work):
    before = ref(forge, bare)
    (bare / "hooks/pre-receive").chmod(0o644)
    said = work.push("HEAD:main", env=LEAD)
    assert not said.accepted
    assert UNJUDGED in said.stderr
    assert ref(forge, bare) == before


@pytest.mark.parametrize("text", [b"", b"#!/bin/sh\nexit 0\n"])
def test_a_hook_that_says_yes_to_everything_lets_nothing_in(bare, work, text):
    (bare / "hooks/pre-receive").write_bytes(text)
    assert not work.push("HEAD:main", env=LEAD).accepted


def test_an_administrators_own_command_moves_nothing(forge, bare, work):
    before = ref(forge, bare)
    for command in (
        ("update-ref", "refs/heads/sneaked", before),
        ("update-ref", "-d", "refs/heads/main"),
        ("branch", "sneaked", "main"),
        ("tag", "v9", "main"),
        ("fetch", str(work.path), "HEAD:refs/heads/sneaked"),
    ):
        done = forge.run(*command, cwd=bare, check=False)
        assert done.returncode, command
        assert UNJUDGED in done.stderr
        assert "gitcorpus server move" in done.stderr
    assert ref(forge, bare, "refs/**").split() == [before]


@pytest.mark.usefixtures("work")
@pytest.mark.parametrize("how", ["from elsewhere", "without hooks"])
def test_what_steps_around_it_is_found_afterwards(forge, bare, how):
    """git takes the relative core.hooksPath from the directory that it works in: docs/guide/server.md says so."""
    around = ["--git-dir", str(bare)] if how == "from elsewhere" else ["-c", "core.hooksPath=/dev/null"]
    command = ("update-ref", "refs/heads/sneaked", ref(forge, bare))
    assert UNJUDGED in forge.run("-C", str(bare), *command, check=False).stderr
    forge.run(*around, *command, cwd=None if how == "from elsewhere" else bare)
    _, (found,) = reconcile(bare, now=NOW)
    assert (found.code, found.place.path) == ("ref-moved", "refs/heads/sneaked")


def test_a_packed_reference_is_deleted_by_a_push_and_by_nothing_else(forge, bare, work):
    assert work.push("HEAD:topic", env=LEAD).accepted
    settle(bare)
    forge.run("pack-refs", "--all", cwd=bare)
    assert forge.run("update-ref", "-d", "refs/heads/topic", cwd=bare, check=False).returncode
    assert ref(forge, bare, "refs/heads/topic") == work.head
    assert work.push(":topic", env=LEAD).accepted
    assert not ref(forge, bare, "refs/heads/topic")


def test_packing_and_collecting_move_nothing_and_are_not_in_the_way(forge, bare, work):
    before = ref(forge, bare)
    for command in (("pack-refs", "--all", "--prune"), ("gc", "--quiet"), ("fsck",)):
        forge.run(*command, cwd=bare)
    assert ref(forge, bare) == before
    assert not (bare / "refs/heads/main").exists()
    assert work.push("HEAD:main", env=LEAD).accepted


def test_a_ticket_is_good_for_one_process_only(forge, bare, work):
    assert work.push("HEAD:topic", env=LEAD).accepted
    settle(bare)
    tip = work.head
    started = int(process_of(os.getpid()).started)
    (bare / "gitcorpus/tickets").mkdir(exist_ok=True)
    forged = f"alone {started + 100_000}\npolicy refs/heads/main {ref(forge, bare)}\n"
    forged += f"move {'0' * 40} {tip} refs/heads/sneaked\n"
    script = f"cat > gitcorpus/tickets/$$; exec git update-ref refs/heads/sneaked {tip} {'0' * 40}"
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=bare,
        input=forged,
        env=forge.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "the ticket belongs to another process" in done.stderr
    reconcile(bare, now=NOW)


@pytest.mark.parametrize("when", ["loose", "packed"])
def test_specs_that_changed_while_a_push_was_judged(forge, bare, work, when):
    """A hook of somebody else stands for another push that lands between the verdict and the move."""
    other = forge.clone(bare, "other")
    policy = other.commit(
        {"specs/waivers.yaml": "apiVersion: gitcorpus/v1\nkind: Waivers\nwaivers: []\n"}, "more"
    )
    assert other.push("HEAD:waiting", env=LEAD).accepted
    settle(bare)
    pack = "git pack-refs --all;" if when == "packed" else ""
    update = bare / "hooks/update"
    update.write_text(
        f'#!/bin/sh\n[ "$1" = refs/heads/topic ] || exit 0\n'
        f"git -c core.hooksPath=/dev/null update-ref refs/heads/main {policy};{pack}\n"
    )
    update.chmod(0o755)
    said = work.push("HEAD:topic", env=LEAD)
    assert "the specs changed while this push was judged" in said.stderr
    assert not ref(forge, bare, "refs/heads/topic")
    update.unlink()
    assert work.push("HEAD:topic", env=LEAD).accepted


def test_a_push_that_moves_the_policy_and_more_passes(work):
    work.commit(
        {"specs/waivers.yaml": "apiVersion: gitcorpus/v1\nkind: Waivers\nwaivers: []\n"}, author="lead"
    )
    said = work.push("HEAD:main", "HEAD:after", "HEAD:before", env=LEAD)
    assert said.accepted, said.stderr


@pytest.mark.usefixtures("work")
def test_what_writes_without_git_is_found_afterwards(forge, bare):
    tip, before = ref(forge, bare), ref(forge, bare)
    pygit2.Repository(str(bare)).references.create("refs/heads/sneaked", tip)
    _, (found,) = reconcile(bare, now=NOW)
    assert (found.code, found.place.path) == ("ref-moved", "refs/heads/sneaked")
    assert found.hint == f"gitcorpus server move {bare} refs/heads/sneaked --reason 'put back', then push it"
    assert ref(forge, bare) == before


def test_hooks_of_others_still_see_that_references_move(bare, work):
    folder = bare / "hooks/reference-transaction.d"
    folder.mkdir()
    (folder / "10-log").write_text('#!/bin/sh\nsed "s/^/$1 /" >> seen\n')
    (folder / "10-log").chmod(0o755)
    assert work.push("HEAD:topic", env=LEAD).accepted
    line = f"{'0' * 40} {work.head} refs/heads/topic"
    assert (bare / "seen").read_text().splitlines() == [f"prepared {line}", f"committed {line}"]
    (folder / "10-log").write_text("#!/bin/sh\nexit 1\n")
    assert not work.push("HEAD:other", env=LEAD).accepted


def test_a_folder_for_tickets_that_cannot_be_written_refuses(bare, work):
    folder = bare / "gitcorpus/tickets"
    settle(bare)
    if folder.is_dir():
        folder.rmdir()
    folder.write_bytes(b"")
    said = work.push("HEAD:main", env=LEAD)
    assert "ticket-unwritable" in said.remote
    assert not said.accepted
    folder.unlink()


def test_tickets_are_taken_back(bare, work):
    assert work.push("HEAD:main", env=LEAD).accepted
    settle(bare)
    ticket = bare / "gitcorpus/tickets" / str(os.getpid())
    ticket.write_text("alone 1\n")
    reconcile(bare, now=NOW)
    assert not ticket.exists()
