"""What a batch of records became, in columns: what is written of it, handed from process to process, and kept.

A sheet knows nothing of the release that it becomes part of. Its records and sources are numbered from 0, and commits
stand by their names; whoever writes it gives them the release's own numbers.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson
import pyarrow as pa

from gitcorpus.compiler.schemas import LINES, RECORDS
from gitcorpus.compiler.seal import row_digests
from gitcorpus.model.lineage import LineRun
from gitcorpus.model.record import Omission, Reason, Record

SHEET_RECORDS: Final = pa.schema([*RECORDS, pa.field("weight", pa.int64())]).remove(0)
"""`records.parquet` without numbers, and how many bytes the texts of each record have."""
SHEET_SOURCES: Final = pa.schema([
    ("commit", pa.string()), ("src_path", pa.string()), ("blob", pa.string()), ("origin", pa.string()),
    ("actor", pa.string()),
])  # fmt: skip
_OMISSIONS: Final = ("view", "key", "reason", "detail")
_LENGTH: Final = 8
_ZSTD: Final = pa.Codec("zstd")


class Rows(NamedTuple):
    """Records of one split."""

    split: str
    table: pa.Table
    digests: bytes
    """Of its rows; empty where a column says which release it is, since that is filled in when it is written."""


class Sheet(NamedTuple):
    """A batch of records."""

    rows: tuple[Rows, ...]
    """By split; their order within a split is that of `records`."""
    records: pa.Table
    lines: pa.Table
    sources: pa.Table
    omissions: tuple[Omission, ...]


class Laid(NamedTuple):
    """A record with the runs of all its lines."""

    record: Record
    weight: int
    """Bytes of all its texts."""
    runs: Sequence[LineRun]


def make_sheet(
    laid: Sequence[Laid], omissions: Sequence[Omission], schema: pa.Schema, *, passing: bool
) -> Sheet:
    """Put records into columns.

    Args:
        laid: the records.
        omissions: what of the batch became none.
        schema: the view's.
        passing: whether a column of the view says which release it is.
    """
    by_split: dict[str, list[dict[str, Any]]] = {}
    for each in laid:
        row = {"record_id": each.record.record_id, **each.record.values}
        by_split.setdefault(each.record.split, []).append(row)
    rows = []
    for split, values in by_split.items():
        table = pa.Table.from_pylist(values, schema=schema)
        rows.append(Rows(split, table, b"" if passing else row_digests(table)))
    lines, sources = _provenance([each.runs for each in laid])
    return Sheet(tuple(rows), _records(laid), lines, sources, tuple(omissions))


def _records(laid: Sequence[Laid]) -> pa.Table:
    columns = {name: [getattr(each.record, name) for each in laid] for name in SHEET_RECORDS.names[:-1]}
    return pa.Table.from_pydict({**columns, "weight": [each.weight for each in laid]}, SHEET_RECORDS)


def _provenance(runs: Iterable[Sequence[LineRun]]) -> tuple[pa.Table, pa.Table]:
    """Return the rows of `lines.parquet`, and the sources that they came from."""
    sources: dict[tuple[str | None, ...], int] = {}
    rows = [
        (
            number, run.field, run.start_line, run.n_lines,
            sources.setdefault((run.commit, run.src_path, run.blob, run.origin, run.actor), len(sources)),
            run.src_start_line, run.revision, run.path, run.path_start_line, run.transform, run.extended,
            run.content_digest,
        )
        for number, of_record in enumerate(runs)
        for run in of_record
    ]  # fmt: skip
    return _columns(rows, LINES), _columns(list(sources), SHEET_SOURCES)


def _columns(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.Table:
    if not rows:
        return schema.empty_table()
    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, each.type) for column, each in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def packed(sheet: Sheet) -> bytes:
    """Return a sheet as bytes, to keep it: what it says of itself, and its tables, compressed, without schemas."""
    tables = [*(each.table for each in sheet.rows), sheet.records, sheet.lines, sheet.sources]
    messages = [_message(table) for table in tables]
    said = {
        "splits": [each.split for each in sheet.rows],
        "omissions": [[getattr(each, name) for name in _OMISSIONS] for each in sheet.omissions],
        "digests": [len(each.digests) for each in sheet.rows],
        "messages": [len(each) for each in messages],
    }
    head = orjson.dumps(said)
    body = b"".join((*(each.digests for each in sheet.rows), *messages))
    sizes = (len(head).to_bytes(_LENGTH, "little"), len(body).to_bytes(_LENGTH, "little"))
    return b"".join((*sizes, head, _ZSTD.compress(body, asbytes=True)))


def unpacked(data: bytes, schema: pa.Schema) -> Sheet:
    """Return the sheet that some bytes are; `schema` is the view's."""
    start = 2 * _LENGTH
    head, size = (int.from_bytes(data[at : at + _LENGTH], "little") for at in (0, _LENGTH))
    said = orjson.loads(data[start : start + head])
    body = _ZSTD.decompress(data[start + head :], size)
    digests, at = [], 0
    for length in said["digests"]:
        digests.append(body.slice(at, length).to_pybytes())
        at += length
    schemas = [*(schema for _ in digests), SHEET_RECORDS, LINES, SHEET_SOURCES]
    tables = []
    for length, each in zip(said["messages"], schemas, strict=True):
        tables.append(pa.Table.from_batches([pa.ipc.read_record_batch(body.slice(at, length), each)]))
        at += length
    *data_tables, records, lines, sources = tables
    rows = tuple(map(Rows, said["splits"], data_tables, digests))
    return Sheet(rows, records, lines, sources, tuple(map(_omission, said["omissions"])))


def _message(table: pa.Table) -> bytes:
    (batch,) = table.combine_chunks().to_batches() or [pa.RecordBatch.from_pylist([], schema=table.schema)]
    found: bytes = batch.serialize().to_pybytes()
    return found


def _omission(values: Sequence[str]) -> Omission:
    said: Mapping[str, str] = dict(zip(_OMISSIONS, values, strict=True))
    return Omission(view=said["view"], key=said["key"], reason=Reason(said["reason"]), detail=said["detail"])
