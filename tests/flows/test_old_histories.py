"""Commits whose author and committer lines git would not write any more are released and verified like others."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from forge import Forge, Work
from smallest import ADD, smallest

from gitcorpus.cli.app import main

FILE = f"{ADD}/add.py"
GOOD = b"Author South <south@corpus.example> 1769947200 +0000"
LINES = {
    "no zone": b"South <south@corpus.example> 1769947200",
    "a zone with a colon": b"South <south@corpus.example> 1769947200 +00:00",
    "no end": b"South <south@corpus.example 1769947200 +0000",
    "no begin": b"South south@corpus.example> 1769947200 +0000",
    "no brackets": b"South",
    "nothing": b"",
    "twenty digits": b"South <south@corpus.example> 99999999999999999999 +0000",
    "two ends": b"South <south@corpus.example>> 1769947200 +0000",
    "two begins": b"South <<south@corpus.example> 1769947200 +0000",
    "no name": b" <south@corpus.example> 1769947200 +0000",
    "before 1970": b"South <south@corpus.example> -1769947200 +0000",
    "a long zone": b"South <south@corpus.example> 1769947200 +051800",
    "a return": b"So\ruth\r <south@corpus.example> 1769947200 +0000",
    "Latin-1": b"S\xfcd <south@corpus.example> 1769947200 +0000",
    "no address": b"South <> 1769947200 +0000",
}
HEADERS = {
    **{f"author: {name}": (b"author " + line, b"committer " + GOOD) for name, line in LINES.items()},
    **{f"committer: {name}": (b"author " + GOOD, b"committer " + line) for name, line in LINES.items()},
    "two authors": (b"author " + GOOD, b"author North <north@corpus.example> 1 +0000", b"committer " + GOOD),
    "two committers": (b"author " + GOOD, b"committer " + GOOD, b"committer " + GOOD),
    "no author": (b"committer " + GOOD,),
    "no committer": (b"author " + GOOD,),
    "neither": (),
    "in another order": (b"committer " + GOOD, b"author " + GOOD),
}


def grown(work: Work, *headers: bytes) -> str:
    """Add a line to a file in a commit with these headers, and go there."""
    path = work.path / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(f"x = {path.stat().st_size}\n")
    work.git("add", "--all")
    tree = work.git("write-tree").stdout.strip().encode()
    data = b"\n".join((b"tree " + tree, b"parent " + work.head.encode(), *headers, b"", b"said\n"))
    oid = work.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=data).stdout.strip()
    work.git("update-ref", "refs/heads/main", oid)
    return oid


@pytest.fixture(scope="module")
def old(tmp_path_factory) -> tuple[Work, dict[str, str]]:
    work = smallest(Forge(tmp_path_factory.mktemp("old")))
    commits = {name: grown(work, *headers) for name, headers in HEADERS.items()}
    data = b"object %b\ntype commit\ntag v1\n\nwithout a tagger\n" % work.head.encode()
    tag = work.git("hash-object", "-t", "tag", "-w", "--literally", "--stdin", stdin=data).stdout.strip()
    work.git("update-ref", "refs/tags/v1", tag)
    return work, commits


@pytest.fixture(scope="module")
def folder(old) -> Path:
    target = old[0].path.parent / "release"
    assert main(["release", "v1", "--repo", str(old[0].path), "--unverified", "-o", str(target)]) == 0
    return target


def test_every_one_is_released_as_git_log_shows_it(old, folder):
    work, commits = old
    rows = {row["commit"]: row for row in pq.read_table(folder / "provenance/commits.parquet").to_pylist()}
    assert set(commits.values()) <= rows.keys()
    for name, oid in commits.items():
        form = "--format=%an%x01%ae%x01%at%x01%cn%x01%ce%x01%ct"
        author, email, at, committer, other_email, other_at = (
            work.git("log", "-1", form, oid).stdout[:-1].split("\1")
        )
        row = rows[oid]
        shown = [
            each.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for each in (author, committer)
        ]
        assert [row["author_name"], row["committer_name"]] == shown, name
        assert (row["author_email"], row["committer_email"]) == (email, other_email), name
        assert (row["authored_at"], row["committed_at"]) == tuple(
            int(each) if each and len(each) < 20 else 0 for each in (at, other_at)
        ), name


def test_it_verifies_and_says_how_they_were_read(old, folder, capsys):
    work, commits = old
    assert main(["verify", str(folder), "--repo", str(work.path)]) == 0
    told = capsys.readouterr()
    assert "failed" not in told.out + told.err
    (said,) = (line for line in told.out.splitlines() if "commits:" in line)
    assert "; read as `git log` reads them: " in said
    assert commits["author: no zone"][:12] in said
    assert "more" in said


def test_a_note_names_each_commit(old, tmp_path, capsys):
    work, commits = old
    assert main(["blame", FILE, "--repo", str(work.path), "--format", "json"]) == 0
    told = capsys.readouterr()
    assert len({run["commit"] for run in json.loads(told.out)[0]["runs"]}) == len(commits)
    assert (
        f"note: commit {commits['author: no zone'][:12]}: its author line has no time with a zone" in told.err
    )
    assert "more like these" in told.err
    assert main(["blame", FILE, "--repo", str(work.path)]) == 0
    target = tmp_path / "again"
    assert (
        main(["release", "v1", "--repo", str(work.path), "--unverified", "-o", str(target), "--jobs", "2"])
        == 0
    )
    told = capsys.readouterr()
    assert "note: commit " in told.err
    assert "memory" not in told.err


def test_they_are_judged_and_the_rights_are_those_of_whom_git_log_names(old, capsys):
    work, commits = old
    for name, oid in commits.items():
        code = main(["check", "--repo", str(work.path), f"{oid}~1..{oid}", "--format", "json"])
        told = capsys.readouterr()
        assert code in (0, 1), (name, told.err)
        found = [finding["code"] for finding in json.loads(told.out)["findings"]]
        odd = name not in ("in another order", "author: no address", "committer: no address")
        assert ("ident-malformed" in found) == odd, (name, found)
        nameless = name in (
            "author: no end", "author: no begin", "author: no brackets", "author: nothing", "author: no address",
            "no author", "neither", "author: two begins",
        )  # fmt: skip
        assert ("author-unknown" in found) == nameless, (name, found)


def test_a_query_reads_them_too(old, capsys):
    work, commits = old
    sql = "SELECT count(*) AS n FROM commits WHERE author_email = 'south@corpus.example'"
    assert main(["query", "v1", sql, "--repo", str(work.path), "--format", "csv"]) == 0
    n_named = int(capsys.readouterr().out.split()[-1].strip('"'))
    assert n_named == sum(
        1 for headers in HEADERS.values() if b"south@corpus.example" in email_of(work, headers, commits)
    )


def email_of(work: Work, headers: tuple[bytes, ...], commits: dict[str, str]) -> bytes:
    name = next(name for name, each in HEADERS.items() if each == headers)
    said = work.git("log", "-1", "--format=%ae", commits[name]).stdout[:-1]
    return said.encode() if said == "south@corpus.example" else b""
