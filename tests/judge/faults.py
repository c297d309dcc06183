"""One fault for each judge, which it must find: a judge that accepts anything proves nothing."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from said import manifest_of

Fault = Callable[[Path], None]


def _first(release: Path, *formats: str) -> Path:
    views = [view for view in manifest_of(release)["views"] if view["format"] in formats]
    view = max(views, key=lambda view: view["splits"][0]["rows"])
    return release / str(view["splits"][0]["files"][0]["path"])


def _rewrite(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    pq.write_table(change(pq.read_table(path)), path)


def fewer_rows(release: Path) -> None:
    """Take a row away."""
    _rewrite(_first(release, "lm_text", "sft_messages", "pretrain"), lambda table: table.slice(1))


def other_column(release: Path) -> None:
    """Call the text of a view something else."""
    _rewrite(
        _first(release, "preference", "sft_messages", "lm_text"),
        lambda table: table.rename_columns([f"{name}_x" for name in table.column_names]),
    )


def other_text(release: Path) -> None:
    """Change one record's id."""

    def change(table: pa.Table) -> pa.Table:
        ids = [f"{each}x" for each in table["record_id"].to_pylist()]
        return table.set_column(table.schema.get_field_index("record_id"), "record_id", pa.array(ids))

    _rewrite(_first(release, "lm_text", "sft_messages", "pretrain"), change)


def other_sum(release: Path) -> None:
    """Name another sha256 in croissant.json."""
    path = release / "croissant.json"
    said = json.loads(path.read_text())
    for file in said["distribution"]:
        if "sha256" in file:
            file["sha256"] = "0" * 64
    path.write_text(json.dumps(said))


def other_line(release: Path) -> None:
    """Change a line of JSON."""
    path = next((release / "jsonl").rglob("*.jsonl"))
    path.write_text(path.read_text().replace('"role":"user"', '"role":"system"', 1))


def no_license(release: Path) -> None:
    """Take the text of a licence away."""
    shutil.rmtree(release / "LICENSES")


def other_manifest(release: Path) -> None:
    """Change the manifest under a statement about it."""
    path = release / "manifest.json"
    path.write_bytes(path.read_bytes() + b"\n")


def no_patch(release: Path) -> None:
    """Take the reference solution of a task away."""
    next((release / "swe").rglob("gold.patch")).unlink()


def other_origin(release: Path) -> None:
    """Say that lines came from one line further down."""

    path = release / "provenance/lines.parquet"
    table_ = pq.read_table(path)  # noqa: F841 - duckdb finds it by its name
    made = duckdb.sql("SELECT * REPLACE (src_start_line + 1 AS src_start_line) FROM table_").to_arrow_table()
    pq.write_table(made, path)


def other_byte(release: Path) -> None:
    """Change a byte of the card."""
    path = release / "README.md"
    path.write_bytes(path.read_bytes() + b"x")


FAULTS: dict[str, Fault] = {
    "datasets": fewer_rows,
    "jsonl": other_line,
    "mlcroissant": other_sum,
    "trainers": other_column,
    "swebench": no_patch,
    "reuse": no_license,
    "dsse": other_manifest,
    "duckdb": other_text,
    "polars": other_text,
    "blame": other_origin,
    "rebuild": other_byte,
}
