"""A machine that refuses something is told in a sentence, with exit code 2, and is never a bug of ours."""

import errno
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from smallest import ADD, SPECS

from gitcorpus.cli.app import main
from gitcorpus.cli.machine import machine_fault
from gitcorpus.errors import GitcorpusError

GITCORPUS = str(Path(sys.executable).with_name("gitcorpus"))
LONG = "n" * 300
COMMANDS = {
    "init": ["init", "new", "--email", "a@corpus.example"],
    "check": ["check", "--sandbox", "none"],
    "fix": ["fix"],
    "spec check": ["spec", "check"],
    "blame": ["blame", "README.md"],
    "query": ["query", "HEAD", "SELECT 1"],
    "release": ["release", "v1", "--unverified"],
    "server install": ["server", "install", "bare.git"],
    "server doctor": ["server", "doctor", ".git"],
    "ledger verify": ["ledger", "verify", ".git"],
    "pending list": ["pending", "list"],
    "refused list": ["refused", "list"],
    "incidents list": ["incidents", "list"],
    "cache stats": ["cache", "stats"],
    "gatekeeper status": ["gatekeeper", "status"],
    "--version": ["--version"],
    "help": ["--help"],
}


@pytest.fixture
def work(forge):
    work = forge.work()
    work.commit({**SPECS, "README.md": "x\n", f"{ADD}/add.py": "x = 1\n"}, author="lead")
    work.tag("v1", message="one")
    return work


def run(words, cwd, shell='exec "$0" "$@"', limit=None, env=None):
    """Run a command below a shell that spoils something, and return its exit code and what it said."""
    done = subprocess.run(
        ["/bin/sh", "-c", shell, GITCORPUS, *words],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "HOME": str(cwd), "GIT_CONFIG_GLOBAL": "/dev/null", **(env or {})},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=120,
        preexec_fn=(lambda: resource.setrlimit(*limit)) if limit else None,
    )
    return done.returncode, done.stdout + done.stderr


def is_told(code, said):
    """A command ends by itself, with an exit code that says no more than is so, and is no bug."""
    assert code in {0, 1, 2, 3}, said
    assert "bug:" not in said
    assert "Traceback" not in said
    assert "Exception ignored" not in said


@pytest.mark.parametrize("name", ["check", "spec check", "--version", "help", "init", "server install"])
def test_a_stream_that_takes_nothing(work, name):
    for shell in (
        'exec "$0" "$@" >/dev/full',
        'exec "$0" "$@" >/dev/full 2>&1',
        'exec "$0" "$@" 2>/dev/full',
    ):
        code, said = run(COMMANDS[name], work.path, shell)
        is_told(code, said)
        if shell.endswith('" >/dev/full') and code != 1:
            assert (code, "standard output machine-refused: " in said) == (2, True), said
            assert "No space left on device" in said
        shutil.rmtree(work.path / "new", ignore_errors=True)


def test_a_stream_that_is_closed(work):
    for name in ("--version", "check"):
        code, said = run(COMMANDS[name], work.path, 'exec "$0" "$@" >&-')
        assert (code, "output-closed: standard output is closed" in said) == (2, True), said
    is_told(*run(COMMANDS["--version"], work.path, 'exec "$0" "$@" <&- 2>&-'))
    code, said = run(["no-such"], work.path, 'exec "$0" "$@" 2>&-')
    assert (code, said) == (2, "")


def test_a_name_of_three_hundred_characters(work):
    for words in (
        ["init", LONG],
        ["check", f"../{LONG}"],
        ["fix", LONG],
        ["spec", "check", LONG],
        ["blame", LONG],
        ["verify", LONG],
        ["trace", LONG, "x"],
        ["query", LONG, "SELECT 1"],
        ["release", "v1", "--unverified", "-o", LONG],
        ["server", "install", LONG],
        ["server", "doctor", LONG],
        ["server", "reconcile", LONG],
        ["ledger", "verify", LONG],
        ["ledger", "show", LONG],
        ["gatekeeper", "status", LONG],
        ["incidents", "list", "--repo", LONG],
        ["refused", "list", "--repo", LONG],
        ["pending", "list", "--repo", LONG],
        ["cache", "stats", LONG],
        ["serve", LONG],
        ["changelog", LONG, LONG],
        ["diff", LONG, LONG],
    ):
        code, said = inside(words, work.path)
        assert code in {1, 2, 3}, (words, said)
        assert "bug:" not in said, (words, said)


def inside(words, cwd):
    """Run a command in this process."""
    from _pytest.capture import SysCapture  # noqa: PLC0415 - beside the capture of the test

    out, err = SysCapture(1), SysCapture(2)
    out.start()
    err.start()
    before = Path.cwd()
    os.chdir(cwd)
    try:
        code = main(words)
    finally:
        os.chdir(before)
        said = out.snap() + err.snap()
        out.done()
        err.done()
    return code, said


@pytest.mark.parametrize("name", ["init", "check", "release", "server install", "query", "spec check"])
def test_limits_of_file_size_and_of_descriptors(work, name):
    for limit in ((resource.RLIMIT_FSIZE, (0, 0)), (resource.RLIMIT_NOFILE, (12, 12))):
        code, said = run(COMMANDS[name], work.path, limit=limit)
        is_told(code, said)
        for left in ("new", "bare.git"):
            shutil.rmtree(work.path / left, ignore_errors=True)


@contextmanager
def small(folder, options):
    """Mount a small file system in memory, which only root may."""
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("mounting takes root's rights")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting takes root's rights")
@pytest.mark.parametrize("options", ["size=64k", "nr_inodes=20", "ro"])
def test_a_full_disk_one_without_inodes_and_one_that_is_read_only(work, tmp_path, options):
    with small(tmp_path / "small", options) as folder:
        for words in (
            ["init", str(folder / "corpus"), "--email", "a@corpus.example"],
            ["server", "install", str(folder / "bare.git")],
            ["release", "v1", "--unverified", "-o", str(folder / "release")],
        ):
            code, said = run(words, work.path, env={"TMPDIR": str(tmp_path)})
            is_told(code, said)
            assert code, (words, said)


def raised(number, cause=OSError):
    return cause(number, os.strerror(number), "/srv/x")


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (raised(errno.ENOSPC), "make room"),
        (raised(errno.EROFS), "name a place"),
        (raised(errno.EMFILE), "raise the limit of open files"),
        (MemoryError(), "free some memory"),
        (RuntimeError("can't start new thread"), "the account may start no more"),
        (ImportError("x.so: failed to map segment from shared object"), "free some memory"),
        (ValueError("failed to write: No space left on device"), "make room"),
    ],
)
def test_what_the_machine_refused_has_a_way_out(error, hint):
    fault = machine_fault(error)
    assert isinstance(fault, GitcorpusError)
    assert fault.code == "machine-refused"
    assert fault.hint.startswith(hint)


def test_a_database_that_finds_no_room(tmp_path):
    with pytest.raises(sqlite3.Error) as caught:
        sqlite3.connect(tmp_path / "none" / "x.db")
    assert machine_fault(caught.value).sentence == "SQLite says: unable to open database file"


@pytest.mark.parametrize(
    "error", [KeyError("x"), raised(errno.EBADF), raised(errno.EINVAL), AssertionError()]
)
def test_what_is_a_bug_stays_one(error):
    assert machine_fault(error) is None
    error.__context__ = raised(errno.ENOSPC)  # a bug in the handling of a fault
    assert machine_fault(error) is None
