"""Checks of a release by itself: bytes, logical digests, and that every line is covered exactly once.

Each check returns all its faults; the caller decides what to do about them.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from gitcorpus.canon import canonical, digest_rows
from gitcorpus.compiler.publish import file_digest, files_below
from gitcorpus.compiler.seal import plain_rows, read_table
from gitcorpus.compiler.trace import content_digest
from gitcorpus.errors import GitcorpusError

MOST_FAULTS: Final = 20


class Row(NamedTuple):
    """A row of `lines.parquet`, as a mapping, with its lines of the record's text."""

    run: Mapping[str, Any]
    lines: tuple[str, ...]


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a release.

    Raises:
        GitcorpusError: not-a-release.
    """
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
        if manifest["format"].startswith("gitcorpus-release/"):
            return dict(manifest)
        why = f"its manifest's format is {manifest['format']}"
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        why = f"its manifest.json cannot be read ({type(error).__name__})"
    raise GitcorpusError(
        "not-a-release", f"{folder} is no release: {why}", hint="name a folder that holds manifest.json"
    )


def check_sums(folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Compare every file with SHA256SUMS and with the manifest."""
    try:
        listed = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        yield "SHA256SUMS cannot be read"
        return
    sums = {line[66:]: line[:64] for line in listed}
    there = set(files_below(folder)) - {"SHA256SUMS"}
    for name in sorted(sums.keys() | there):
        if name not in there:
            yield f"{name} is missing"
        elif name not in sums:
            yield f"{name} is not in SHA256SUMS"
        elif file_digest(folder / name) != sums[name]:
            yield f"{name} has other bytes than SHA256SUMS says"
    if canonical(manifest) + b"\n" != (folder / "manifest.json").read_bytes():
        yield "manifest.json is not in canonical form"
    sealed = {each["path"]: each["digest"].removeprefix("sha256:") for each in manifest["files"]}
    for name in sorted(sealed.keys() | (there - {"manifest.json"})):
        if sums.get(name) != sealed.get(name):
            yield f"{name} is not what the manifest seals"


def check_digests(folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Recompute the logical digests of every table from its rows."""
    for table in every_table(manifest):
        rows = list(plain_rows(read_table(folder / table["path"])))
        ordered, unordered = digest_rows(rows)
        if len(rows) != table["rows"]:
            yield f"{table['path']} has {len(rows)} rows, not {table['rows']}"
        elif (ordered, unordered) != (table["ordered"], table["unordered"]):
            yield f"{table['path']} has rows with other digests than the manifest seals"


def every_table(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Return the manifest's entry of every Parquet file."""
    for view in manifest["views"]:
        for split in view["splits"]:
            yield from split["files"]
    yield from manifest["tables"]


def text_fields(folder: Path, manifest: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str, str], str]]:
    """Return the text of every text field of every record, by view, record and JSON pointer."""
    for view in manifest["views"]:
        for split in view["splits"]:
            for file in split["files"]:
                for row in plain_rows(read_table(folder / file["path"])):
                    for pointer in view["text_fields"]:
                        text = _at(row, pointer)
                        if text is not None:
                            yield (view["name"], row["record_id"], pointer), text


def _at(row: Mapping[str, Any], pointer: str) -> str | None:
    value: Any = row
    for step in pointer.split("/")[1:]:
        if isinstance(value, list):
            value = value[int(step)] if int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else None


def split_lines(text: str) -> list[str]:
    """Split at LF; a last LF ends the last line."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def check_coverage(folder: Path, manifest: Mapping[str, Any]) -> tuple[list[str], list[Row]]:
    """Check that runs cover every line exactly once and bear the digests of their lines.

    Returns the faults, and all runs with their lines.
    """
    runs: dict[tuple[str, str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for row in plain_rows(read_table(folder / "provenance/lines.parquet")):
        runs[row["view"], row["record_id"], row["field"]].append(row)
    faults: list[str] = []
    rows: list[Row] = []
    for key, text in text_fields(folder, manifest):
        lines = split_lines(text)
        at = 1
        for run in sorted(runs.pop(key, []), key=lambda each: each["start_line"]):
            if run["start_line"] != at:
                how = "twice" if run["start_line"] < at else "by no run"
                faults.append(f"{_said(key)}: line {min(at, run['start_line'])} is covered {how}")
            covered = tuple(lines[run["start_line"] - 1 : run["start_line"] - 1 + run["n_lines"]])
            if content_digest("\n".join(covered)) != run["content_digest"]:
                faults.append(
                    f"{_said(key)}: lines {run['start_line']}+{run['n_lines']} are not those that the run seals"
                )
            rows.append(Row(run, covered))
            at = run["start_line"] + run["n_lines"]
        if at != len(lines) + 1:
            faults.append(f"{_said(key)}: {len(lines)} lines, and the runs end at {at - 1}")
    faults += [f"{_said(key)}: runs for a text that is not there" for key in sorted(runs)]
    return faults, rows


def _said(key: tuple[str, str, str]) -> str:
    view, record, field = key
    return f"{view} {record.removeprefix('sha256:')[:12]} {field}"
