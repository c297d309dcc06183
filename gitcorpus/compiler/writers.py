"""Writes a release's tables sheet by sheet: each split of each view, and where every line came from."""

from collections import Counter
from pathlib import Path
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from gitcorpus.compiler.cells import text_pointers
from gitcorpus.compiler.formats import Facts, passing, view_schema
from gitcorpus.compiler.manifest import SealedView
from gitcorpus.compiler.schemas import LINES, RECORDS, SOURCES
from gitcorpus.compiler.seal import BESIDE, SealedTable, ShardedWriter, TableWriter
from gitcorpus.compiler.sheets import Rows, Sheet
from gitcorpus.compiler.swe import TaskFolder
from gitcorpus.errors import RefusedError
from gitcorpus.model.place import Oid
from gitcorpus.model.view import View

JSONL: Final = frozenset({"openai"})
"""Formats whose consumers read JSON Lines: these stand beside the table, line for row, without the record's id."""


class ViewWriter:
    """Writes one view's data files, split by split."""

    def __init__(self, folder: Path, view: View, facts: Facts) -> None:
        self._folder = folder
        self._fixes = facts.derived.fixes if view.format == "swe_task" else {}
        self._tasks = TaskFolder(folder, view.name, facts.repo_name, facts.version)
        self._view = view
        self._schema = view_schema(view)
        self._passing = passing(view, facts)
        self._splits: dict[str, ShardedWriter] = {}
        self._of_task: dict[str, str] = {}

    def add(self, sheet: Sheet) -> None:
        """Write the records of a sheet.

        Raises:
            RefusedError: task-in-two-splits.
            OSError: what the disk says.
        """
        known = sheet.records.select(["split", "task", "key", "weight"]).to_pydict()
        for split, task in dict.fromkeys(zip(known["split"], known["task"], strict=True)):
            self._refuse_parted(task, split)
        for rows in sheet.rows:
            weights = [
                weight
                for split, weight in zip(known["split"], known["weight"], strict=True)
                if split == rows.split
            ]
            keys = [
                key for split, key in zip(known["split"], known["key"], strict=True) if split == rows.split
            ]
            self._add(rows, weights, keys)

    def close(self) -> SealedView:
        """Write what is left; splits come in the order in which they are declared."""
        view = self._view
        self._tasks.close()
        declared = ("train",) if view.split is None else tuple(name for name, _ in view.split.shares)
        splits = tuple((name, self._splits[name].close()) for name in declared if name in self._splits)
        return SealedView(view, text_pointers(view), splits)

    def _add(self, rows: Rows, weights: list[int], keys: list[str]) -> None:
        table = self._dated(rows.table)
        if rows.split not in self._splits:
            folder = f"data/{self._view.name}"
            self._splits[rows.split] = ShardedWriter(self._folder, folder, rows.split, self._schema)
        self._splits[rows.split].add(table, weights, rows.digests)
        if self._view.format in JSONL:
            self._write_lines(rows.split, table)
        if self._fixes:
            for key, values in zip(keys, table.to_pylist(), strict=True):
                self._tasks.add(rows.split, values, self._fixes[key])

    def _dated(self, table: pa.Table) -> pa.Table:
        """Fill in what says which release it is."""
        for name, value in self._passing.items():
            column = pa.repeat(pa.scalar(value, pa.string()), table.num_rows)
            table = table.set_column(table.schema.get_field_index(name), name, column)
        return table

    def _refuse_parted(self, task: str, split: str) -> None:
        before = self._of_task.setdefault(task, split)
        if before != split:
            declared = self._view.split
            sentence = f"the task `{task}` would stand in the splits `{before}` and `{split}`"
            place = str(declared.place if declared is not None else self._view.place)
            hint = "split by `task`, or by `family` to keep near-equal tasks together"
            raise RefusedError("task-in-two-splits", sentence, place=place, hint=hint)

    def _write_lines(self, split: str, table: pa.Table) -> None:
        path = self._folder / "jsonl" / self._view.name / f"{split}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            for values in table.drop_columns(["record_id"]).to_pylist():
                file.write(orjson.dumps(values) + b"\n")


class ProvenanceWriter:
    """Writes where every line of every record came from, and which row of the catalog it was.

    Records, sources and commits are numbered as they come up.
    """

    def __init__(self, folder: Path) -> None:
        self.used: dict[Oid, int] = {}
        """The number of every commit that a line came from."""
        self._folder = folder
        self._n_records = 0
        self._sources: dict[tuple[Any, ...], int] = {}
        self._lines_of: Counter[int] = Counter()
        self._lines = TableWriter(folder, "provenance/lines.parquet", LINES, BESIDE)
        self._records = TableWriter(folder, "provenance/records.parquet", RECORDS, BESIDE)

    def add(self, sheet: Sheet) -> None:
        """Write the provenance of a sheet's records.

        Raises:
            OSError: what the disk says.
        """
        n_records = sheet.records.num_rows
        numbers = pa.array(range(self._n_records, self._n_records + n_records), pa.int32())
        columns = [numbers, *(sheet.records[name] for name in RECORDS.names[1:])]
        self._records.add(pa.Table.from_arrays(columns, schema=RECORDS))
        sources = pa.array(
            [
                self._sources.setdefault(source, len(self._sources))
                for source in zip(*(column.to_pylist() for column in sheet.sources.columns), strict=True)
            ],
            pa.int32(),
        )
        moved = {
            "record_ix": pc.add(sheet.lines["record_ix"], pa.scalar(self._n_records, pa.int32())),
            "source_ix": sources.take(sheet.lines["source_ix"].combine_chunks()),
        }
        lines = [moved.get(name, sheet.lines[name]) for name in LINES.names]
        self._lines.add(pa.Table.from_arrays(lines, schema=LINES))
        self._n_records += n_records
        counted = zip(moved["source_ix"].to_pylist(), sheet.lines["n_lines"].to_pylist(), strict=True)
        for number, n_lines in counted:
            self._lines_of[number] += n_lines

    @property
    def lines_of(self) -> dict[Oid | None, int]:
        """How many lines came from each commit, and from none."""
        found: Counter[Oid | None] = Counter()
        for source, number in self._sources.items():
            found[None if source[0] is None else Oid(source[0])] += self._lines_of[number]
        return dict(found)

    def close(self) -> list[SealedTable]:
        """Write what is left, and the sources."""
        sources = TableWriter(self._folder, "provenance/sources.parquet", SOURCES, BESIDE)
        if self._sources:
            commits, *others = zip(*self._sources, strict=True)
            numbers = [
                None if commit is None else self.used.setdefault(Oid(commit), len(self.used))
                for commit in commits
            ]
            columns = (range(len(numbers)), numbers, *others)
            arrays = [pa.array(column, each.type) for column, each in zip(columns, SOURCES, strict=True)]
            sources.add(pa.Table.from_arrays(arrays, schema=SOURCES))
        return [self._lines.close(), sources.close(), self._records.close()]
