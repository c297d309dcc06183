"""Who wrote the lines of a record, for which task, under which agreement."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from gitcorpus.compiler.seal import stored_rows
from gitcorpus.compiler.sealed import read_manifest, split_lines, text_fields, traced_runs
from gitcorpus.errors import GitcorpusError


class TracedRun(NamedTuple):
    """One run of a record with its lines and the commit that wrote them, if one did."""

    run: Mapping[str, Any]
    lines: tuple[str, ...]
    commit: Mapping[str, Any] | None
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
        GitcorpusError: not-a-release, unknown-record, ambiguous-record, unknown-field or no-such-line.
    """
    manifest = read_manifest(folder)
    texts = dict(_texts(folder, manifest, record))
    fields = sorted({pointer for _, pointer in texts})
    if field is not None and field not in fields:
        hint = f"its fields: {', '.join(fields)}"
        raise GitcorpusError("unknown-record-field", f"the record has no text field `{field}`", hint=hint)
    commits = list(stored_rows(folder / "provenance/commits.parquet"))
    found = tuple(_runs(folder, texts, commits, line=line, field=field))
    if not found:
        longest = max(len(split_lines(text)) for text in texts.values())
        raise GitcorpusError("no-such-line", f"the record has no line {line}; its longest text has {longest}")
    return found


def _texts(folder: Path, manifest: Mapping[str, Any], record: str) -> Iterator[tuple[tuple[str, str], str]]:
    wanted = record.removeprefix("sha256:")
    matched: dict[str, str] = {}
    for (view, record_id, pointer), text in text_fields(folder, manifest):
        if record_id.removeprefix("sha256:").startswith(wanted):
            matched[record_id] = view
            yield (record_id, pointer), text
    if not matched:
        hint = "a record's id is its `record_id`, or the first digits of it"
        raise GitcorpusError("unknown-record", f"the release has no record `{record}`", hint=hint)
    if len(matched) > 1:
        few = ", ".join(sorted(each.removeprefix("sha256:")[:16] for each in matched)[:4])
        raise GitcorpusError(
            "ambiguous-record", f"{len(matched)} records begin with `{wanted}`: {few}", hint="more digits"
        )


def _runs(
    folder: Path,
    texts: Mapping[tuple[str, str], str],
    commits: list[dict[str, Any]],
    *,
    line: int | None,
    field: str | None,
) -> Iterator[TracedRun]:
    for run in traced_runs(folder):
        text = texts.get((run["record_id"], run["field"]))
        if text is None or (field is not None and run["field"] != field):
            continue
        first, last = run["start_line"], run["start_line"] + run["n_lines"] - 1
        if line is not None and not first <= line <= last:
            continue
        lines = tuple(split_lines(text)[first - 1 : last])
        commit = None if run["commit_ix"] is None else commits[run["commit_ix"]]
        yield TracedRun(run, lines, commit, run["task"])
