"""What `gitcorpus release`, `verify` and `trace` print, and how they end."""

import re
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from forge import Forge, Work
from smallest import ADD, smallest

from gitcorpus.cli.app import main
from gitcorpus.git.attribution.kept import kept_at
from gitcorpus.git.repo import Repo


@pytest.fixture(scope="module")
def work(tmp_path_factory) -> Work:
    work = smallest(Forge(tmp_path_factory.mktemp("cli")))
    work.commit({f"{ADD}/add.py": "def add(a, b):\n    return a + b\n"}, "good work", author="south")
    work.commit({f"{ADD}/add.py": "def add(a, b):\n    return b + a\n"}, "other way \x1b[31mround")
    work.tag("v1", message="one")
    return work


@pytest.fixture(scope="module")
def folder(work) -> Path:
    target = work.path.parent / "release"
    assert main(["release", "v1", "--repo", str(work.path), "-o", str(target), "--unverified"]) == 0
    return target


def test_releasing_says_what_was_made(work, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["release", "v1", "--repo", str(work.path), "--unverified"]) == 0
    told = capsys.readouterr()
    assert (
        told.out.replace(str(tmp_path), "DIR").replace(str(work.path), "REPO")
        == """\
released smallest v1 to DIR/smallest-v1
  pairs: 1 records
  pretrain: 1 records
  lm_text: 1 records
  sft_messages: 1 records
  provenance: 12 lines in 10 runs from 3 commits
  unverified: no accepted verdict stands behind it; the manifest and the card say so
hint: gitcorpus verify DIR/smallest-v1 --repo REPO
"""
    )
    assert told.err == ""


def test_a_plan_says_what_would_be_in_it_and_writes_nothing(work, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["release", "v1", "--repo", str(work.path), "--unverified", "--dry-run"]) == 0
    told = capsys.readouterr()
    assert told.out.splitlines()[:2] == ["would release smallest v1", "  pairs: 1 records"]
    assert told.out.splitlines()[-1] == "  unverified: no accepted verdict stands behind it"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["v9", "--unverified"], 2, "unknown-tag: there is no tag `v9`"),
        (["v1"], 1, "refs/tags/v1 tag-unjudged: there is no ledger here"),
        (["v1", "--unverified", "--specs", "nowhere"], 2, "no-such-folder: there is no folder 'nowhere'"),
        (["v1", "--unverified", "-o", "/proc/release"], 2, "target-unwritable: cannot write below /proc"),
        (["v1", "--unverified", "-o", "/"], 2, "target-exists: / exists already"),
        (["--unverified"], 2, "usage: missing argument 'TAG'"),
    ],
)
def test_what_is_in_the_way_is_one_message_and_a_code(work, capsys, arguments, code, said):
    assert main(["release", *arguments, "--repo", str(work.path)]) == code
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""


def test_without_git_what_is_not_known_cannot_be_told(work, tmp_path, capsys, monkeypatch):
    kept_at(Repo.open(work.path)).unlink(missing_ok=True)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["release", "v1", "--repo", str(work.path), "-o", str(tmp_path / "r"), "--unverified"]) == 3
    assert (
        capsys.readouterr().err
        == "git-missing: there is no git on the PATH\n  hint: install git 2.39 or later\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_verifying_says_what_was_checked(work, folder, capsys):
    assert main(["verify", str(folder), "--repo", str(work.path)]) == 0
    assert (
        capsys.readouterr().out
        == """\
passed  bytes: every file against SHA256SUMS and the manifest
skipped signature: no server vouches for an unverified release
passed  digests: logical digests of every table
passed  splits: no task in two splits of a view
passed  coverage: 12 lines in 10 runs, each line once
passed  objects: every object behind the tag is there, and is what its name says
passed  commits: 3 commits against what they say themselves
passed  blame: 12 lines against git blame --line-porcelain
passed  blobs: 10 runs against their blobs, verbatim ones byte for byte
skipped verdict: no verdict stands behind an unverified release
passed  rebuild: a second build, 16 files byte for byte
"""
    )


def test_a_sample_of_files_says_that_it_is_one(work, folder, capsys):
    assert main(["verify", str(folder), "--repo", str(work.path), "--blame", "sample=1"]) == 0
    (said,) = [line for line in capsys.readouterr().out.splitlines() if "blame:" in line]
    assert re.fullmatch(
        r"passed  blame: \d+ lines of 1 files drawn from 2 against git blame --line-porcelain", said
    )


@pytest.mark.parametrize("word", ["some", "sample", "sample=0", "sample=x", "full=3", ""])
def test_blame_is_full_or_a_sample(work, folder, capsys, word):
    assert main(["verify", str(folder), "--repo", str(work.path), "--blame", word]) == 2
    assert f"`{word}` is neither `full` nor `sample=N`" in capsys.readouterr().err


def test_what_was_tampered_with_ends_in_a_refusal(folder, tmp_path, capsys):
    other = Path(shutil.copytree(folder, tmp_path / "release"))
    (other / "README.md").write_text("mine")
    assert main(["verify", str(other)]) == 1
    assert capsys.readouterr().out.splitlines()[:3] == [
        "failed  bytes: every file against SHA256SUMS and the manifest",
        "          README.md has other bytes than SHA256SUMS says",
        "          README.md is not what the manifest seals",
    ]


@pytest.mark.parametrize("command", ["verify", "trace"])
def test_what_is_no_release_is_said(tmp_path, capsys, command):
    assert main([command, str(tmp_path), *(["abc"] if command == "trace" else [])]) == 2
    assert "not-a-release: " in capsys.readouterr().err


def test_tracing_a_line_says_who_wrote_it_and_sends_no_escape(work, folder, capsys):
    record = pq.read_table(folder / "data" / "pairs").to_pylist()[0]["record_id"].removeprefix("sha256:")
    assert main(["trace", str(folder), f"{record[:12]}:2", "--field", "/completion"]) == 0
    assert (
        capsys.readouterr().out
        == f"""\
pairs /completion line 2  (first-party, verbatim)
        return b + a
  path       {ADD}/add.py:2  (now {ADD}/add.py)
  commit     {work.head}  2026-01-05  other way \\x1b[31mround
  author     Author North <north@corpus.example> (north)
  task       add
  agreement  ip
  pushed by  unknown  verdict none
  evidence   none
"""
    )


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ("ffffffffffffffff", "unknown-record"),
        ("", "ambiguous-record"),
        ("{id}:99", "no-such-line"),
        ("{id}:0", "no-such-line"),
        ("{id}:x", "no-such-line"),
    ],
)
def test_a_record_or_a_line_that_is_not_there(folder, capsys, record, code):
    name = pq.read_table(folder / "data" / "pairs").to_pylist()[0]["record_id"].removeprefix("sha256:")
    assert main(["trace", str(folder), record.format(id=name)]) == 2
    assert capsys.readouterr().err.startswith(f"{code}: ")


def test_a_field_that_is_not_there(folder, capsys):
    name = pq.read_table(folder / "data" / "pairs").to_pylist()[0]["record_id"]
    assert main(["trace", str(folder), name, "--field", "/answer"]) == 2
    assert "unknown-record-field" in capsys.readouterr().err
