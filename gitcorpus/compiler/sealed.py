"""Reads a release from the outside, where nothing that it says is taken for true."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from gitcorpus.compiler.manifest import FORMAT
from gitcorpus.errors import GitcorpusError

_OLDER: Final = "release its tag again, or ask the gitcorpus that `toolchain` in its manifest names"
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
    "marks": [{"tag": str, "commit": str}],
    "toolchain": {},
    "views": [{"name": str, "text_fields": [str], "splits": [{"name": str, "rows": int, "files": [_TABLE]}]}],
    "tables": [_TABLE],
    "files": [{"path": str, "bytes": int, "digest": str}],
}
"""What this version reads of a manifest: types, mappings with at least these keys, lists of alike."""
_UNREADABLE: Final = (OSError, ValueError, KeyError, RecursionError, pa.ArrowException)
"""What reading a forged table comes to: that of a text which is no UTF-8, for one, is a ValueError."""


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
        missing = isinstance(error, FileNotFoundError)
        why = (
            "it has no manifest.json"
            if missing
            else f"its manifest.json cannot be read ({type(error).__name__})"
        )
    if why or not isinstance(manifest, dict):
        hint = _OLDER if _is_older(manifest) else "name a folder that holds the manifest.json of a release"
        raise GitcorpusError("not-a-release", f"{folder} is no release: {why}", hint=hint)
    return manifest


def _is_older(manifest: object) -> bool:
    said = manifest.get("format") if isinstance(manifest, dict) else None
    return isinstance(said, str) and said != FORMAT and said.startswith(_FORMATS)


def _misfit(manifest: object) -> str:
    said = manifest.get("format") if isinstance(manifest, dict) else None
    if _is_older(manifest):
        return f"it is a `{str(said)[:40]}`, and this version of gitcorpus reads `{FORMAT}`"
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


def rows_at(path: Path, *, columns: Sequence[str] | None = None, most: int) -> Iterator[dict[str, Any]]:
    """Yield the rows of one Parquet file as JSON values, of which no more than `most` are held.

    Raises:
        GitcorpusError: table-unreadable.
    """
    with said_at(path):
        for batch in batches_at(path, columns=columns, most=most):
            yield from batch.to_pylist()


def batches_at(
    path: Path, *, columns: Sequence[str] | None = None, schema: pa.Schema | None = None, most: int
) -> Iterator[pa.RecordBatch]:
    """Yield `most` rows of one Parquet file at a time, or fewer where a group of rows ends.

    Args:
        path: the file.
        columns: what is read of it; none for all.
        schema: what all of it must be, if that is known.
        most: how many rows.

    Raises:
        GitcorpusError: table-unreadable.
    """
    with said_at(path), pq.ParquetFile(path) as file:
        _refuse_others(path, file.schema_arrow, schema)
        # A batch goes on over the ends of groups, and so over the bound on their bytes, unless each is asked for.
        for group in range(file.num_row_groups):
            yield from file.iter_batches(batch_size=most, row_groups=[group], columns=columns)


def _refuse_others(path: Path, found: pa.Schema, wanted: pa.Schema | None) -> None:
    if len(set(found.names)) < len(found.names):
        raise _unreadable(path, "a column is there twice")
    if wanted is not None and not found.equals(wanted):
        raise _unreadable(path, "its columns are not those of a release")


def row_at(path: Path, number: int, columns: Sequence[str]) -> dict[str, Any] | None:
    """Return one row of a Parquet file, of which no more than its group is read; none if there are not so many.

    Raises:
        GitcorpusError: table-unreadable.
    """
    with said_at(path), pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            n_rows = file.metadata.row_group(group).num_rows
            if number < n_rows:
                found = file.read_row_group(group, columns=columns).slice(number, 1).to_pylist()
                return found[0] if found else None
            number -= n_rows
    return None


def count_rows(path: Path) -> int:
    """Return how many rows a Parquet file says that it has.

    Raises:
        GitcorpusError: table-unreadable.
    """
    with said_at(path):
        return int(pq.read_metadata(path).num_rows)


@contextmanager
def said_at(path: Path) -> Iterator[None]:
    """Say of which file something is that cannot be read.

    Raises:
        GitcorpusError: table-unreadable.
    """
    try:
        yield
    except _UNREADABLE as error:
        raise _unreadable(path, (str(error).splitlines() or [type(error).__name__])[0]) from error


def _unreadable(path: Path, why: str) -> GitcorpusError:
    return GitcorpusError("table-unreadable", f"the table cannot be read: {why}", place=str(path))


def texts_of(row: Mapping[str, Any], pointers: Sequence[str]) -> dict[str, str]:
    """Return the text of every text field of a record by its JSON pointer."""
    return {
        pointer: text for pattern in pointers for pointer, text in _at(row, tuple(pattern.split("/")[1:]), "")
    }


def columns_of(pointers: Sequence[str]) -> list[str]:
    """Return the columns that text fields stand in."""
    return sorted({step for pattern in pointers for step in pattern.split("/")[1:2]})


def _at(value: Any, steps: Sequence[str], pointer: str) -> Iterator[tuple[str, str]]:
    """Yield the texts that a pointer leads to, each with its own; `*` stands for every index of a list."""
    if not steps:
        if isinstance(value, str):
            yield pointer, value
    elif isinstance(value, list):
        for index in (each for each in range(len(value)) if steps[0] in ("*", str(each))):
            yield from _at(value[index], steps[1:], f"{pointer}/{index}")
    elif isinstance(value, Mapping):
        yield from _at(value.get(steps[0]), steps[1:], f"{pointer}/{steps[0]}")


def split_lines(text: str) -> list[str]:
    """Split at LF; a last LF ends the last line."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines
