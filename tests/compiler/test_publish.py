"""A release is there whole or not at all, and never in the place of something else."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gitcorpus.compiler.publish import files_below, refuse_taken, staged, write_sums
from gitcorpus.errors import GitcorpusError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def publish(target: Path, during: Callable[[], object]) -> None:
    with staged(target) as folder:
        (folder / "one").write_text("1")
        during()


def raising(error: BaseException) -> Callable[[], object]:
    def during() -> None:
        raise error

    return during


def test_what_was_written_becomes_the_target(tmp_path):
    with staged(tmp_path / "release") as folder:
        (folder / "data").mkdir()
        (folder / "data" / "one").write_text("1")
        assert names(tmp_path) == [folder.name]
    assert names(tmp_path) == ["release"]
    assert files_below(tmp_path / "release") == ["data/one"]
    assert (tmp_path / "release").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError, MemoryError])
def test_whatever_interrupts_it_leaves_nothing(tmp_path, error):
    with pytest.raises(error):
        publish(tmp_path / "release", raising(error()))
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk-full"),
        (errno.EDQUOT, "disk-full"),
        (errno.EFBIG, "disk-full"),
        (errno.EROFS, "target-unwritable"),
        (errno.EIO, "target-unwritable"),
    ],
)
def test_what_the_disk_says_is_said_and_leaves_nothing(tmp_path, number, code):
    with pytest.raises(GitcorpusError) as caught:
        publish(tmp_path / "release", raising(OSError(number, os.strerror(number))))
    assert caught.value.code == code
    assert caught.value.hint
    assert names(tmp_path) == []


def test_nothing_that_is_there_is_replaced(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("file", "folder", "link"):
        with pytest.raises(GitcorpusError, match="target-exists"):
            refuse_taken(tmp_path / name)
        with pytest.raises(GitcorpusError, match="target-exists"), staged(tmp_path / name):
            pass
    assert names(tmp_path) == ["file", "folder", "link"]


def make_folder(target: Path) -> None:
    target.mkdir()
    (target / "mine").write_text("mine")


@pytest.mark.parametrize("late", [Path.mkdir, Path.touch, make_folder])
def test_what_comes_up_meanwhile_is_not_replaced_either(tmp_path, late):
    target = tmp_path / "release"
    with pytest.raises(GitcorpusError, match=r"target-exists: .*came up meanwhile"):
        publish(target, lambda: late(target))
    assert names(tmp_path) == ["release"]
    assert not (target / "one").exists()


@pytest.mark.parametrize("target", ["missing/release", "file/release"])
def test_a_target_that_cannot_be_made_is_refused_before_any_work(tmp_path, target):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(GitcorpusError, match="target-unwritable"):
        refuse_taken(tmp_path / target)


def test_sums_are_those_that_sha256sum_reads(tmp_path):
    (tmp_path / "b").write_text("")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "c").write_text("abc")
    write_sums(tmp_path)
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert (tmp_path / "SHA256SUMS").read_text() == f"{abc}  a/c\n{empty}  b\n"
