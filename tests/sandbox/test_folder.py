"""Pushed paths, whatever they say, stay below the folder; and the folder goes away, whatever is in it."""

import os
from pathlib import Path

import pytest

from gitcorpus.sandbox import GivenFile
from gitcorpus.sandbox.folder import WORK, fresh_folder, remove_folder, write_files

HOSTILE = [
    "",
    "/",
    "..",
    ".",
    "../up",
    "a/../../up",
    "/absolute",
    "a//b",
    "a/",
    "./a",
    ".git",
    ".git/config",
    "a/.GIT/hooks/post-checkout",
    "a\0b",
    "x" * 256,
    "link/inside",
    "link",
    "file/inside",
    "folder",
]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "outside").mkdir()
    top = tmp_path / "top"
    (top / "folder").mkdir(parents=True)
    (top / "file").write_bytes(b"mine")
    (top / "link").symlink_to("../outside")
    return top


def tree(top: Path) -> dict[str, bytes | None]:
    found = (path for path in top.rglob("*"))
    return {str(path.relative_to(top)): path.read_bytes() if path.is_file() else None for path in found}


@pytest.mark.parametrize("path", HOSTILE)
def test_a_path_that_leads_elsewhere_is_left_out_and_counted(folder, path):
    before = tree(folder.parent)
    assert write_files(folder, [GivenFile(path, b"theirs")]) == 1
    assert tree(folder.parent) | before == tree(folder.parent)
    assert b"theirs" not in tree(folder.parent).values()


def test_ordinary_paths_are_written(folder):
    files = [
        GivenFile("a/b/c.py", b"1"),
        GivenFile("a/b/d.py", b"2"),
        GivenFile("..a/.gitignore", b"3"),
        GivenFile(os.fsdecode(b"caf\xe9/\xff"), b"4"),
        GivenFile("-rf", b"5"),
        GivenFile("new\nline", b"6"),
    ]
    assert write_files(folder, files) == 0
    for file in files:
        assert (folder / file.path).read_bytes() == file.data
    assert (folder / "a/b/c.py").stat().st_mode & 0o777 == 0o644


def test_one_path_twice_is_written_once(folder):
    assert write_files(folder, [GivenFile("a", b"1"), GivenFile("a", b"2")]) == 1
    assert (folder / "a").read_bytes() == b"1"


def test_many_files_leave_no_descriptor_open(folder):
    before = len(list(Path("/proc/self/fd").iterdir()))
    write_files(
        folder, [GivenFile(f"a/b/c/{n}", b"") for n in range(50)] + [GivenFile(p, b"") for p in HOSTILE]
    )
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_what_a_tool_left_goes_away_and_what_it_links_to_stays(tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_text("mine")
    with fresh_folder() as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        work = folder / WORK
        (work / "out").symlink_to(tmp_path / "kept")
        (work / "closed" / "inner").mkdir(parents=True)
        (work / "closed" / "inner" / "file").write_text("")
        (work / "closed" / "inner").chmod(0)
        (work / "closed").chmod(0)
        os.mkfifo(work / "fifo")
    assert not folder.exists()
    assert (tmp_path / "kept" / "file").read_text() == "mine"


def test_a_folder_deeper_than_any_path_goes_away(tmp_path):
    top = tmp_path / "top"
    top.mkdir()
    at = os.open(top, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d", dir_fd=at)
        inner = os.open("d", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = inner
    os.close(at)
    remove_folder(top)
    assert not top.exists()
