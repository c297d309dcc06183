"""Rows to Parquet files with pinned bytes, and the digests that outlive the pins.

The bytes depend on pyarrow's version, which is pinned, and on nothing else: explicit schemas, groups of rows that end
where the rows say so, one writer thread's order, no clock. The logical digests are over canonical rows and survive any
library.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice, repeat
from pathlib import Path
from re import sub
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from gitcorpus.canon import WIDTH, RowDigests, canonical_row
from gitcorpus.compiler.schemas import WORDS
from gitcorpus.model.place import Digest
from gitcorpus.model.record import Omission

MAX_SHARD_BYTES: Final = 256 << 20
"""Text bytes after which a split goes on in a further file."""
ROW_GROUP: Final = 1000
GROUP_BYTES: Final = 32 << 20
"""Text bytes after which a group of rows ends, so that no more than these are held at a time."""


class SealedTable(NamedTuple):
    """One Parquet file as written: where, how many rows, and their logical digests."""

    path: str
    rows: int
    ordered: Digest
    unordered: Digest


class Pace(NamedTuple):
    """How many rows are written at once, and how hard they are compressed."""

    group: int
    level: int


BESIDE: Final = Pace(50_000, 9)
"""Of provenance: many short rows that nobody trains on, so that size goes before speed."""


class TableWriter:
    """Writes rows to one Parquet file as they come, a group of rows at a time, while the next ones are made.

    The cuts between groups depend on the rows alone, so that the same rows give the same bytes however they come.
    """

    def __init__(self, root: Path, path: str, schema: pa.Schema, pace: "Pace | None" = None) -> None:
        """Make the file `root/path`.

        Raises:
            OSError: what the disk says.
        """
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if any(_holds_float(each.type) for each in schema):
            raise TypeError(f"{path} has a column of floats, which no two writers print alike")
        self.path = path
        self.rows = 0
        self._schema = schema
        self._group = pace.group if pace else ROW_GROUP
        self._waiting: list[pa.Table] = []
        self._beside = ThreadPoolExecutor(1)
        self._writing: Future[None] | None = None
        self._held = self._weight = 0
        self._digests = RowDigests()
        self._writer = pq.ParquetWriter(
            target,
            schema,
            version="2.6",
            data_page_version="1.0",
            compression="zstd",
            compression_level=pace.level if pace else 3,
            use_dictionary=[each.name for each in schema if each.name in WORDS] if pace else False,
            column_encoding=_encodings(schema) if pace else None,
            data_page_size=1 << 20,
            use_content_defined_chunking=True,
            write_statistics=True,
            store_schema=True,
        )

    def add(self, table: pa.Table, weights: Iterable[int] = (), digests: bytes = b"") -> None:
        """Add rows.

        Args:
            table: the rows, in the schema's columns.
            weights: how many bytes the texts of each row have; nothing if there are none to speak of.
            digests: the rows' digests, if they are known: see `row_digests`.

        Raises:
            OSError: what the disk says.
        """
        self._digests.extend(digests or row_digests(table))
        start = 0
        for at, weight in enumerate(weights or repeat(0, table.num_rows)):
            if self._held and self._weight + weight > GROUP_BYTES:
                start = self._cut(table, start, at)
            self._held += 1
            self._weight += weight
            if self._held == self._group:
                start = self._cut(table, start, at + 1)
        if start < table.num_rows:
            self._waiting.append(table.slice(start))

    def close(self) -> SealedTable:
        """Write what is left, and return what the file holds.

        Raises:
            OSError: what the disk says.
        """
        if self._held or not self.rows:
            self._flush()
        self._settle()
        self._beside.shutdown()
        self._writer.close()
        return SealedTable(self.path, self.rows, self._digests.ordered, self._digests.unordered)

    def _cut(self, table: pa.Table, start: int, end: int) -> int:
        """End a group before some row of a table."""
        self._waiting.append(table.slice(start, end - start))
        self._flush()
        return end

    def _flush(self) -> None:
        tables = self._waiting or [self._schema.empty_table()]
        self._settle()
        self._writing = self._beside.submit(self._write, pa.concat_tables(tables))
        self.rows += self._held
        self._waiting, self._held, self._weight = [], 0, 0

    def _write(self, table: pa.Table) -> None:
        self._writer.write_table(table.combine_chunks(), row_group_size=self._group)

    def _settle(self) -> None:
        """Wait for the group that is being written; what went wrong with it is said here."""
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()


def _encodings(schema: pa.Schema) -> dict[str, str]:
    """Store numbers by their distances: those of provenance mostly go up by little."""
    return {each.name: "DELTA_BINARY_PACKED" for each in schema if pa.types.is_integer(each.type)}


def _holds_float(kind: pa.DataType) -> bool:
    if pa.types.is_list(kind):
        return _holds_float(kind.value_type)
    return pa.types.is_floating(kind) or (
        pa.types.is_struct(kind) and any(_holds_float(each.type) for each in kind)
    )


def row_digests(table: pa.Table) -> bytes:
    """Return the sha256 of each row's canonical bytes, 32 bytes each, one after the other.

    Raises:
        GitcorpusError: not-canonical.
    """
    names = table.column_names
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    return b"".join(
        hashlib.sha256(canonical_row(dict(zip(names, row, strict=True)))).digest() for row in rows
    )


class ShardedWriter:
    """Writes the rows of one split to as many files as their texts need, numbered once it is known how many."""

    def __init__(self, root: Path, folder: str, name: str, schema: pa.Schema) -> None:
        self._root, self._folder, self._name = root, folder, name
        self._schema = schema
        self._done: list[SealedTable] = []
        self._open: TableWriter | None = None
        self._weight = 0

    def add(self, table: pa.Table, weights: Sequence[int], digests: bytes = b"") -> None:
        """Add rows whose texts have `weights` bytes.

        Raises:
            OSError: what the disk says.
        """
        known = digests or row_digests(table)
        start = 0
        for at, weight in enumerate(weights):
            if self._open is not None and self._weight + weight > MAX_SHARD_BYTES:
                self._put(table, weights, known, (start, at))
                self._done.append(self._open.close())
                self._open, start = None, at
            if self._open is None:
                path = f"{self._folder}/{self._name}-{len(self._done):05}.parquet"
                self._open, self._weight = TableWriter(self._root, path, self._schema), 0
            self._weight += weight
        self._put(table, weights, known, (start, table.num_rows))

    def _put(self, table: pa.Table, weights: Sequence[int], digests: bytes, part: tuple[int, int]) -> None:
        start, end = part
        if self._open is not None and start < end:
            self._open.add(
                table.slice(start, end - start), weights[start:end], digests[start * WIDTH : end * WIDTH]
            )

    def close(self) -> tuple[SealedTable, ...]:
        """Write what is left, and give the files their names.

        Raises:
            OSError: what the disk says.
        """
        if self._open is not None:
            self._done.append(self._open.close())
        named = []
        for number, table in enumerate(self._done):
            path = f"{self._folder}/{self._name}-{number:05}-of-{len(self._done):05}.parquet"
            (self._root / table.path).rename(self._root / path)
            named.append(table._replace(path=path))
        return tuple(named)


def write_table(
    root: Path, path: str, rows: Iterable[Mapping[str, Any]], schema: pa.Schema, pace: Pace | None = None
) -> SealedTable:
    """Write rows to `root/path`.

    Raises:
        OSError: what the disk says.
    """
    writer = TableWriter(root, path, schema, pace)
    waiting = iter(rows)
    while some := list(islice(waiting, ROW_GROUP)):
        writer.add(pa.Table.from_pylist(some, schema=schema))
    return writer.close()


def omission_rows(omissions: Iterable[Omission]) -> list[dict[str, Any]]:
    r"""Return the rows of `omissions.parquet`, sorted. Bytes of a path that are not UTF-8 stand as `\\xNN`."""
    return [
        {
            "view": each.view,
            "key": storable(each.key),
            "reason": each.reason.value,
            "detail": storable(each.detail),
        }
        for each in sorted(omissions)
    ]


def storable(text: str) -> str:
    r"""Write lone surrogates, which stand for bytes that are not UTF-8, as `\\xNN`."""
    return (
        text
        if text.isascii()
        else text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    )


def possible_names(text: str) -> tuple[str, ...]:
    r"""Return the paths that `storable` writes like this: itself, and the one with bytes for `\\xNN`."""
    raw = sub(r"\\x([0-9a-f]{2})", lambda found: chr(0xDC00 + int(found[1], 16)), text)
    return (text,) if raw == text else (text, raw)
