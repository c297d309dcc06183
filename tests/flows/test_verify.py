"""Verifying finds what was changed, also by somebody who seals it anew, and is not led astray by settings."""

import json
import os
import re
import shutil
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from forge import Forge, Work
from smallest import ADD, NOW, RELEASE, SERVER, push_of, smallest

from gitcorpus.canon import canonical
from gitcorpus.compiler.attest import opened, public_key, server_signer
from gitcorpus.compiler.faults import MOST_FAULTS
from gitcorpus.compiler.publish import file_digest, write_sums
from gitcorpus.compiler.schemas import COMMITS, LINES, RECORDS, SOURCES
from gitcorpus.compiler.seal import BESIDE, write_table
from gitcorpus.errors import GitcorpusError
from gitcorpus.flows.push import judge_push
from gitcorpus.flows.release import compile_release
from gitcorpus.flows.trace import trace_record
from gitcorpus.flows.verify import CHECKS, verify_release
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.model.check import Check, CheckState
from gitcorpus.model.release import ReleaseRequest

FILES = {
    f"{ADD}/add.py": "def add(a, b):\n    return a + b\n",
    f"{ADD}/caf\u00e9.py": "x = 1\n",
    f'{ADD}/quo"te\\.py': "y = 2\n",
}
LINES_TABLE, COMMITS_TABLE = "provenance/lines.parquet", "provenance/commits.parquet"
SOURCES_TABLE, RECORDS_TABLE = "provenance/sources.parquet", "provenance/records.parquet"
TABLES = {LINES_TABLE: LINES, COMMITS_TABLE: COMMITS, SOURCES_TABLE: SOURCES, RECORDS_TABLE: RECORDS}


def silent(*_) -> None:
    """Show no progress."""


def release(work: Work, tag: str, *, unverified: bool = True) -> Path:
    target = work.path.parent / f"release-{tag}"
    asked = ReleaseRequest(
        repository=work.path, tag=tag, folder=target.parent, target=target, unverified=unverified
    )
    return compile_release(asked, progress=silent).path


def faults(folder: Path, repository: Path | None, state: str = "failed") -> dict[str, list[str]]:
    checks = verify_release(folder, repository=repository, specs=None, progress=silent).checks
    assert [check.name for check in checks] == list(CHECKS)
    return {check.name: list(check.faults) for check in checks if check.state.value == state}


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> tuple[Work, Path]:
    work = smallest(Forge(tmp_path_factory.mktemp("published")))
    work.commit(FILES, "good work", author="south")
    work.commit({f"{ADD}/add.py": "def add(a, b):\n    return b + a\n"}, "the other way round")
    work.tag("v1", message="one")
    return work, release(work, "v1")


@pytest.fixture
def work(published) -> Work:
    return published[0]


@pytest.fixture
def folder(published, tmp_path) -> Path:
    return Path(shutil.copytree(published[1], tmp_path / "release"))


def seal_anew(folder: Path, manifest: dict) -> None:
    """Do what a forger would do: make digests and sums fit."""
    for entry in manifest.get("files", ()):
        if (folder / entry["path"]).is_file():
            entry["bytes"] = (folder / entry["path"]).stat().st_size
            entry["digest"] = f"sha256:{file_digest(folder / entry['path'])}"
    (folder / "manifest.json").write_bytes(canonical(manifest) + b"\n")
    (folder / "SHA256SUMS").unlink()
    write_sums(folder)


def forge_rows(folder: Path, path: str, change) -> None:
    rows = pq.read_table(folder / path).to_pylist()
    change(rows)
    table = write_table(folder, path, rows, TABLES[path])
    manifest = json.loads((folder / "manifest.json").read_bytes())
    for entry in manifest["tables"]:
        if entry["path"] == path:
            entry.update(rows=table.rows, ordered=table.ordered, unordered=table.unordered)
    seal_anew(folder, manifest)


