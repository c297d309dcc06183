"""Rows to Parquet files with pinned bytes, and the digests that outlive the pins.

The bytes depend on pyarrow's version, which is pinned, and on nothing else: explicit schemas, one chunk, one
writer thread's order, no clock. The logical digests are over canonical rows and survive any library.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from re import sub
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from gitcorpus.canon import digest_rows
from gitcorpus.errors import GitcorpusError
from gitcorpus.model.place import Digest
from gitcorpus.model.record import Omission

MAX_SHARD_BYTES: Final = 256 << 20
"""Text bytes after which a split goes on in a further file."""
ROW_GROUP: Final = 1000

LINES: Final = pa.schema({
    "record_id": pa.string(), "view": pa.string(), "field": pa.string(), "start_line": pa.int32(),
    "n_lines": pa.int32(), "commit_ix": pa.int32(), "src_path": pa.string(), "src_start_line": pa.int32(),
    "blob": pa.string(), "path": pa.string(), "path_start_line": pa.int32(), "origin": pa.string(),
    "actor": pa.string(), "transform": pa.string(), "extended": pa.bool_(), "content_digest": pa.string(),
})  # fmt: skip
RECORDS: Final = pa.schema({
    "record_id": pa.string(), "view": pa.string(), "split": pa.string(), "key": pa.string(), "unit": pa.string(),
    "task": pa.string(), "solution": pa.string(),
})  # fmt: skip
COMMITS: Final = pa.schema({
    "commit_ix": pa.int32(), "commit": pa.string(), "contributor": pa.string(), "author_name": pa.string(),
    "author_email": pa.string(), "authored_at": pa.int64(), "author_offset": pa.int32(),
    "committer_name": pa.string(), "committer_email": pa.string(), "committed_at": pa.int64(),
    "committer_offset": pa.int32(), "subject": pa.string(), "task": pa.string(), "agreement": pa.string(),
    "pusher": pa.string(), "verdict": pa.string(),
})  # fmt: skip
AGREEMENTS: Final = pa.schema({
    "agreement": pa.string(), "grants": pa.string(), "path": pa.string(), "text_digest": pa.string(),
})  # fmt: skip
OMISSIONS: Final = pa.schema(
    {"view": pa.string(), "key": pa.string(), "reason": pa.string(), "detail": pa.string()}
)


class SealedTable(NamedTuple):
    """One Parquet file as written: where, how many rows, and their logical digests."""

    path: str
    rows: int
    ordered: Digest
    unordered: Digest


def write_table(root: Path, path: str, rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> SealedTable:
    """Write rows to `root/path`.

    Raises:
        OSError: what the disk says.
    """
    table = pa.Table.from_pylist(list(rows), schema=schema).combine_chunks()
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        table,
        target,
        version="2.6",
        data_page_version="1.0",
        compression="zstd",
        compression_level=3,
        use_dictionary=False,
        row_group_size=ROW_GROUP,
        data_page_size=1 << 20,
        use_content_defined_chunking=True,
        write_statistics=True,
        store_schema=True,
    )
    ordered, unordered = digest_rows(plain_rows(table))
    return SealedTable(path, len(rows), ordered, unordered)


def read_table(path: Path) -> pa.Table:
    """Read one Parquet file.

    Raises:
        GitcorpusError: table-unreadable.
    """
    try:
        return pq.ParquetFile(path).read()
    except (OSError, pa.ArrowException) as error:
        sentence = f"the table cannot be read: {str(error).splitlines()[0]}"
        raise GitcorpusError("table-unreadable", sentence, place=str(path)) from error


def plain_rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    """Return a table's rows as JSON values."""
    for batch in table.to_batches(max_chunksize=ROW_GROUP):
        yield from batch.to_pylist()


def shards(rows: Sequence[Mapping[str, Any]], sizes: Sequence[int]) -> Iterator[Sequence[Mapping[str, Any]]]:
    """Cut rows into files by their text bytes, in order."""
    start = weight = 0
    for end, size in enumerate(sizes):
        if end > start and weight + size > MAX_SHARD_BYTES:
            yield rows[start:end]
            start, weight = end, 0
        weight += size
    yield rows[start:]


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
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def possible_names(text: str) -> tuple[str, ...]:
    r"""Return the paths that `storable` writes like this: itself, and the one with bytes for `\\xNN`."""
    raw = sub(r"\\x([0-9a-f]{2})", lambda found: chr(0xDC00 + int(found[1], 16)), text)
    return (text,) if raw == text else (text, raw)
