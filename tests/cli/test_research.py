"""Questions about releases: SQL, what differs between two, and what must be forgotten."""

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from forge import Forge, Work
from smallest import ADD, smallest

from gitcorpus.cli.app import main

SUBTRACT = "corpus/basics/subtract/south"


@pytest.fixture(scope="module")
def work(tmp_path_factory) -> Work:
    work = smallest(Forge(tmp_path_factory.mktemp("research")))
    work.commit({f"{ADD}/add.py": "def add(a, b):\n    return a + b\n"}, "add", author="north")
    work.commit(
        {
            f"{SUBTRACT}/subtract.py": "def subtract(a, b):\n    return a - b\n",
            f"{SUBTRACT}/TASK.md": "Subtract.\n",
        },
        "subtract",
        author="south",
    )
    work.tag("v1", message="one")
    work.commit({f"{ADD}/add.py": "def add(a, b):\n    return b + a\n"}, "other way round", author="south")
    work.commit({f"{SUBTRACT}/subtract.py": None, f"{ADD}/NOTES.md": "Adds.\n"}, "less", author="north")
    work.tag("v2", message="two")
    return work


@pytest.fixture(scope="module")
def releases(work, tmp_path_factory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("releases")
    for tag in ("v1", "v2"):
        assert main(["release", tag, "--repo", str(work.path), "-o", str(root / tag), "--unverified"]) == 0
    return root / "v1", root / "v2"


def asked(capsys, *words: object) -> str:
    capsys.readouterr()
    assert main([str(word) for word in words]) == 0
    return capsys.readouterr().out


def test_a_release_answers_in_sql(releases, capsys):
    said = asked(
        capsys,
        "query",
        releases[0],
        "SELECT task, count(*) AS n FROM records WHERE view = 'pairs' GROUP BY task ORDER BY task",
    )
    assert said == "task      n\nadd       1\nsubtract  1\n"
    sql = "SELECT DISTINCT author_email FROM origins WHERE view = 'pairs' ORDER BY 1"
    (north, *_) = json.loads(asked(capsys, "query", releases[0], sql, "--format", "json"))
    assert north["author_email"] == "lead@corpus.example"
    (row,) = json.loads(
        asked(capsys, "query", releases[0], "SELECT DISTINCT split FROM pairs", "--format", "json")
    )
    assert set(row) == {"split"}


def test_answers_go_into_files(releases, tmp_path, capsys):
    sql = "SELECT record_id, messages FROM sft_messages"
    asked(capsys, "query", releases[0], sql, "--format", "parquet", "-o", tmp_path / "a.parquet")
    assert pq.read_table(tmp_path / "a.parquet").column_names == ["record_id", "messages"]
    asked(capsys, "query", releases[0], sql, "--format", "csv", "-o", tmp_path / "a.csv")
    with (tmp_path / "a.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 2
    assert main(["query", str(releases[0]), sql, "--format", "csv", "-o", str(tmp_path / "a.csv")]) == 2
    assert "target-exists" in capsys.readouterr().err
    printed = asked(capsys, "query", releases[0], sql, "--format", "csv")
    assert printed == (tmp_path / "a.csv").read_text()
    asked(capsys, "query", releases[0], sql, "--format", "json", "-o", tmp_path / "a.json")
    assert [set(row) for row in json.loads((tmp_path / "a.json").read_text())] == [
        {"record_id", "messages"}
    ] * 2
    for words, said in (
        (["--format", "parquet"], "Parquet goes into a file"),
        (["-o", str(tmp_path / "a.txt")], "a table is for a screen"),
        (["--format", "csv", "-o", str(tmp_path / "nowhere/a.csv")], "target-unwritable"),
    ):
        assert main(["query", str(releases[0]), sql, *words]) == 2
        assert said in capsys.readouterr().err


def test_whatever_sql_answers_can_be_written(releases, capsys):
    sql = """SELECT sum(n_lines) AS lines, DATE '2026-01-02' AS day, TIMESTAMP '2026-01-02 03:04:05' AS moment,
        1.5::DECIMAL(4, 2) AS half, 'nan'::DOUBLE AS nothing, 'ab'::BLOB AS bytes, [1.0::DECIMAL(3, 1)] AS list
        FROM lines"""
    (row,) = json.loads(asked(capsys, "query", releases[0], sql, "--format", "json"))
    assert row == {
        "lines": row["lines"], "day": "2026-01-02", "moment": "2026-01-02T03:04:05", "half": "1.50", "nothing": None,
        "bytes": "6162", "list": [1],
    }  # fmt: skip
    assert isinstance(row["lines"], int)
    assert "2026-01-02" in asked(capsys, "query", releases[0], sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELEC 1",
        "SELECT nothing FROM records",
        "SELECT * FROM read_csv('/etc/passwd')",
        "COPY records TO '/tmp/gitcorpus-should-not-be'",
        "ATTACH '/tmp/gitcorpus-should-not-be.db'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
    ],
)
def test_a_query_can_do_no_more_than_answer(releases, capsys, sql):
    assert main(["query", str(releases[0]), sql]) == 2
    assert "sql-broken: " in capsys.readouterr().err
    assert not list(Path("/tmp").glob("gitcorpus-should-not-be*"))


def test_what_differs_is_told_with_the_commits_that_did_it(work, releases, capsys):
    said = asked(capsys, "diff", *releases)
    changed, less = work.oid("v2~1")[:12], work.oid("v2")[:12]
    assert f"changed  pairs  {ADD}  by {changed}\n" in said
    assert f"removed  pairs  {SUBTRACT}\n" in said
    assert less not in next(line for line in said.splitlines() if line.startswith("changed  pairs"))
    rows = json.loads(asked(capsys, "diff", *releases, "--json"))
    assert {row["how"] for row in rows if row["view"] == "pairs"} == {"changed", "removed"}
    assert asked(capsys, "diff", releases[0], releases[0]) == "no record differs\n"


def test_the_forget_set_is_every_line_of_an_author(releases, capsys, tmp_path):
    rows = json.loads(asked(capsys, "forget", *releases, "--author", "South@corpus.example", "--json"))
    assert {(row["release"], row["path"]) for row in rows if row["view"] == "pairs"} == {
        ("smallest-v1", f"{SUBTRACT}/TASK.md"),
        ("smallest-v1", f"{SUBTRACT}/subtract.py"),
        ("smallest-v2", f"{ADD}/add.py"),
    }
    said = asked(capsys, "forget", *releases, "--author", "south", "--filter", tmp_path / "leave-out.jsonl")
    assert said.splitlines()[-1].endswith(" records")
    left_out = [json.loads(line) for line in (tmp_path / "leave-out.jsonl").read_text().splitlines()]
    assert {(row["release"], row["record_id"]) for row in left_out} == {
        (row["release"], row["record_id"]) for row in rows
    }


def test_lines_are_named_in_other_ways_too(work, releases, capsys):
    commit = work.oid("v1^{commit}")
    by_commit = json.loads(asked(capsys, "forget", releases[0], "--commit", commit[:8], "--json"))
    assert {row["commit"] for row in by_commit} == {commit}
    by_path = json.loads(asked(capsys, "forget", releases[0], "--path", "corpus/basics/subtract/*", "--json"))
    assert by_path == by_commit
    blob = work.git("rev-parse", f"v1:{SUBTRACT}/subtract.py").stdout.strip()
    by_blob = json.loads(asked(capsys, "forget", releases[0], "--swhid", f"swh:1:cnt:{blob}", "--json"))
    assert by_blob == [row for row in by_commit if row["path"].endswith("subtract.py")]
    assert (
        json.loads(asked(capsys, "forget", releases[0], "--swhid", f"swh:1:rev:{commit}", "--json"))
        == by_commit
    )
    none = json.loads(
        asked(capsys, "forget", releases[0], "--swhid", f"swh:1:cnt:{blob};lines=9-12", "--json")
    )
    assert none == []
    agreed = json.loads(
        asked(capsys, "forget", releases[0], "--agreement", "ip", "--commit", "0" * 40, "--json")
    )
    assert len(agreed) > len(by_commit)


@pytest.mark.parametrize(
    ("words", "said"),
    [([], "nothing-named: "), (["--swhid", "swh:1:dir:00"], "bad-swhid: `swh:1:dir:00` names no content")],
)
def test_what_cannot_be_answered_is_said(releases, capsys, words, said):
    assert main(["forget", str(releases[0]), *words]) == 2
    assert said in capsys.readouterr().err


def test_what_is_no_release_is_said_so(tmp_path, capsys):
    for words in (
        ["query", str(tmp_path), "SELECT 1"],
        ["diff", str(tmp_path), str(tmp_path)],
        ["forget", str(tmp_path), "--path", "*"],
    ):
        assert main(words) == 2
        assert "not-a-release" in capsys.readouterr().err


def test_a_tag_answers_too(work, capsys):
    sql = "SELECT task, n_commits FROM solutions ORDER BY task"
    said = asked(capsys, "query", "v1", sql, "--repo", work.path)
    assert said == "task      n_commits\nadd       1\nsubtract  1\n"
    functions = "SELECT name FROM fragments WHERE kind = 'function' ORDER BY name"
    assert asked(capsys, "query", "v2", functions, "--repo", work.path) == "name\nadd\n"
    assert main(["query", "v3", sql, "--repo", str(work.path)]) == 2
    assert "unknown-tag: `v3` is neither a folder with a release nor a tag of" in capsys.readouterr().err
    assert main(["query", "v3", sql, "--repo", str(work.path.parent)]) == 2
    assert "not-a-repository: `v3` is neither" in capsys.readouterr().err


def test_a_changelog_tells_what_changed_in_each_release(releases, work, capsys):
    newest, before = work.oid("v2^{commit}")[:12], work.oid("v2~1")[:12]
    assert (
        asked(capsys, "changelog", releases[1], releases[0])
        == f"""\
## smallest v2 (2026-01-05)

- `lm_text`: 1 removed, 1 changed (add, subtract)
- `pairs`: 1 removed, 1 changed (add, subtract)
- `pretrain`: 1 removed, 1 changed (add, subtract)
- `sft_messages`: 1 removed, 1 changed (add, subtract)

- {before} south: other way round

## smallest v1 (2026-01-05)

- 8 records

"""
    )
    (two, one) = json.loads(asked(capsys, "changelog", *releases, "--json"))
    assert (two["version"], one["version"], newest in str(two)) == ("v2", "v1", False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--author", ""], "nothing-named: one of the authors is empty"),
        (["--commit", " "], "nothing-named: one of the commits is empty"),
        (["--commit", "zz"], "bad-commit: `zz` is no commit's id"),
        (["--commit", "ab"], "bad-commit"),
        (
            ["--author", "south", "--filter", "/nowhere/at/all"],
            "target-unwritable: cannot write /nowhere/at/all",
        ),
    ],
)
def test_a_name_that_would_mean_nothing_or_everything_is_refused(releases, capsys, words, said):
    assert main(["forget", str(releases[0]), *words]) == 2
    assert said in capsys.readouterr().err


def test_a_name_that_no_line_came_from_is_told(releases, capsys):
    assert (
        main(["forget", str(releases[0]), "--author", "nobody", "--agreement", "ip", "--path", "nope/*"]) == 0
    )
    said = capsys.readouterr()
    assert said.err.splitlines() == [
        "note: no line of any of these releases came from --author nobody",
        "note: no line of any of these releases came from --path nope/*",
    ]
    assert main(["forget", str(releases[0]), "--author", "nobody"]) == 0
    assert "--author nobody" in capsys.readouterr().err


def test_one_thing_is_asked_at_a_time_and_a_name_stands_once(releases, capsys):
    for sql, said in (
        ("SELECT 1; SELECT 2", "several things"),
        ("SELECT 1 AS a, 2 AS a", "two columns are called `a`"),
    ):
        assert main(["query", str(releases[0]), sql]) == 2
        assert said in capsys.readouterr().err
