"""The tables that every release has beside its records: their columns, and how each is stored."""

from typing import Final

import pyarrow as pa

LINES: Final = pa.schema({
    "record_ix": pa.int32(), "field": pa.string(), "start_line": pa.int32(), "n_lines": pa.int32(),
    "source_ix": pa.int32(), "src_start_line": pa.int32(), "revision": pa.string(), "path": pa.string(),
    "path_start_line": pa.int32(), "transform": pa.string(), "extended": pa.bool_(), "content_digest": pa.string(),
})  # fmt: skip
SOURCES: Final = pa.schema({
    "source_ix": pa.int32(), "commit_ix": pa.int32(), "src_path": pa.string(), "blob": pa.string(),
    "origin": pa.string(), "actor": pa.string(),
})  # fmt: skip
RECORDS: Final = pa.schema({
    "record_ix": pa.int32(), "record_id": pa.string(), "view": pa.string(), "split": pa.string(), "key": pa.string(),
    "unit": pa.string(), "task": pa.string(), "solution": pa.string(),
})  # fmt: skip
COMMITS: Final = pa.schema({
    "commit_ix": pa.int32(), "commit": pa.string(), "contributor": pa.string(), "author_name": pa.string(),
    "author_email": pa.string(), "authored_at": pa.int64(), "author_offset": pa.int32(),
    "committer_name": pa.string(), "committer_email": pa.string(), "committed_at": pa.int64(),
    "committer_offset": pa.int32(), "subject": pa.string(), "task": pa.string(), "agreement": pa.string(),
    "pusher": pa.string(), "verdict": pa.string(), "evidence": pa.string(),
})  # fmt: skip
EVIDENCE: Final = "evidence"
"""The last column of `COMMITS`; releases of earlier versions do not have it."""
AGREEMENTS: Final = pa.schema({
    "agreement": pa.string(), "grants": pa.string(), "path": pa.string(), "text_digest": pa.string(),
})  # fmt: skip
OMISSIONS: Final = pa.schema(
    {"view": pa.string(), "key": pa.string(), "reason": pa.string(), "detail": pa.string()}
)
WORDS: Final = frozenset({"actor", "field", "origin", "split", "transform", "unit", "view"})
"""Columns of provenance that hold few words again and again: each is stored once for many rows, and found at once."""
PROVENANCE: Final = {
    "lines": LINES, "sources": SOURCES, "records": RECORDS, "commits": COMMITS, "agreements": AGREEMENTS,
}  # fmt: skip
"""The tables in the folder `provenance/`, by their names."""
