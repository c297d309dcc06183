"""A ticket belongs to a living `git receive-pack` of the repository, and ends with it, or after ten minutes."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from server.installed import NOW, settle
from server.slow import GOOD, LEAD, SPECS_THAT_HOLD, Hold, wait_until
from smallest import SPECS

from gitcorpus.ledger import Ledger
from gitcorpus.model.place import ZERO_OID, Digest
from gitcorpus.model.push import RefUpdate
from gitcorpus.server.process import (
    Process,
    is_receive_pack,
    is_receiver,
    process_of,
    receiver_of,
    seconds_since_boot,
    wait_for_end,
)
from gitcorpus.server.reconcile import reconcile
from gitcorpus.server.tickets import LASTS, Ticket, moving_refs, stale_tickets, write_ticket
from gitcorpus.server.watch import watch

REAPER = """
import ctypes, os, subprocess, sys
assert ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) == 0  # PR_SET_CHILD_SUBREAPER
os.environ["GIT_DIR"] = sys.argv[1]
done = subprocess.run(["git", "push", "-q", sys.argv[2], "HEAD:refs/heads/k"])
print("pushed", done.returncode, flush=True)
os.chdir(sys.argv[2])
sys.stdin.read()
"""
"""Pushes from a process that the hook is given to when its receiver dies, and stays in the repository."""


@pytest.fixture(params=["alone", "watched"])
def bare(request):
    return request.getfixturevalue({"alone": "installed", "watched": "warm"}[request.param])


@pytest.fixture
def work(forge, bare):
    work = forge.clone(bare)
    work.commit(SPECS, "specs", author="lead")
    said = work.push("HEAD:main", "HEAD:k", env=LEAD)
    assert said.accepted, said.stderr
    settle(bare)
    return work


def receivers(bare):
    """Return the processes that receive a push into a repository."""
    processes = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]
    return [pid for pid in processes if is_receiver(pid, bare)]


@contextmanager
def reaper(forge, work, bare, *, name):
    """Push below a subreaper, which bears a name, until it is told to end."""
    process = subprocess.Popen(
        [name, "-c", REAPER, str(work.git_dir), str(bare)],
        executable=sys.executable,
        cwd=work.path,
        env={**forge.environ, **LEAD, "PYTHONHOME": sys.base_prefix},  # which the name does not tell
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.communicate("", timeout=30)


@pytest.mark.parametrize("name", ["python3", "git-receive-pack"])
def test_a_hook_that_was_given_to_another_parent_lets_nothing_in(forge, bare, work, tmp_path, name):
    """The receiver dies while a hook of the administrator's runs; ours then has another parent, which lives on."""
    running, let_go = tmp_path / "running", tmp_path / "let-go"
    slow = bare / "hooks/pre-receive.d/10-slow"
    slow.parent.mkdir()
    slow.write_text(f"#!/bin/sh\ntouch {running}; while ! [ -e {let_go} ]; do sleep 0.02; done\n")
    slow.chmod(0o755)
    before = len(list(Ledger.of(bare).entries()))
    work.commit(GOOD)
    with reaper(forge, work, bare, name=name) as process:
        wait_until(running.exists)
        (receiver,) = receivers(bare)
        os.kill(receiver, signal.SIGKILL)
        assert process.stdout.readline().split()[0] != "pushed 0"
        let_go.touch()
        wait_until(lambda: len(list(Ledger.of(bare).entries())) > before)
        settle(bare)
        (entry,) = list(Ledger.of(bare).entries())[before:]
        assert entry.body["outcome"] == "unjudged"
        assert entry.body["gates"][0]["reason"].startswith("receiver-gone: ")
        tip = forge.run("rev-parse", "refs/heads/main", cwd=bare).stdout.strip()
        assert reconcile(bare, now=NOW) == ((), ())
        moved = forge.run("commit-tree", "-m", "past the gate", f"{tip}^{{tree}}", cwd=bare, env=committer())
        around = ("-c", "core.hooksPath=/dev/null", "update-ref", "refs/heads/k", moved.stdout.strip())
        forge.run(*around, cwd=bare)
        _, (found,) = reconcile(bare, now=NOW)
        assert (found.code, found.place.path) == ("ref-moved", "refs/heads/k")
        assert process.poll() is None  # the new parent was there all the time


def committer():
    names = ("AUTHOR", "COMMITTER")
    return {f"GIT_{who}_{what}": "x@corpus.example" for who in names for what in ("NAME", "EMAIL")}


