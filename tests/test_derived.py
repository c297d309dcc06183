import os
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from gitcorpus import derived
from gitcorpus.cache import Cache
from gitcorpus.cli.app import main
from gitcorpus.git.attribution.kept import kept_at
from gitcorpus.git.repo import Repo

DAY = date(2026, 1, 1)


class Account:
    """Stands for the account's entry: its home folder is one of the test."""

    def __init__(self, home: Path) -> None:
        self.pw_dir = str(home)


@pytest.fixture
def home(tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setattr("pwd.getpwuid", lambda _: Account(home))
    return home


@pytest.fixture
def git_dir(tmp_path):
    (tmp_path / "r.git/gitcorpus").mkdir(parents=True)
    return tmp_path / "r.git"


def test_a_name_holds_for_one_account_and_one_place(home, git_dir, tmp_path):
    one = derived.sealed(git_dir, "cache")
    assert one is not None
    assert (home / ".cache/gitcorpus/key").stat().st_mode & 0o777 == 0o600
    assert [each.name for each in (home / ".cache/gitcorpus").iterdir()] == ["key"]
    assert derived.sealed(git_dir, "cache") == one
    (tmp_path / "link").symlink_to(git_dir)
    assert derived.sealed(tmp_path / "link", "cache") == one
    others = {derived.sealed(git_dir, "releases").name, derived.sealed(tmp_path / "s.git", "cache").name}
    (home / ".cache/gitcorpus/key").unlink()
    others.add(derived.sealed(git_dir, "cache").name)
    assert len(others) == 3
    assert one.name not in others


@pytest.mark.parametrize("spoil", ["open", "short", "link", "fifo", "no home"])
def test_a_key_that_others_may_know_seals_nothing(home, git_dir, spoil):
    assert derived.sealed(git_dir, "cache") is not None
    key = home / ".cache/gitcorpus/key"
    if spoil == "open":
        key.chmod(0o640)
    elif spoil == "short":
        key.write_bytes(b"x")
    elif spoil == "link":
        key.rename(home / "other")
        key.symlink_to(home / "other")
    elif spoil == "fifo":
        key.unlink()
        os.mkfifo(key, 0o600)
    else:
        shutil.rmtree(home)
        home.write_text("no folder")
    assert derived.sealed(git_dir, "cache") is None
    cache = Cache.of(git_dir)
    cache.learn("syntax", {b"a": b"[]"}, today=DAY)
    assert cache.known([b"a"]) == {b"a": b"[]"}
    cache.close()
    assert cache.known([b"a"]) == {}
    assert list((git_dir / "gitcorpus").iterdir()) == []


@pytest.mark.usefixtures("home")
def test_threads_that_begin_at_once_agree_on_the_key(git_dir):
    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(derived.sealed, [git_dir] * 64, ["cache"] * 64))
    assert len(names) == 1
    assert names.pop() is not None


@pytest.mark.usefixtures("home")
def test_nothing_is_kept_through_a_link(git_dir, tmp_path):
    path = derived.sealed(git_dir, "cache")
    path.symlink_to(tmp_path / "elsewhere.db")
    Cache.of(git_dir).learn("syntax", {b"a": b"[]"}, today=DAY)
    path.unlink()
    path.with_name(f"{path.name}-wal").symlink_to(tmp_path / "elsewhere.db")
    Cache.of(git_dir).learn("syntax", {b"a": b"[]"}, today=DAY)
    shutil.rmtree(git_dir / "gitcorpus")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/cache.db").write_text("mine")
    (git_dir / "gitcorpus").symlink_to(tmp_path / "elsewhere")
    Cache.of(git_dir).learn("syntax", {b"a": b"[]"}, today=DAY)
    assert list(derived.every(git_dir, "cache")) == []
    assert [each.name for each in (tmp_path / "elsewhere").iterdir()] == ["cache.db"]
    assert not (tmp_path / "elsewhere.db").exists()


@pytest.mark.usefixtures("home")
def test_files_of_before_are_begun_anew_once(git_dir):
    folder = git_dir / "gitcorpus"
    for name in ("cache.db", "cache.db-wal", "releases.db", "server.yaml"):
        (folder / name).write_text("old")
    Cache.of(git_dir).learn("syntax", {b"a": b"[]"}, today=DAY)
    assert sorted(each.name for each in folder.iterdir() if "-" not in each.name) == [
        "releases.db",
        "server.yaml",
    ]
    assert Cache.of(git_dir).known([b"a"]) == {b"a": b"[]"}


def test_a_forged_origin_of_lines_is_not_believed(forge, capsys):
    """The same file under the name of this account would be: so the forgery is one."""
    work = forge.work()
    work.commit({"a.txt": "one\n"}, author="north")
    first = work.head
    work.commit({"a.txt": "one\ntwo\n"}, author="south")
    work.commit({"b.txt": "x\n"}, author="south")
    blame = ["blame", "a.txt", "--repo", str(work.path)]
    assert main(blame) == 0
    honest = capsys.readouterr().out
    assert "north" in honest
    kept = kept_at(Repo.open(work.path))
    with closing(sqlite3.connect(kept)) as connection, connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute(
            "UPDATE nodes SET oid = ? WHERE oid = ?", [*map(bytes.fromhex, (work.head, first))]
        )
    forged = kept.read_bytes()
    assert main(blame) == 0
    assert "North" not in capsys.readouterr().out, "a forgery that says nothing else proves nothing"
    clone = work.path.with_name("clone")
    shutil.copytree(work.path, clone)
    (clone / ".git/gitcorpus/attribution.db").write_bytes(forged)
    blame[-1] = str(clone)
    assert main(blame) == 0
    assert capsys.readouterr().out == honest
    assert not (clone / ".git/gitcorpus/attribution.db").exists()
    assert main(["cache", "clear", str(clone)]) == 0
    assert list(derived.every(clone / ".git", "attribution")) == []
