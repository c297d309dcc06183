"""Answers to questions in SQL, written out: rows of what JSON can hold, CSV, Parquet."""

from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from gitcorpus.errors import GitcorpusError


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    """Return an answer as rows of what JSON can hold: times, bytes and large numbers are written out."""
    found: list[dict[str, Any]] = table.to_pylist()
    if all(_is_plain(each.type) for each in table.schema):
        return found
    return [{name: _plain(value) for name, value in row.items()} for row in found]


def csv_of(table: pa.Table) -> bytes:
    """Return an answer as CSV; what has parts is written as JSON."""
    sink = pa.BufferOutputStream()
    pyarrow.csv.write_csv(_flat(table), sink)
    found: bytes = sink.getvalue().to_pybytes()
    return found


def parquet_of(table: pa.Table) -> bytes:
    """Return an answer as a Parquet file."""
    sink = pa.BufferOutputStream()
    pyarrow.parquet.write_table(table, sink, compression="zstd")
    found: bytes = sink.getvalue().to_pybytes()
    return found


def write_new(path: Path, make: Callable[[], bytes]) -> None:
    """Write a file that is not there yet.

    Raises:
        GitcorpusError: target-exists or target-unwritable.
    """
    if path.exists() or path.is_symlink():
        hint = "name another file, or take it away"
        raise GitcorpusError("target-exists", f"{path} exists already", place=str(path), hint=hint)
    try:
        path.write_bytes(make())
    except OSError as error:
        sentence = f"cannot write {path}: {error.strerror or error}"
        raise GitcorpusError(
            "target-unwritable", sentence, place=str(path), hint="name another file"
        ) from error


def _is_plain(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind))


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | str():
            found: Any = value
        case float():
            found = value if isfinite(value) else None
        case Decimal():
            found = int(value) if value == value.to_integral_value() else str(value)
        case bytes():
            found = value.hex()
        case list() | tuple():
            found = [_plain(inner) for inner in value]
        case dict():
            found = {str(name): _plain(inner) for name, inner in value.items()}
        case date() | time():
            found = value.isoformat()
        case _:
            found = str(value)
    return found


def _flat(table: pa.Table) -> pa.Table:
    for number, each in enumerate(table.schema):
        if pa.types.is_nested(each.type):
            values = table.column(number).to_pylist()
            texts = [None if value is None else orjson.dumps(_plain(value)).decode() for value in values]
            table = table.set_column(number, each.name, pa.array(texts, pa.string()))
    return table
