"""`gitcorpus cache`: how much is known, and how it is forgotten."""

from datetime import date

import pytest

from gitcorpus.cache import Cache
from gitcorpus.cli.app import main


@pytest.fixture
def bare(forge):
    path = forge.bare()
    (path / "gitcorpus").mkdir()
    cache = Cache.of(path)
    cache.learn("syntax", {b"a": b"[]", b"b": b"[]"}, today=date(2026, 1, 1))
    cache.learn("paths", {b"c": b"[]"}, today=date(2026, 2, 1))
    return path


def test_says_how_much_is_known(bare, capsys):
    assert main(["cache", "stats", str(bare)]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["paths", "1", "results", "3", "bytes"],
        ["syntax", "2", "results", "6", "bytes"],
        ["all", "3", "results", "9", "bytes"],
    ]
    assert main(["cache", "stats", str(bare), "--format", "json"]) == 0
    assert '"results": 2' in capsys.readouterr().out


def test_forgets_what_is_old_and_then_everything(bare, capsys):
    assert main(["cache", "clear", str(bare), "--before", "2026-01-15"]) == 0
    assert main(["cache", "clear", str(bare)]) == 0
    assert capsys.readouterr().out == "forgot 2 results\nforgot 1 results\n"
    assert Cache.of(bare).topics() == ()


def test_the_origin_of_lines_counts_too(forge, capsys):
    work = forge.work()
    work.commit({"a": "1\n", "b": "2\n"})
    assert main(["blame", "--repo", str(work.path), "."]) == 0
    capsys.readouterr()
    assert main(["cache", "stats", str(work.path)]) == 0
    assert capsys.readouterr().out.split()[:3] == ["attribution", "2", "results"]
    assert main(["cache", "clear", str(work.path), "--before", "2026-01-15"]) == 0
    assert main(["cache", "clear", str(work.path)]) == 0
    assert main(["cache", "clear", str(work.path)]) == 0
    assert capsys.readouterr().out == "forgot 0 results\nforgot 2 results\nforgot 0 results\n"


def test_a_folder_without_a_repository_is_said_so(tmp_path, capsys):
    assert main(["cache", "stats", str(tmp_path)]) == 2
    assert "not-a-repository" in capsys.readouterr().err
