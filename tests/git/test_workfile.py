"""Files of a work tree are exchanged whole, and nothing outside of it is read or written."""

import os

import pytest

from gitcorpus.git.workfile import exchange_work_file, read_work_file


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "work"
    (root / "a" / "b").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x.py").write_bytes(b"mine")
    return root


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_bytes_are_exchanged_and_the_mode_stays(root):
    file = root / "a" / "b" / "x y\n.py"
    for mode in (0o600, 0o644, 0o755):
        file.write_bytes(b"old")
        file.chmod(mode)
        assert exchange_work_file(root, "a/b/x y\n.py", old=b"old", new=b"new\r\n")
        assert file.read_bytes() == b"new\r\n"
        assert file.stat().st_mode & 0o7777 == mode
        assert names(file.parent) == [file.name]


def test_what_changed_meanwhile_is_left_alone(root):
    file = root / "x.py"
    file.write_bytes(b"newer")
    assert not exchange_work_file(root, "x.py", old=b"old", new=b"new")
    assert file.read_bytes() == b"newer"
    assert names(root) == ["a", "x.py"]


def test_another_name_of_the_file_keeps_its_bytes(root, tmp_path):
    file = root / "x.py"
    file.hardlink_to(tmp_path / "outside" / "x.py")
    assert exchange_work_file(root, "x.py", old=b"mine", new=b"new")
    assert (tmp_path / "outside" / "x.py").read_bytes() == b"mine"


@pytest.mark.parametrize(
    "path",
    ["link.py", "folder/x.py", "a/up/x.py", "../outside/x.py", "a/../../outside/x.py", "/etc/hostname", "", "a",
     "none.py", "a/none/x.py", ".git/config", "a/.GIT/config", "x.fifo", "a//x.py", "x" * 300, "file.py/x.py"],
)  # fmt: skip
def test_nothing_else_than_a_regular_file_of_the_work_tree_is_touched(root, tmp_path, path):
    outside = tmp_path / "outside"
    (root / "link.py").symlink_to(outside / "x.py")
    (root / "folder").symlink_to(outside)
    (root / "a" / "up").symlink_to("../../outside")
    (root / "file.py").write_bytes(b"mine")
    os.mkfifo(root / "x.fifo")
    for folder in (root / ".git", root / "a" / ".GIT"):
        folder.mkdir()
        (folder / "config").write_bytes(b"mine")
    assert read_work_file(root, path) is None
    assert not exchange_work_file(root, path, old=b"mine", new=b"theirs")
    assert (outside / "x.py").read_bytes() == b"mine"
    assert names(outside) == ["x.py"]
