"""Who wrote the lines of a record, for which task, under which agreement.

Of a release no more is read than one record needs: where it stands, the group of rows that its own is in, and its runs.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from gitcorpus.compiler.answers import rows_of
from gitcorpus.compiler.opened import Shelf
from gitcorpus.compiler.sealed import columns_of, split_lines, texts_of
from gitcorpus.compiler.stored import count_rows, row_at
from gitcorpus.errors import GitcorpusError
from gitcorpus.inside import Inside

_FEW: Final = 4
_IDS: Final = """
SELECT record_id, count(*) OVER () AS n_records
FROM (SELECT DISTINCT record_id FROM records WHERE starts_with(replace(record_id, 'sha256:', ''), $wanted))
ORDER BY record_id LIMIT $few
"""
_RECORD: Final = """
SELECT *, (
    SELECT count(*) FROM records AS others
    WHERE others."view" = records."view" AND others.split = records.split AND others.record_ix < records.record_ix
) AS row_number
FROM records WHERE record_id = $record_id ORDER BY record_ix LIMIT 1
"""
_RUNS: Final = """
SELECT lines.*, sources.* EXCLUDE (source_ix) FROM lines JOIN sources USING (source_ix)
WHERE record_ix = $record_ix ORDER BY field, start_line
"""
_COMMITS: Final = "SELECT * FROM commits WHERE list_contains($numbers, commit_ix)"

_Row = Mapping[str, Any]


class TracedRun(NamedTuple):
    """One run of a record with its lines and the commit that wrote them, if one did."""

    run: _Row
    lines: tuple[str, ...]
    commit: _Row | None
    task: str
    """The task that the record solves."""


def trace_record(folder: Path, record: str, *, line: int | None, field: str | None) -> tuple[TracedRun, ...]:
    """Return the runs of a record, or those that cover one line of its text fields.

    Args:
        folder: the release.
        record: the record's id, or as many first digits of it as tell it from others.
        line: 1-based line of a text field, or none for all.
        field: JSON pointer of one text field, or none for all.

    Raises:
        GitcorpusError: not-a-release, unknown-record, ambiguous-record, unknown-record-field, no-such-line or
            table-unreadable.
    """
    with Shelf(folder, "records", "lines", "sources", "commits") as shelf:
        known = _record(shelf, record.removeprefix("sha256:"))
        texts = _texts(folder, shelf.manifest, known)
        if field is not None and field not in texts:
            hint = f"its fields: {', '.join(sorted(texts))}"
            raise GitcorpusError("unknown-record-field", f"the record has no text field `{field}`", hint=hint)
        runs = [
            run
            for run in rows_of(shelf.ask(_RUNS, {"record_ix": known["record_ix"]}))
            if run["field"] in texts and field in (None, run["field"]) and _covers(run, line)
        ]
        found = tuple(_traced(shelf, known, runs, texts))
    if not found:
        longest = max((len(split_lines(text)) for text in texts.values()), default=0)
        raise GitcorpusError("no-such-line", f"the record has no line {line}; its longest text has {longest}")
    return found


def _record(shelf: Shelf, wanted: str) -> _Row:
    """Return the row of `records.parquet`, and which one of its split's it is."""
    ids = rows_of(shelf.ask(_IDS, {"wanted": wanted, "few": _FEW}))
    if not ids:
        hint = "a record's id is its `record_id`, or the first digits of it"
        raise GitcorpusError("unknown-record", f"the release has no record `{wanted}`", hint=hint)
    if len(ids) > 1:
        few = ", ".join(each["record_id"].removeprefix("sha256:")[:16] for each in ids)
        sentence = f"{ids[0]['n_records']} records begin with `{wanted}`: {few}"
        raise GitcorpusError("ambiguous-record", sentence, hint="more digits")
    return rows_of(shelf.ask(_RECORD, {"record_id": ids[0]["record_id"]}))[0]


def _texts(folder: Path, manifest: Mapping[str, Any], known: _Row) -> dict[str, str]:
    number = known["row_number"]
    for pointers, path in _files(manifest, known):
        n_rows = count_rows(Inside(folder, path))
        if number < n_rows:
            row = row_at(Inside(folder, path), number, ["record_id", *columns_of(pointers)])
            if row is not None and row.get("record_id") == known["record_id"]:
                return texts_of(row, pointers)
            break
        number -= n_rows
    sentence = f"the row of record `{known['record_id']}` does not stand where the provenance says"
    raise GitcorpusError("unknown-record", sentence, hint="`gitcorpus verify` says what else is wrong")


def _files(manifest: Mapping[str, Any], known: _Row) -> Iterator[tuple[list[str], str]]:
    """Yield the data files of a record's split, with the pointers of its view's texts."""
    for view in manifest["views"]:
        for split in view["splits"]:
            if (view["name"], split["name"]) == (known["view"], known["split"]):
                yield from ((view["text_fields"], file["path"]) for file in split["files"])


def _covers(run: _Row, line: int | None) -> bool:
    return line is None or bool(run["start_line"] <= line < run["start_line"] + run["n_lines"])


def _traced(shelf: Shelf, known: _Row, runs: list[dict[str, Any]], texts: _Row) -> Iterator[TracedRun]:
    numbers = sorted({run["commit_ix"] for run in runs} - {None})
    commits = {row["commit_ix"]: row for row in rows_of(shelf.ask(_COMMITS, {"numbers": numbers}))}
    split = {field: split_lines(text) for field, text in texts.items()}
    for run in runs:
        first = run["start_line"]
        lines = tuple(split[run["field"]][first - 1 : first - 1 + run["n_lines"]])
        commit = commits.get(run["commit_ix"])
        yield TracedRun({**known, **run}, lines, commit, known["task"])
