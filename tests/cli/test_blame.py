"""What `gitcorpus blame` prints, with git's own porcelain as the judge."""

import json
import os

import pytest
from forge import Forge, Symlink, Work
from git.histories import draw, stream

from gitcorpus.cli.app import main

ODD = "é/g h.txt"


def blamed(work: Work, capsysbinary, *words: str) -> bytes:
    assert main(["blame", "--repo", str(work.path), *words]) == 0
    return capsysbinary.readouterr().out


def gits(work: Work, path: str, *words: str) -> bytes:
    """Return git's porcelain without the version before, which nobody needs to follow a line."""
    said = work.git("-c", "core.quotePath=true", "blame", "--porcelain", *words, "--", path).stdout
    lines = os.fsencode(said).split(b"\n")
    return b"\n".join(line for line in lines if not line.startswith(b"previous "))


def joined(porcelain: bytes) -> list[bytes]:
    """Return porcelain without the lengths of runs: git does not join those that it looked through."""
    return [b" ".join(line.split(b" ")[:3]) for line in porcelain.split(b"\n")]


@pytest.mark.parametrize("seed", [3, 14, 159])
def test_a_file_reads_as_git_prints_it(forge, capsysbinary, seed):
    work = forge.work()
    work.git("fast-import", "--quiet", stdin=stream(draw(seed, 30)))
    work.git("reset", "--hard", "-q", "c29")
    paths = work.git("ls-tree", "-r", "-z", "--name-only", "HEAD").stdout.split("\0")[:-1]
    assert paths
    for path in paths:
        assert blamed(work, capsysbinary, f"./{path}") == gits(work, path, "HEAD"), path


@pytest.fixture(scope="module")
def work(tmp_path_factory) -> Work:
    work = Forge(tmp_path_factory.mktemp("blame")).work()
    work.commit({"src/a.txt": "one\ntwo\n" + "".join(f"line {n}\n" for n in range(40)), "x.bin": b"\0\1"})
    work.commit({ODD: "eins\n", "src/link": Symlink("a.txt")}, "\x1b[31mred")
    work.commit({"src/a.txt": None, "src/b.txt": "one\nTWO\n" + "".join(f"line {n}\n" for n in range(40))})
    work.git("update-index", "--add", "--cacheinfo", f"160000,{work.head},vendored")
    work.git("commit", "-q", "-m", "a submodule")
    return work


def test_a_folder_is_every_text_file_below_it(work, capsysbinary):
    assert main(["blame", "--repo", str(work.path), "."]) == 0
    told = capsysbinary.readouterr()
    titles = [line for line in told.out.split(b"\n") if line.startswith(b"path ")]
    assert titles == [b"path src/b.txt", b"path src/link", b'path "\\303\\251/g h.txt"']
    assert told.err == b"left out: 1 binary files, 1 submodules\n"


def test_a_file_that_is_named_may_be_binary(work, capsysbinary):
    assert blamed(work, capsysbinary, "x.bin") == gits(work, "x.bin", "HEAD")


def test_another_revision_is_another_answer(work, capsysbinary):
    assert blamed(work, capsysbinary, "--rev", "HEAD~2", "src/a.txt") == gits(work, "src/a.txt", "HEAD~2")


def test_json_has_the_runs_with_their_commits(work, capsysbinary):
    (file,) = json.loads(blamed(work, capsysbinary, "--format", "json", "src/b.txt"))
    assert file["path"] == "src/b.txt"
    assert file["commit"] == work.head
    assert [(run["line"], run["lines"], run["source_path"], run["boundary"]) for run in file["runs"]] == [
        (1, 1, "src/a.txt", True),
        (2, 1, "src/b.txt", False),
        (3, 40, "src/a.txt", True),
    ]
    assert file["runs"][1]["commit"] == work.oid("HEAD~1")


def test_what_history_lacks_is_a_boundary(work, forge, capsysbinary):
    forge.run("clone", "-q", "--depth", "3", f"file://{work.path}", str(forge.root / "cut"))
    cut = Work(forge, forge.root / "cut")
    said = blamed(cut, capsysbinary, "src/b.txt")
    assert b"\nboundary\n" in said
    assert said == gits(cut, "src/b.txt", "HEAD")


def test_lines_that_were_moved_keep_their_origin_when_asked(forge, capsysbinary):
    work = forge.work()
    body = "".join(f"def function_{n}():\n    return {n * n}\n" for n in range(20))
    work.commit({"a.py": body, "b.py": "pass\n"})
    work.commit({"a.py": "pass\n", "b.py": "pass\n" + body})
    assert blamed(work, capsysbinary, "--moved", "b.py") == gits(work, "b.py", "-M", "-C", "HEAD")
    assert blamed(work, capsysbinary, "--moved", "b.py") != blamed(work, capsysbinary, "b.py")


def test_commits_of_a_list_are_looked_through(forge, capsysbinary):
    work = forge.work()
    work.commit({"a.py": "def f( x ):\n    return x\n", "b.py": "y\n"})
    formatted = work.commit({"a.py": "def f(x):\n    return x\n"})
    work.commit({".git-blame-ignore-revs": f"# formatting\n{formatted}  # black\n{'0' * 39}1\n"})
    listed = ("--ignore-revs-file", ".git-blame-ignore-revs")
    said = blamed(work, capsysbinary, *listed, "a.py")
    assert joined(said) == joined(gits(work, "a.py", "--ignore-rev", formatted, "HEAD"))
    assert formatted.encode() not in said
    assert blamed(work, capsysbinary, *listed, "b.py") == gits(work, "b.py", "HEAD")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing"], "nothing no-such-path: there is no file at this path"),
        (["--rev", "v9", "src"], "no-such-revision: `v9` is no commit, branch or tag"),
        (["--ignore-revs-file", "none", "src"], "none no-such-path"),
        (["--ignore-revs-file", "src/b.txt", "src"], "src/b.txt:1 ignored-broken: this line is no commit id"),
        ([], "usage: missing argument 'PATH'"),
        (["vendored"], "vendored no-such-path"),
        (["../elsewhere"], "../elsewhere no-such-path: it is outside of the work tree"),
    ],
)
def test_what_cannot_be_answered_is_said(work, capsys, words, said):
    assert main(["blame", "--repo", str(work.path), *words]) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""
