"""duckdb and polars read every table and recompute its logical digests, without a line of gitcorpus.

The digest of a row is the sha256 of its JSON with sorted keys and no white space; that of a table, the sha256 of these
one after the other, in order and sorted.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import orjson
import polars
from said import tables_of

Rows = Iterable[dict[str, Any]]


def judge_duckdb(release: Path) -> Iterator[str]:
    """Recompute every digest from what duckdb reads."""

    def read(path: Path) -> Rows:
        found = duckdb.sql("SELECT * FROM read_parquet(?)", params=[str(path)])
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]

    yield from _compared(release, read)


def judge_polars(release: Path) -> Iterator[str]:
    """Recompute every digest from what polars reads."""
    yield from _compared(release, lambda path: polars.read_parquet(path).to_dicts())


def _compared(release: Path, read: Callable[[Path], Rows]) -> Iterator[str]:
    for table in tables_of(release):
        each = [
            hashlib.sha256(orjson.dumps(row, option=orjson.OPT_SORT_KEYS)).digest()
            for row in read(release / table["path"])
        ]
        found = {
            "ordered": hashlib.sha256(b"".join(each)).hexdigest(),
            "unordered": hashlib.sha256(b"".join(sorted(each))).hexdigest(),
        }
        for kind, digest in found.items():
            if table[kind] != f"sha256:{digest}":
                yield f"{table['path']} has another {kind} digest than the manifest says"
