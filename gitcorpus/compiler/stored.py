"""Reads the tables of a release some rows at a time, and says of which file something is that cannot be read.

Only regular files within the release's folder are opened: see `gitcorpus.inside`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from gitcorpus.errors import GitcorpusError
from gitcorpus.inside import Inside

_UNREADABLE: Final = (OSError, ValueError, KeyError, RecursionError, pa.ArrowException)
"""What reading a forged table comes to: that of a text which is no UTF-8, for one, is a ValueError."""


def read_table(path: Inside) -> pa.Table:
    """Read one Parquet file.

    Raises:
        GitcorpusError: table-unreadable.
    """
    with said_at(path), path.open() as raw:
        return pq.ParquetFile(raw).read()


def rows_at(path: Inside, *, columns: Sequence[str] | None = None, most: int) -> Iterator[dict[str, Any]]:
    """Yield the rows of one Parquet file as JSON values, of which no more than `most` are held.

    Raises:
        GitcorpusError: table-unreadable.
    """
    with said_at(path):
        for batch in batches_at(path, columns=columns, most=most):
            yield from batch.to_pylist()


def batches_at(
    path: Inside, *, columns: Sequence[str] | None = None, schema: pa.Schema | None = None, most: int
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
    with said_at(path), path.open() as raw, pq.ParquetFile(raw) as file:
        _refuse_others(path, file.schema_arrow, schema)
        # A batch goes on over the ends of groups, and so over the bound on their bytes, unless each is asked for.
        for group in range(file.num_row_groups):
            yield from file.iter_batches(batch_size=most, row_groups=[group], columns=columns)


def _refuse_others(path: Inside, found: pa.Schema, wanted: pa.Schema | None) -> None:
    if len(set(found.names)) < len(found.names):
        raise _unreadable(path, "a column is there twice")
    if wanted is not None and not found.equals(wanted):
        raise _unreadable(path, "its columns are not those of a release")


def row_at(path: Inside, number: int, columns: Sequence[str]) -> dict[str, Any] | None:
    """Return one row of a Parquet file, of which no more than its group is read; none if there are not so many.

    Raises:
        GitcorpusError: table-unreadable.
    """
    with said_at(path), path.open() as raw, pq.ParquetFile(raw) as file:
        for group in range(file.num_row_groups):
            n_rows = file.metadata.row_group(group).num_rows
            if number < n_rows:
                found = file.read_row_group(group, columns=columns).slice(number, 1).to_pylist()
                return found[0] if found else None
            number -= n_rows
    return None


def columns_at(path: Inside) -> list[str]:
    """Return the names of a Parquet file's columns.

    Raises:
        GitcorpusError: table-unreadable.
    """
    with said_at(path), path.open() as raw:
        return list(pq.read_schema(raw).names)


def count_rows(path: Inside) -> int:
    """Return how many rows a Parquet file says that it has.

    Raises:
        GitcorpusError: table-unreadable.
    """
    with said_at(path), path.open() as raw:
        return int(pq.read_metadata(raw).num_rows)


@contextmanager
def said_at(path: Inside) -> Iterator[None]:
    """Say of which file something is that cannot be read.

    Raises:
        GitcorpusError: table-unreadable.
    """
    try:
        yield
    except _UNREADABLE as error:
        raise _unreadable(path, (str(error).splitlines() or [type(error).__name__])[0]) from error


def _unreadable(path: Inside, why: str) -> GitcorpusError:
    return GitcorpusError("table-unreadable", f"the table cannot be read: {why}", place=str(path))
