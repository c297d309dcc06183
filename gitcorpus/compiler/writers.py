"""Writes a release's tables while records come: each split of each view, and where every line came from."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import orjson

from gitcorpus.compiler.cells import text_pointers
from gitcorpus.compiler.formats import Facts, view_schema
from gitcorpus.compiler.manifest import SealedView
from gitcorpus.compiler.seal import BESIDE, LINES, RECORDS, SealedTable, ShardedWriter, TableWriter
from gitcorpus.compiler.swe import TaskFolder
from gitcorpus.errors import RefusedError
from gitcorpus.model.place import Oid
from gitcorpus.model.record import Made, Record
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
        self._splits: dict[str, ShardedWriter] = {}
        self._of_task: dict[str, str] = {}

    def add(self, made: Made) -> None:
        """Write one record.

        Raises:
            RefusedError: task-in-two-splits.
            OSError: what the disk says.
        """
        record = made.record
        self._refuse_parted(record)
        if record.split not in self._splits:
            folder = f"data/{self._view.name}"
            self._splits[record.split] = ShardedWriter(self._folder, folder, record.split, self._schema)
        self._splits[record.split].add({"record_id": record.record_id, **record.values}, made.weight)
        if self._view.format in JSONL:
            self._write_line(record)
        if record.key in self._fixes:
            self._tasks.add(record, self._fixes[record.key])

    def close(self) -> SealedView:
        """Write what is left; splits come in the order in which they are declared."""
        view = self._view
        self._tasks.close()
        declared = ("train",) if view.split is None else tuple(name for name, _ in view.split.shares)
        splits = tuple((name, self._splits[name].close()) for name in declared if name in self._splits)
        return SealedView(view, text_pointers(view), splits)

    def _refuse_parted(self, record: Record) -> None:
        before = self._of_task.setdefault(record.task, record.split)
        if before != record.split:
            split = self._view.split
            sentence = f"the task `{record.task}` would stand in the splits `{before}` and `{record.split}`"
            place = str(split.place if split is not None else self._view.place)
            hint = "split by `task`, or by `family` to keep near-equal tasks together"
            raise RefusedError("task-in-two-splits", sentence, place=place, hint=hint)

    def _write_line(self, record: Record) -> None:
        path = self._folder / "jsonl" / self._view.name / f"{record.split}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(orjson.dumps(record.values) + b"\n")


class ProvenanceWriter:
    """Writes where every line of every record came from, and which row of the catalog it was.

    Commits are numbered as they come up.
    """

    def __init__(self, folder: Path) -> None:
        self.used: dict[Oid, int] = {}
        """The number of every commit that a line came from."""
        self.n_lines = 0
        self._lines = TableWriter(folder, "provenance/lines.parquet", LINES, BESIDE)
        self._records = TableWriter(folder, "provenance/records.parquet", RECORDS, BESIDE)

    def add(self, made: Made) -> None:
        """Write one record's runs.

        Raises:
            OSError: what the disk says.
        """
        for run in made.runs:
            row = run._asdict()
            oid = row.pop("commit")
            row["commit_ix"] = None if oid is None else self.used.setdefault(oid, len(self.used))
            self._lines.add(row)
            self.n_lines += run.n_lines
        self._records.add(identity_row(made.record))

    def close(self) -> list[SealedTable]:
        """Write what is left."""
        return [self._lines.close(), self._records.close()]


def identity_row(record: Record) -> dict[str, Any]:
    """Return the row of `records.parquet`: which catalog row, and so which task, a record came from."""
    return {
        "record_id": record.record_id,
        "view": record.view,
        "split": record.split,
        "key": record.key,
        "unit": record.unit,
        "task": record.task,
        "solution": record.solution,
    }


def batched(keys: Iterable[str], size: int) -> Iterable[list[str]]:
    """Cut keys into lists of at most some size, in order."""
    batch: list[str] = []
    for key in keys:
        batch.append(key)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
