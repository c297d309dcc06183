"""Reads a release from the outside, where nothing that it says is taken for true."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from gitcorpus.compiler.manifest import FORMAT
from gitcorpus.compiler.seal import stored_rows
from gitcorpus.errors import GitcorpusError

_FORMATS: Final = FORMAT.partition("/")[0] + "/"
_TABLE: Final = {"path": str, "rows": int, "ordered": str, "unordered": str}
_SHAPE: Final = {
    "name": str,
    "version": str,
    "tag": str,
    "commit": str,
    "unverified": bool,
    "specs": {"origin": str, "digest": str},
    "origins": {"moved": bool, "ignored": [str]},
    "toolchain": {},
    "views": [{"name": str, "text_fields": [str], "splits": [{"name": str, "rows": int, "files": [_TABLE]}]}],
    "tables": [_TABLE],
    "files": [{"path": str, "bytes": int, "digest": str}],
}
"""What this version reads of a manifest: types, mappings with at least these keys, lists of alike."""


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a release.

    Raises:
        GitcorpusError: not-a-release.
    """
    manifest: object = None
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
        why = _misfit(manifest)
    except (OSError, ValueError, RecursionError) as error:
        why = f"its manifest.json cannot be read ({type(error).__name__})"
    if why or not isinstance(manifest, dict):
        hint = "name a folder that holds the manifest.json of a release"
        raise GitcorpusError("not-a-release", f"{folder} is no release: {why}", hint=hint)
    return manifest


def _misfit(manifest: object) -> str:
    said = manifest.get("format") if isinstance(manifest, dict) else None
    if isinstance(said, str) and said != FORMAT and said.startswith(_FORMATS):
        return f"it is a `{said[:40]}`, and this version of gitcorpus reads `{FORMAT}`"
    if not isinstance(manifest, dict) or said != FORMAT:
        return f"its manifest.json does not say `{FORMAT}`"
    unfit = [name for name, shape in _SHAPE.items() if not _fits(manifest.get(name), shape)]
    return f"its manifest.json has no sound {', '.join(f'`{name}`' for name in unfit)}" if unfit else ""


def _fits(value: object, shape: object) -> bool:
    match shape:
        case type():
            return type(value) is shape
        case list():
            return isinstance(value, list) and all(_fits(each, shape[0]) for each in value)
        case dict():
            return isinstance(value, dict) and all(
                _fits(value.get(key), inner) for key, inner in shape.items()
            )
        case _:
            return False


def every_table(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Return the manifest's entry of every Parquet file."""
    for view in manifest["views"]:
        for split in view["splits"]:
            yield from split["files"]
    yield from manifest["tables"]


def traced_runs(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of `lines.parquet`, each with the columns of its record and its source; one without has none.

    Raises:
        GitcorpusError: table-unreadable.
    """
    beside = folder / "provenance"
    records = list(stored_rows(beside / "records.parquet"))
    sources = list(stored_rows(beside / "sources.parquet"))
    for row in stored_rows(beside / "lines.parquet"):
        yield row | _row_at(records, row.get("record_ix")) | _row_at(sources, row.get("source_ix"))


def _row_at(rows: Sequence[dict[str, Any]], number: object) -> dict[str, Any]:
    return rows[number] if isinstance(number, int) and 0 <= number < len(rows) else {}


def text_fields(folder: Path, manifest: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str, str], str]]:
    """Return the text of every text field of every record, by view, record and JSON pointer."""
    for view in manifest["views"]:
        for split in view["splits"]:
            for file in split["files"]:
                for row in stored_rows(folder / file["path"]):
                    for pattern in view["text_fields"]:
                        for pointer, text in _at(row, pattern.split("/")[1:], ""):
                            yield (view["name"], str(row.get("record_id")), pointer), text


def _at(value: Any, steps: Sequence[str], pointer: str) -> Iterator[tuple[str, str]]:
    """Yield the texts that a pointer leads to, each with its own; `*` stands for every index of a list."""
    if not steps:
        if isinstance(value, str):
            yield pointer, value
    elif isinstance(value, list):
        chosen = range(len(value)) if steps[0] == "*" else [int(steps[0])] if steps[0].isdecimal() else []
        for index in (each for each in chosen if each < len(value)):
            yield from _at(value[index], steps[1:], f"{pointer}/{index}")
    elif isinstance(value, Mapping):
        yield from _at(value.get(steps[0]), steps[1:], f"{pointer}/{steps[0]}")


def split_lines(text: str) -> list[str]:
    """Split at LF; a last LF ends the last line."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines
