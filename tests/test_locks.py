import fcntl
import os
import re
import signal
import subprocess
import time
from contextlib import ExitStack

import pytest
from server.slow import HOLD_LOCK, held_lock

from gitcorpus.errors import UnjudgedError
from gitcorpus.locks import holder, locked, make_private, open_private, read_regular, try_locked


def mode(path):
    return path.stat().st_mode & 0o777


def test_a_lock_is_its_owners_alone_also_one_that_was_not(tmp_path):
    new, old = tmp_path / "new", tmp_path / "old"
    old.touch(mode=0o644)
    for path in (new, old):
        with locked(path):
            assert mode(path) == 0o600


@pytest.mark.parametrize("words", [(), ("shared",)])
def test_a_wait_ends_and_names_the_lock_and_who_holds_it(tmp_path, words):
    path = tmp_path / "a lock"
    path.touch()
    with held_lock(path, *words) as pid:
        started = time.monotonic()
        with pytest.raises(UnjudgedError) as caught, locked(path, seconds=0.2):
            pytest.fail("it was held")
        assert time.monotonic() - started < 5
        error = caught.value
        assert (error.code, error.place) == ("lock-held", str(path))
        assert re.fullmatch(
            rf"process {pid} \(python[0-9.]*\) holds this lock, and did not let go of it for 0\.2 s",
            error.sentence,
        )
        assert f"`ps -o pid,user,stat,args -p {pid}`" in error.hint
        assert try_locked(path) is None
    assert holder(path) == ""
    with locked(path, seconds=0.2):
        assert holder(path).startswith(f"process {os.getpid()} (")


def test_a_lock_that_is_let_go_in_time_is_had(tmp_path):
    path = tmp_path / "lock"
    path.touch()
    with ExitStack() as stack:
        pid = stack.enter_context(held_lock(path))
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(UnjudgedError, match="holds this lock"), locked(path, seconds=0.05):
            pytest.fail("a stopped process holds it")
        os.kill(pid, signal.SIGKILL)
        with locked(path, seconds=20):
            assert try_locked(path) is None


@pytest.mark.parametrize("there", ["a pipe", "a folder", "a link"])
def test_what_is_no_regular_file_is_not_waited_for(tmp_path, there):
    path = tmp_path / "lock"
    if there == "a pipe":
        os.mkfifo(path)
    elif there == "a folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "elsewhere")
    for use in (open_private, make_private, try_locked):
        with pytest.raises(OSError, match=r"regular|directory|symbolic"):
            use(path)
    if there != "a link":
        with pytest.raises(OSError, match=r"regular|directory"):
            read_regular(path)


def test_a_database_that_others_could_lock_is_its_owners_again(tmp_path):
    path = tmp_path / "cache.db"
    for ending in ("", "-wal", "-shm"):
        tmp_path.joinpath(path.name + ending).touch(mode=0o644)
    make_private(path)
    assert {mode(each) for each in tmp_path.iterdir()} == {0o600}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_another_account_cannot_take_it(tmp_path):
    path = tmp_path / "lock"
    with locked(path):
        pass
    account = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", "/usr/bin/python3"]
    done = subprocess.run([*account, "-c", HOLD_LOCK, str(path)], capture_output=True, text=True, check=False)
    assert "PermissionError" in done.stderr
    with path.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
