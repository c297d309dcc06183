"""A release's runs and texts, all at once: for tests, whose releases are small."""

import json
from pathlib import Path

import pyarrow.parquet as pq

from gitcorpus.compiler.answers import rows_of
from gitcorpus.compiler.opened import Opened
from gitcorpus.compiler.sealed import texts_of


def traced_runs(folder: Path) -> list[dict]:
    """Return every run with the columns of its record, its source and its commit."""
    with Opened(folder) as opened:
        opened.load("origins")
        return rows_of(opened.ask("FROM origins ORDER BY record_ix, field, start_line"))


def all_texts(folder: Path) -> list[str]:
    """Return every text of every record."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    return [
        text
        for view in manifest["views"]
        for split in view["splits"]
        for file in split["files"]
        for row in pq.ParquetFile(folder / file["path"]).read().to_pylist()
        for text in texts_of(row, view["text_fields"]).values()
    ]