def test_a_receiver_that_dies_while_a_gate_judges_lets_nothing_in(forge, warm, tmp_path):
    hold = Hold(warm, tmp_path)
    work = forge.clone(warm)
    work.commit(SPECS_THAT_HOLD, "specs", author="lead")
    assert work.push("HEAD:main", env=LEAD).accepted
    settle(warm)
    before = len(list(Ledger.of(warm).entries()))
    work.commit(GOOD)
    hold.take()
    push = subprocess.Popen(
        ["git", "push", "-q", "origin", "HEAD:topic"],
        cwd=work.path,
        env={**forge.environ, **LEAD},
        stderr=subprocess.DEVNULL,
    )
    hold.wait()
    (receiver,) = receivers(warm)
    os.kill(receiver, signal.SIGKILL)
    assert push.wait(timeout=30)
    hold.release()
    wait_until(lambda: len(list(Ledger.of(warm).entries())) > before)
    settle(warm)
    (entry,) = list(Ledger.of(warm).entries())[before:]
    assert (entry.body["outcome"], entry.body["gates"][0]["reason"][:13]) == ("unjudged", "receiver-gone")
    assert reconcile(warm, now=NOW) == ((), ())


@pytest.mark.parametrize(
    "words",
    [
        "git-receive-pack /srv/git/corpus.git",
        "/usr/lib/git-core/git-receive-pack /srv/git/corpus.git",
        "git receive-pack --stateless-rpc .",
        "/usr/bin/git -c receive.fsckObjects=true --git-dir=x receive-pack .",
        "git --git-dir x -C /srv receive-pack .",
    ],
)
def test_arguments_of_a_receiver(words):
    assert is_receive_pack(words.split())


@pytest.mark.parametrize(
    "words",
    [
        "",
        "git",
        "git -c",
        "/sbin/init",
        "git http-backend",
        "git shell -c git-receive-pack",
        "git -c receive-pack fetch",
        "git upload-pack receive-pack",
        "sh -c git-receive-pack",
        "tini -- git receive-pack /srv/git/corpus.git",
        "python3 /usr/bin/git-receive-pack .",
        "git-upload-pack .",
        "git-receive-pack-wrapper .",
    ],
)
def test_arguments_of_what_is_no_receiver(words):
    assert not is_receive_pack(words.split())


def test_a_hook_started_by_hand_has_no_receiver(tmp_path):
    assert receiver_of(os.getpid(), tmp_path) is None
    assert receiver_of(0, tmp_path) is None


@contextmanager
def named(name, cwd):
    """Give a process that bears a name and does nothing."""
    process = subprocess.Popen([name, "60"], executable="/bin/sleep", cwd=cwd)
    try:
        wait_until(lambda: Path(f"/proc/{process.pid}/cmdline").read_bytes().endswith(b"\x0060\0"))
        yield process_of(process.pid)
    finally:
        process.kill()
        process.wait()


def give(bare, receiver, **changes):
    moves = (RefUpdate(ref="refs/heads/k", old=ZERO_OID, new="a" * 40),)
    made = Ticket(receiver, True, "refs/heads/main", None, Digest("sha256:" + "0" * 64), moves)
    return write_ticket(bare, made._replace(**changes))


def aged(path, since):
    """Write another time into a ticket."""
    head, rest = path.read_text().split("\n", 1)
    words = head.split()[:2] + ([str(since)] if since is not None else [])
    path.write_text(" ".join(words) + "\n" + rest)


def test_a_ticket_of_a_receiver_that_hangs_is_stale_by_its_age(installed):
    now = int(seconds_since_boot())
    with named("git-receive-pack", installed) as receiver:
        path = give(installed, receiver)
        for since, is_stale in (
            (now, False),
            (now - LASTS - 2, True),
            (now + 60, True),
            (None, True),
            ("x", True),
        ):
            aged(path, since if isinstance(since, str | None) else int(since))
            assert bool(list(stale_tickets(installed))) is is_stale, since
            assert bool(moving_refs(installed)) is not is_stale, since
        reconcile(installed, now=NOW)
        assert not path.exists()


def test_a_ticket_of_anything_else_is_stale_by_proof(installed):
    with named("systemd", installed) as parent:
        path = give(installed, parent)
        assert list(stale_tickets(installed)) == [path]
        assert moving_refs(installed) == frozenset()
    with named("git-receive-pack", installed) as receiver:
        path = give(installed, Process(receiver.pid, str(int(receiver.started) - 1)))
        assert path in list(stale_tickets(installed))  # its number was used again


def test_whoever_watches_waits_for_a_bounded_time_and_takes_the_ticket_back(installed):
    with named("git-receive-pack", installed) as receiver:
        path = give(installed, receiver)
        ticket = Ticket(receiver, True, "refs/heads/main", None, Digest("sha256:" + "0" * 64), ())
        started = time.monotonic()
        watch(installed, ticket, pusher=None, clock=lambda: NOW, seconds=0.1)
        assert time.monotonic() - started < 20
        assert not path.exists()
        assert receiver.is_alive
    assert not receiver.is_alive


def test_an_ended_process_that_nobody_has_waited_for_is_gone():
    child = subprocess.Popen(["/bin/true"])
    wait_until(lambda: process_of(child.pid) is None)
    assert wait_for_end(Process(child.pid, "0"), 0)
    assert child.wait() == 0