def forge_data(folder: Path, view: str, change) -> None:
    """Change the rows of the only data file of a view."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    (split,) = next(each for each in manifest["views"] if each["name"] == view)["splits"]
    (entry,) = split["files"]
    before = pq.ParquetFile(folder / entry["path"]).read()
    rows = before.to_pylist()
    change(rows)
    table = write_table(folder, entry["path"], rows, before.schema)
    entry.update(rows=table.rows, ordered=table.ordered, unordered=table.unordered)
    split["rows"] = table.rows
    seal_anew(folder, manifest)


def test_nothing_is_wrong_with_what_was_published(work, folder):
    assert faults(folder, work.path) == {}
    assert faults(folder, work.path, "skipped") == {"signature": [], "verdict": []}


def test_a_release_that_does_not_say_what_authorship_rests_on_verifies(work, folder):
    older = pa.schema([column for column in COMMITS if column.name != "evidence"])
    rows = pq.read_table(folder / COMMITS_TABLE).to_pylist()
    assert {row.pop("evidence") for row in rows} == {"none"}
    table = write_table(folder, COMMITS_TABLE, rows, older, BESIDE)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert manifest.pop("authorship")["none"]["commits"] == len(rows)
    for entry in manifest["tables"]:
        if entry["path"] == COMMITS_TABLE:
            entry.update(rows=table.rows, ordered=table.ordered, unordered=table.unordered)
    seal_anew(folder, manifest)
    assert faults(folder, work.path) == {}
    assert list(faults(folder, work.path, "skipped")) == ["signature", "verdict", "rebuild"]
    record = pq.read_table(folder / RECORDS_TABLE)["record_id"][0].as_py()
    assert all(
        "evidence" not in (run.commit or {}) for run in trace_record(folder, record, line=None, field=None)
    )


def test_evidence_of_a_kind_that_there_is_not_is_found(work, folder):
    forge_rows(folder, COMMITS_TABLE, lambda rows: rows[0].update(evidence="sworn"))
    assert faults(folder, work.path)["commits"][0].endswith(
        "has `evidence` 'sworn', which is none that there is"
    )


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"record_ix": 99}, "coverage"),
        ({"record_ix": -1}, "coverage"),
        ({"record_ix": None}, "coverage"),
        ({"source_ix": 99}, "coverage"),
        ({"source_ix": None}, "coverage"),
        ({"source_ix": 1}, "blame"),
        ({"revision": "0" * 40}, "blame"),
        ({"path": "nope.py"}, "blame"),
        ({"path": "--contents=/etc/hosts"}, "blame"),
        ({"path": "corpus"}, "blame"),
        ({"src_start_line": 2}, "blame"),
        ({"path_start_line": 2}, "blame"),
        ({"path_start_line": 2_000_000_000}, "blame"),
        ({"extended": True}, "blame"),
        ({"extended": None}, "coverage"),
        ({"src_start_line": -3}, "coverage"),
        ({"path": None}, "coverage"),
        ({"n_lines": 0}, "coverage"),
        ({"n_lines": -1}, "coverage"),
        ({"n_lines": 2_000_000_000}, "coverage"),
        ({"start_line": 2}, "coverage"),
        ({"content_digest": "sha256:0"}, "coverage"),
        ({"content_digest": None}, "coverage"),
        ({"field": "/nope"}, "coverage"),
    ],
)
def test_a_forged_run_is_found_without_a_second_build(work, folder, change, check):
    forge_rows(
        folder,
        LINES_TABLE,
        lambda rows: next(r for r in rows if r["path"].endswith("add.py")).update(change),
    )
    found = faults(folder, work.path)
    assert found.keys() >= {check, "rebuild"}
    assert "bytes" not in found


@pytest.mark.parametrize(
    ("table", "change", "check"),
    [
        (SOURCES_TABLE, {"blob": "0" * 40}, "blobs"),
        (SOURCES_TABLE, {"commit_ix": 99}, "coverage"),
        (SOURCES_TABLE, {"commit_ix": -1}, "coverage"),
        (SOURCES_TABLE, {"commit_ix": None}, "coverage"),
        (SOURCES_TABLE, {"commit_ix": 1}, "blame"),
        (SOURCES_TABLE, {"src_path": f"{ADD}/other.py"}, "blame"),
        (SOURCES_TABLE, {"src_path": None}, "coverage"),
        (SOURCES_TABLE, {"origin": "mine"}, "coverage"),
        (SOURCES_TABLE, {"source_ix": 77}, "coverage"),
        (RECORDS_TABLE, {"record_id": "0"}, "coverage"),
        (RECORDS_TABLE, {"record_id": None}, "coverage"),
        (RECORDS_TABLE, {"record_ix": 77}, "coverage"),
        (RECORDS_TABLE, {"view": "nope"}, "coverage"),
    ],
)
def test_a_forged_source_or_record_is_found_without_a_second_build(work, folder, table, change, check):
    forge_rows(
        folder,
        table,
        lambda rows: next(r for r in rows if r.get("src_path", r.get("key")).endswith("add.py")).update(
            change
        ),
    )
    found = faults(folder, work.path)
    assert found.keys() >= {check, "rebuild"}
    assert "bytes" not in found


def test_a_moved_a_dropped_and_a_doubled_run_are_found(folder):
    # The order of runs is part of what is published: who reads them beside the records holds no others.
    forge_rows(folder, LINES_TABLE, lambda rows: rows.append(rows.pop(0)))
    assert faults(folder, None)["coverage"][-1] == "runs of record 0 come after those of a later one"
    forge_rows(folder, LINES_TABLE, lambda rows: rows.insert(0, rows.pop()))
    assert faults(folder, None) == {}
    forge_rows(folder, LINES_TABLE, lambda rows: rows.insert(0, rows[0]))
    assert "is covered twice" in faults(folder, None)["coverage"][0]
    forge_rows(folder, LINES_TABLE, lambda rows: rows.__delitem__(slice(2)))
    assert "coverage" in faults(folder, None)


def runs_of(rows: list[dict], number: int) -> list[dict]:
    return [row for row in rows if row["record_ix"] == number]


def interleaved(rows: list[dict]) -> None:
    """Let the runs of the first two records take turns."""
    first, second = runs_of(rows, 0), runs_of(rows, 1)
    rest = rows[len(first) + len(second) :]
    rows[:] = [first[0], second[0], *first[1:], *second[1:], *rest]


def swapped_fields(rows: list[dict]) -> None:
    """Let the runs of the fields of a record come in another order."""
    number = next(row["record_ix"] for row in rows if row["field"] == "/completion")
    at = rows.index(runs_of(rows, number)[0])
    there = runs_of(rows, number)
    rows[at : at + len(there)] = sorted(there, key=lambda row: row["field"], reverse=True)


def parted_field(rows: list[dict]) -> None:
    """Let runs of one field stand before and behind those of another."""
    number = next(
        row["record_ix"]
        for row in rows
        if row["field"] == "/completion"
        and len([each for each in runs_of(rows, row["record_ix"]) if each["field"] == "/completion"]) > 1
    )
    there = runs_of(rows, number)
    at = rows.index(there[0])
    rows[at : at + len(there)] = [*there[1:], there[0]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (interleaved, "runs of record 0 come after those of a later one"),
        (swapped_fields, "runs that come after those of /prompt"),
        (parted_field, "runs that come after those of /prompt"),
        (lambda rows: rows.append(dict(rows[0])), "runs of record 0 come after those of a later one"),
        (lambda rows: rows.extend(runs_of(rows, 1)), "runs of record 1 come after those of a later one"),
        (lambda rows: rows.reverse(), "come after those of a later one"),
        (lambda rows: rows.append({**rows[-1], "record_ix": 2**31 - 1}), "names a record that is not listed"),
        (lambda rows: rows.insert(0, {**rows[0], "record_ix": 10_000}), "names a record that is not listed"),
        (lambda rows: rows.__setitem__(slice(None), [r for r in rows if r["record_ix"]]), "runs end at 0"),
        (lambda rows: rows.clear(), "runs end at 0"),
        (lambda rows: [row.update(dict.fromkeys(row)) for row in rows], "names a record that is not listed"),
        (lambda rows: rows[0].update(field=""), "runs that come after those of"),
        (
            lambda rows: next(row for row in rows if row["start_line"] > 1).update(content_digest="0" * 16),
            "seals lines, and is not the first",
        ),
    ],
)
def test_runs_in_another_order_or_of_no_record_are_found(work, folder, change, said):
    forge_rows(folder, LINES_TABLE, change)
    found = faults(folder, work.path)
    assert said in "\n".join(found["coverage"])
    assert "bytes" not in found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows.append(rows.pop(0)), "the next row of train is"),
        (lambda rows: rows.reverse(), "the next row of train is"),
        (lambda rows: rows.__setitem__(slice(2), [rows[1], rows[0]]), "the next row of train is"),
        (lambda rows: rows.pop(), "no row of train is left for it"),
        (lambda rows: rows.clear(), "no row of train is left for it"),
        (lambda rows: rows.append(rows[-1]), "no record stands for this row of train"),
        (lambda rows: rows.append({**rows[-1], "record_id": None}), "no record stands for this row of train"),
        (lambda rows: rows[0].update(record_id=None), "the next row of train is None"),
        (lambda rows: rows[-1].update(text=None), "runs for a text that is not there"),
        (lambda rows: rows[-1].update(text=""), "and there are 0"),
        (lambda rows: rows[-1].update(text=rows[-1]["text"] + "more\n"), "and the runs end at"),
        (
            lambda rows: rows[-1].update(text=rows[-1]["text"].upper()),
            "are not those that the first run seals",
        ),
    ],
)
def test_rows_of_a_data_file_that_are_not_those_of_the_records_are_found(work, folder, change, said):
    forge_data(folder, "lm_text", change)
    found = faults(folder, work.path)
    assert said in "\n".join(found["coverage"])
    assert not {"bytes", "digests"} & found.keys()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows.append(rows.pop(0)), "in `record_ix`"),
        (lambda rows: rows.pop(), "names a record that is not listed"),
        (lambda rows: rows.clear(), "names a record that is not listed"),
        (lambda rows: rows.append({**rows[-1], "record_ix": len(rows)}), "is left for it"),
        (lambda rows: rows.append({**rows[-1], "record_ix": len(rows)}), "stands in 2 rows of"),
        (lambda rows: rows[1].update(rows[0], record_ix=1), "stands in 2 rows of"),
        (lambda rows: rows[0].update(split="nope"), "names no split of a view that is there"),
        (lambda rows: rows[0].update(split=None), "lacks an id, a view or a split"),
        (lambda rows: [row.update(dict.fromkeys(row)) for row in rows], "has None in `record_ix`"),
    ],
)
def test_records_that_are_not_those_of_the_data_files_are_found(work, folder, change, said):
    forge_rows(folder, RECORDS_TABLE, change)
    found = faults(folder, work.path)
    assert said in "\n".join(found["coverage"])
    assert not {"bytes", "digests"} & found.keys()


def test_a_record_for_a_row_that_was_doubled_with_all_its_runs_is_found(folder):
    forge_data(folder, "lm_text", lambda rows: rows.append(rows[-1]))
    last = len(pq.read_table(folder / RECORDS_TABLE)) - 1
    record = next(
        row for row in reversed(pq.read_table(folder / RECORDS_TABLE).to_pylist()) if row["view"] == "lm_text"
    )
    forge_rows(folder, RECORDS_TABLE, lambda rows: rows.append({**record, "record_ix": last + 1}))
    forge_rows(
        folder,
        LINES_TABLE,
        lambda rows: rows.extend(
            {**row, "record_ix": last + 1} for row in runs_of(rows, record["record_ix"])
        ),
    )
    (said,) = faults(folder, None)["coverage"]
    assert said.endswith("stands in 2 rows of provenance/records.parquet")


@pytest.mark.parametrize("path", [LINES_TABLE, SOURCES_TABLE, RECORDS_TABLE, COMMITS_TABLE])
@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.drop_columns([table.column_names[1]]),
        lambda table: table.append_column(table.column_names[1], table.column(1)),
        lambda table: table.set_column(0, table.column_names[0], table.column(0).cast(pa.string())),
        lambda table: table.set_column(1, table.column_names[1], pa.nulls(len(table))),
        lambda table: table.set_column(1, table.column_names[1], not_text(table)),
    ],
)
def test_a_table_with_other_columns_is_said_and_not_crashed_on(work, folder, path, change):
    pq.write_table(change(pq.read_table(folder / path)), folder / path)
    seal_anew(folder, json.loads((folder / "manifest.json").read_bytes()))
    assert "table-unreadable" in faults(folder, work.path)["coverage"][0]


def not_text(table: pa.Table) -> pa.Array:
    """Return texts that are no UTF-8."""
    bare = pa.array([b"\xff"] * len(table))
    return pa.Array.from_buffers(pa.string(), len(bare), bare.buffers())


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1.5]),
        pa.array([b"x"]),
        pa.array([date(2026, 1, 1)]),
        pa.array([{"x": [1.5]}]),
        pa.array([2**60]),
        pa.array([[2**60]]),
    ],
)
def test_a_column_that_no_canonical_row_can_hold_is_found(folder, column):
    path = next((folder / "data/lm_text").glob("*.parquet"))
    table = pq.ParquetFile(path).read()
    column = pa.concat_arrays([column] * len(table))
    pq.write_table(table.append_column("more", column), path)
    seal_anew(folder, json.loads((folder / "manifest.json").read_bytes()))
    assert "not-canonical" in faults(folder, None)["digests"][0]


@pytest.mark.parametrize("path", ["", "/", "corpus", "a//b", "..", "x\0y", "\\xff", "corpus/../corpus"])
def test_a_source_that_leads_nowhere_is_said_and_not_crashed_on(work, folder, path):
    tree = work.oid("HEAD:corpus")
    forge_rows(
        folder,
        SOURCES_TABLE,
        lambda rows: [row.update(src_path=path, blob=tree) for row in rows if row["commit_ix"] is not None],
    )
    assert "is another blob than" in faults(folder, work.path)["blobs"][0]


@pytest.mark.parametrize("path", ["", "/", "a//b", "..", "x\0y", "\\xff", ":(glob)*"])
def test_a_run_of_a_path_that_leads_nowhere_is_said_and_not_crashed_on(work, folder, path):
    forge_rows(
        folder,
        LINES_TABLE,
        lambda rows: [row.update(path=path) for row in rows if row["path"].endswith(".py")],
    )
    assert "blame" in faults(folder, work.path)


def test_a_sample_of_files_is_drawn_and_finds_what_is_wrong_with_it(work, folder):
    def blamed(sample: int) -> Check:
        checks = verify_release(folder, repository=work.path, specs=None, sample=sample, progress=silent)
        return next(check for check in checks.checks if check.name == "blame")

    assert " of 2 files drawn from " in blamed(2).sentence
    assert " drawn " not in blamed(1000).sentence
    forge_rows(folder, LINES_TABLE, lambda rows: [row.update(src_start_line=9) for row in rows])
    assert blamed(1).state is CheckState.FAILED


def test_of_many_faults_the_first_are_said_and_the_others_counted(folder):
    forge_rows(folder, LINES_TABLE, lambda rows: rows.extend(rows * 100))
    said = faults(folder, None)["coverage"]
    assert len(said) == MOST_FAULTS + 1
    assert re.fullmatch(r"and [0-9]{3,} more", said[-1])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"author_email": "east@corpus.example"}, "has `author_email` 'north@corpus.example'"),
        ({"authored_at": 0}, "has `authored_at`"),
        ({"subject": "mine"}, "has `subject` 'the other way round', not 'mine'"),
        ({"commit": "0" * 40}, "row 1 of provenance/commits.parquet: "),
        ({"commit": "main"}, "row 1 of provenance/commits.parquet: "),
        ({"commit": None}, "row 1 of provenance/commits.parquet: "),
        ({"commit_ix": 7}, "is row 1, not 7"),
    ],
)
def test_a_forged_author_is_found_without_a_second_build(work, folder, change, said):
    forge_rows(folder, COMMITS_TABLE, lambda rows: rows[1].update(change))
    assert said in faults(folder, work.path)["commits"][0]


@pytest.mark.parametrize(
    "name", ["format", "views", "tables", "files", "commit", "tag", "specs", "toolchain", "unverified"]
)
def test_a_manifest_that_lacks_something_is_no_release(folder, name):
    manifest = json.loads((folder / "manifest.json").read_bytes())
    del manifest[name]
    seal_anew(folder, manifest)
    with pytest.raises(GitcorpusError, match="not-a-release"):
        verify_release(folder, repository=None, specs=None, progress=silent)


@pytest.mark.parametrize("text", [b"", b"[]", b"null", b'"x"', b"{", b"[" * 100_000, b"\xff"])
def test_what_is_no_manifest_is_no_release(folder, text):
    (folder / "manifest.json").write_bytes(text)
    with pytest.raises(GitcorpusError, match="not-a-release"):
        verify_release(folder, repository=None, specs=None, progress=silent)


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (lambda manifest: manifest["tables"][0].update(path="../../../etc/passwd"), "bytes"),
        (lambda manifest: manifest["tables"][0].update(rows=1), "digests"),
        (lambda manifest: manifest["views"][0].update(text_fields=[]), "coverage"),
        (lambda manifest: manifest["views"][0].update(text_fields=["/x/y", "no pointer"]), "coverage"),
        (lambda manifest: manifest.update(commit="--help"), "commits"),
        (lambda manifest: manifest.update(commit="main"), "commits"),
        (lambda manifest: manifest.update(license="Apache-2.0"), "rebuild"),
        (lambda manifest: manifest.update(tag="v9"), "rebuild"),
    ],
)
def test_a_forged_manifest_is_found(work, folder, change, check):
    manifest = json.loads((folder / "manifest.json").read_bytes())
    change(manifest)
    seal_anew(folder, manifest)
    assert check in faults(folder, work.path)


def test_no_byte_of_any_file_can_change_unseen(folder):
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        whole = path.read_bytes()
        for at in {0, len(whole) // 3, len(whole) // 2, len(whole) - 1, min(64, len(whole) - 1)}:
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            try:
                assert "bytes" in faults(folder, None), (path, at)
            except GitcorpusError as error:
                assert error.code == "not-a-release"  # noqa: PT017 - either way it is found
        for other in (whole + b"\n", whole[:-1], b""):
            path.write_bytes(other)
            try:
                assert "bytes" in faults(folder, None), path
            except GitcorpusError as error:
                assert error.code == "not-a-release"  # noqa: PT017 - as above
        path.write_bytes(whole)
    assert faults(folder, None) == {}


def test_a_symlink_stands_for_no_file(folder):
    whole = (folder / "README.md").read_bytes()
    (folder / "README.md").unlink()
    (folder.parent / "README.md").write_bytes(whole)
    (folder / "README.md").symlink_to("../README.md")
    (folder / "loop").symlink_to("loop")
    assert faults(folder, None)["bytes"][:2] == ["README.md is a symlink", "loop is a symlink"]


def test_a_table_that_is_cut_off_is_said_and_not_crashed_on(work, folder):
    (folder / LINES_TABLE).write_bytes(b"PAR1")
    seal_anew(folder, json.loads((folder / "manifest.json").read_bytes()))
    assert "table-unreadable" in faults(folder, work.path)["coverage"][0]


def test_no_setting_of_the_repository_changes_what_git_says(published, tmp_path):
    work, folder = published
    clone = tmp_path / "clone"
    shutil.copytree(work.path, clone)
    config = (clone / ".git" / "config").read_text()
    (clone / ".git" / "ignored").write_text(work.head + "\n")
    (clone / ".git" / "info").mkdir(exist_ok=True)
    (clone / ".git" / "info" / "attributes").write_text("*.py diff=upper\n")
    (clone / ".git" / "config").write_text(
        config + f"[blame]\n\tignoreRevsFile = {clone}/.git/ignored\n[diff]\n\talgorithm = patience\n"
        '[diff "upper"]\n\ttextconv = "tr a-z A-Z <"\n[core]\n\tquotePath = false\n'
    )
    assert faults(folder, clone) == {}


def test_another_repository_and_a_moved_tag_say_so(published, forge):
    work, folder = published
    other = forge.work("other")
    other.commit({"a": "b"}, "something else")
    assert faults(folder, other.path)["commits"] == [f"the repository has no commit {work.head}"]
    moved = forge.root / "moved"
    shutil.copytree(work.path, moved)
    forge.run("-C", str(moved), "tag", "-f", "v1", "HEAD~1")
    assert "now, not" in faults(folder, moved)["rebuild"][0]


def test_a_clone_without_the_ledger_cannot_rebuild_and_says_so(forge):
    work = smallest(forge)
    work.commit({f"{ADD}/add.py": "x = 1\n"}, "good work", author="south")
    work.tag("v1", message="one")
    accepted(work, "v1")
    folder = release(work, "v1", unverified=False)
    assert faults(folder, work.path, "skipped") == {}
    forge.run("clone", "--quiet", "--bare", str(work.path), "clone.git")
    assert faults(folder, forge.root / "clone.git") == {}
    assert faults(folder, forge.root / "clone.git", "skipped").keys() == {"signature", "verdict", "rebuild"}


def accepted(work: Work, tag: str) -> None:
    """Push a tag as a server would see it."""
    oid = work.oid(f"refs/tags/{tag}")
    work.git("tag", "--delete", tag)
    verdict, _ = judge_push(
        push_of(oid, ref=f"refs/tags/{tag}", pusher="lead"),
        repo=Repo.open(work.git_dir),
        server=SERVER,
        ledger=Ledger.of(work.git_dir),
        now=NOW,
        notify=silent,
    )
    assert verdict.accepted
    work.git("update-ref", f"refs/tags/{tag}", oid)


def test_what_the_server_sees_later_changes_no_release(forge):
    work = smallest(forge)
    old = work.commit({f"{ADD}/add.py": "x = 1\n"}, author="south")
    work.commit({f"{ADD}/add.py": "x = 1\ny = 2\n"})
    work.tag("v1", message="one")
    accepted(work, "v1")
    folder = release(work, "v1", unverified=False)
    work.tag("v0", old, message="late")
    accepted(work, "v0")
    assert faults(folder, work.path) == {}
    assert faults(folder, work.path, "skipped") == {}


def test_names_and_times_that_no_table_can_hold(forge):
    work = smallest(forge)
    raw = os.fsencode(work.path / ADD)
    (work.path / ADD).mkdir(parents=True)
    for name in (b"caf\xe9.py", b"soon.py"):
        (Path(os.fsdecode(raw + b"/" + name))).write_text("".join(f"line = {n}\n" for n in range(20)))
    work.git("add", "--all")
    work.git("commit", "--quiet", "--signoff", "-m", "a name that is not UTF-8")
    os.rename(raw + b"/caf\xe9.py", raw + b"/cafe.py")  # noqa: PTH104 - the name is bytes
    os.rename(raw + b"/soon.py", raw + b"/late\xff.py")  # noqa: PTH104 - as above
    work.git("add", "--all")
    when = {"GIT_COMMITTER_DATE": "@99999999999999 +0000", "GIT_AUTHOR_DATE": "@99999999999999 +1400"}
    work.git("commit", "--quiet", "--signoff", "-m", "renamed, in a far year", env=when)
    work.tag("v1")
    folder = release(work, "v1")
    assert json.loads((folder / "manifest.json").read_bytes())["created_at"] == "9999-12-31T23:59:59Z"
    left = [row for row in pq.read_table(folder / "omissions.parquet").to_pylist() if not row["view"]]
    assert [(row["key"], row["reason"]) for row in left] == [(f"{ADD}/late\\xff.py", "not-utf8")]
    paths = {row["src_path"] for row in pq.read_table(folder / SOURCES_TABLE).to_pylist()}
    assert f"{ADD}/caf\\xe9.py" in paths
    assert faults(folder, work.path) == {}


@pytest.fixture(scope="module")
def vouched(tmp_path_factory) -> tuple[Work, Path]:
    work = smallest(Forge(tmp_path_factory.mktemp("vouched")))
    work.commit({f"{ADD}/add.py": "x = 1\n"}, author="south")
    work.tag("v1", message="one")
    accepted(work, "v1")
    return work, release(work, "v1", unverified=False)


def test_a_server_vouches_for_what_it_accepted_with_a_key_that_nobody_else_can_read(vouched, tmp_path):
    work, folder = vouched
    key = work.git_dir / "gitcorpus" / "signing.key"
    assert key.stat().st_mode & 0o777 == 0o600
    statement = opened(
        (folder / "attestations/gates.intoto.jsonl").read_bytes(), public_key(key.with_suffix(".pub"))
    )
    assert statement["predicate"]["result"] == "PASSED"
    assert "layout" in statement["predicate"]["passedTests"]
    copy = shutil.copy(key.with_suffix(".pub"), tmp_path / "server.pub")
    checks = verify_release(folder, repository=None, specs=None, key=copy, progress=silent).checks
    assert {check.name: check.state.value for check in checks}["signature"] == "passed"
    text = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert key.read_bytes().splitlines()[1] not in text


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("gates", lambda _: b"", "does not verify"),
        ("gates", lambda data: data.replace(b"in-toto+json", b"in-toto+jso"), "does not verify"),
        ("provenance", lambda data: data.replace(b'"sig":"', b'"sig":"AAAA'), "does not verify"),
        ("provenance", lambda _: b"[" * 100_000, "does not verify"),
        ("provenance", None, "is missing"),
    ],
)
def test_a_forged_statement_is_found(vouched, tmp_path, name, change, said):
    work, published = vouched
    folder = Path(shutil.copytree(published, tmp_path / "release"))
    path = folder / "attestations" / f"{name}.intoto.jsonl"
    if change is None:
        path.unlink()
    else:
        path.write_bytes(change(path.read_bytes()))
    (folder / "SHA256SUMS").unlink()
    write_sums(folder)
    assert said in faults(folder, work.path)["signature"][0]


def test_statements_about_another_release_or_by_another_key_are_found(vouched, tmp_path):
    work, published = vouched
    folder = Path(shutil.copytree(published, tmp_path / "release"))
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["license"] = "MIT"
    seal_anew(folder, manifest)
    assert faults(folder, work.path)["signature"][0].endswith("is about another manifest.json")
    other = tmp_path / "other"
    other.mkdir()
    server_signer(other)
    checks = verify_release(
        published, repository=None, specs=None, key=other / "signing.pub", progress=silent
    )
    assert "does not verify" in next(c for c in checks.checks if c.name == "signature").faults[0]


@pytest.mark.parametrize("data", [b"", b"nothing", None])
def test_what_is_no_public_key_is_said(vouched, tmp_path, data):
    path = tmp_path / "key.pub"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(GitcorpusError, match="key-unusable"):
        verify_release(vouched[1], repository=None, specs=None, key=path, progress=silent)


def test_a_task_in_two_splits_is_found(folder):
    rows = pq.read_table(folder / "provenance/records.parquet").to_pylist()
    next(row for row in rows if row["view"] == "lm_text")["split"] = "test"
    table = write_table(folder, "provenance/records.parquet", rows, RECORDS)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    next(each for each in manifest["tables"] if each["path"] == table.path).update(
        ordered=table.ordered, unordered=table.unordered
    )
    seal_anew(folder, manifest)
    assert "stands in the splits" in faults(folder, None)["splits"][0]


def test_a_second_build_takes_the_tags_that_counted(forge):
    work = smallest(forge)
    release_spec = RELEASE.split("views:")[0] + 'views: ["gitcorpus:unpaired"]\nlicense: LicenseRef-Test\n'
    work.commit({f"{ADD}/add.py": "x = 1\n", "specs/release.yaml": release_spec}, "one")
    work.git("tag", "step/add/bad")
    work.commit({f"{ADD}/add.py": "x = 2\n"}, "two\n\nStep: good")
    work.tag("v1")
    folder = release(work, "v1")
    marks = json.loads((folder / "manifest.json").read_bytes())["marks"]
    assert marks == [{"tag": "step/add/bad", "commit": work.oid("HEAD~1")}]
    work.git("tag", "step/add/later", "HEAD~1")
    assert faults(folder, work.path) == {}
    work.git("tag", "--delete", "step/add/bad")
    assert "is not there any more" in faults(folder, work.path)["rebuild"][0]


def test_tags_that_no_view_asks_for_are_no_marks(forge):
    work = smallest(forge)
    work.commit({f"{ADD}/add.py": "x = 1\n"}, "one")
    work.git("tag", "step/add/bad")
    work.tag("v1")
    assert json.loads((release(work, "v1") / "manifest.json").read_bytes())["marks"] == []
