"""Whether every line of every text is in exactly one run: records, their rows and their runs, walked side by side.

All three are published in the order of the records, so that none of them needs to be held. A release may be forged and
sealed anew: whatever stands in another order, is missing or is too much is said, and nothing is looked up by it.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, NamedTuple

from gitcorpus.compiler.answers import rows_of
from gitcorpus.compiler.blobs import BlobAudit
from gitcorpus.compiler.faults import Faults
from gitcorpus.compiler.opened import Shelf
from gitcorpus.compiler.runs import Misfit, Origins, Run, all_runs, misnumbered
from gitcorpus.compiler.schemas import RECORDS
from gitcorpus.compiler.sealed import columns_of, split_lines, texts_of
from gitcorpus.compiler.stored import batches_at, count_rows, rows_at, said_at
from gitcorpus.compiler.trace import content_digest
from gitcorpus.inside import Inside

_RECORDS: Final = "provenance/records.parquet"
_FEW: Final = 100
"""Rows of a data file that are held: one file of each split is open."""
_MOST: Final = 5000
_TWICE: Final = """
SELECT "view", record_id, count(*) AS times FROM records GROUP BY ALL HAVING times > 1 ORDER BY ALL LIMIT 100
"""


class _Record(NamedTuple):
    """What of a row of `records.parquet` leads to a row of a data file."""

    record_ix: int | None
    record_id: str | None
    view: str | None
    split: str | None


class Coverage:
    """Walks through a release, and holds what it found."""

    def __init__(self, folder: Path, manifest: Mapping[str, Any], blobs: BlobAudit | None) -> None:
        """Open the data files of a release.

        Args:
            folder: the release.
            manifest: what its `manifest.json` says.
            blobs: what runs are held against besides.
        """
        self.faults = Faults()
        self.blob_faults = Faults()
        self.n_runs = self.n_lines = self.n_outside = self.n_held = 0
        self._folder = folder
        self._blobs = blobs
        self._rows = _Rows(folder, manifest)
        self._runs: Iterator[Run] = iter(())
        self._run: Run | None = None

    def walk(self, origins: Origins) -> None:
        """Go through all records.

        Raises:
            GitcorpusError: table-unreadable.
        """
        self.faults.extend(self._rows.doubled)
        self.faults.extend(origins.misnumbered())
        self._runs = self._sound(all_runs(self._folder, origins, count_rows(Inside(self._folder, _RECORDS))))
        self._run = next(self._runs, None)
        for number, record in enumerate(_records(self._folder)):
            self.faults.extend(misnumbered("records", number, record.record_ix))
            self.faults.extend(self._covered(number, record))
        self.faults.extend(self._rows.left())
        self.faults.extend(_doubled(self._folder))

    def _sound(self, runs: Iterable[Run | Misfit]) -> Iterator[Run]:
        for run in runs:
            if isinstance(run, Misfit):
                self.faults.add(f"row {run.number} of provenance/lines.parquet {run.why}")
            else:
                yield run

    def _runs_of(self, number: int) -> Iterator[Run]:
        """Yield the next runs as long as they are a record's, and say which come too late for that."""
        while (run := self._run) is not None and run.record_ix <= number:
            self._run = next(self._runs, None)
            if run.record_ix == number:
                yield run
            else:
                self.faults.add(f"runs of record {run.record_ix} come after those of a later one")

    def _covered(self, number: int, record: _Record) -> Iterator[str]:
        runs = self._runs_of(number)
        try:
            said, texts = f"{record.view} {_short(record.record_id)}", self._rows.next_of(number, record)
        except _MismatchError as mismatch:
            yield str(mismatch)
            for _ in runs:
                pass
            return
        before = ""
        for field, some in groupby(runs, key=attrgetter("field")):
            if field <= before:
                yield f"{said} {field}: runs that come after those of {before}"
            elif field not in texts:
                yield f"{said} {field}: runs for a text that is not there"
            else:
                yield from self._cover(f"{said} {field}", split_lines(texts.pop(field)), some)
            before = max(field, before)
        for field in sorted(texts):
            yield from self._cover(f"{said} {field}", split_lines(texts[field]), ())

    def _cover(self, said: str, lines: list[str], runs: Iterable[Run]) -> Iterator[str]:
        """Say where runs do not cover lines, and whether the first one seals them."""
        at, sealed = 1, content_digest("\n".join(lines))
        for number, run in enumerate(runs):
            first, count = run.start_line, run.n_lines
            if first != at:
                how = "twice" if first < at else "by no run"
                yield f"{said}: line {min(at, first)} is covered {how}"
            if number == 0 and run.content_digest != sealed:
                yield f"{said}: its lines are not those that the first run seals"
            elif number and run.content_digest is not None:
                yield f"{said}: the run at line {first} seals lines, and is not the first"
            at = first + count
            if at > len(lines) + 1:
                yield f"{said}: a run ends at line {at - 1}, and there are {len(lines)}"
                return
            self._count(run, lines)
        if at != len(lines) + 1:
            yield f"{said}: {len(lines)} lines, and the runs end at {at - 1}"

    def _count(self, run: Run, lines: list[str]) -> None:
        self.n_runs += 1
        self.n_lines += run.n_lines
        self.n_outside += run.n_lines if run.commit is None else 0
        if self._blobs is not None and run.commit is not None:
            self.n_held += 1
            covered = lines[run.start_line - 1 : run.start_line - 1 + run.n_lines]
            self.blob_faults.extend(self._blobs.check(run, run.commit, covered))


class _MismatchError(Exception):
    """A record has no row, or another one."""


class _Rows:
    """The data files of every split, each read from its first row on."""

    def __init__(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        self.doubled: list[str] = []
        self._pointers: dict[str, list[str]] = {}
        self._open: dict[tuple[str, str], Iterator[dict[str, Any]]] = {}
        self._asked: set[tuple[str, str]] = set()
        for view in manifest["views"]:
            self._pointers[view["name"]] = view["text_fields"]
            for split in view["splits"]:
                key = (view["name"], split["name"])
                if key in self._open:
                    self.doubled.append(f"the manifest has the split {key[1]} of {key[0]} twice")
                files = [Inside(folder, file["path"]) for file in split["files"]]
                self._open[key] = _rows(files, ["record_id", *columns_of(view["text_fields"])])

    def next_of(self, number: int, record: _Record) -> dict[str, str]:
        """Return the texts of the next row of a record's split, by their JSON pointers.

        Raises:
            _MismatchError: if there is none, or it is not the record's.
        """
        if record.record_id is None or record.view is None or record.split is None:
            raise _MismatchError(f"row {number} of {_RECORDS} lacks an id, a view or a split")
        key = (record.view, record.split)
        if key not in self._open:
            raise _MismatchError(f"row {number} of {_RECORDS} names no split of a view that is there")
        self._asked.add(key)
        row = next(self._open[key], None)
        said = f"{record.view} {_short(record.record_id)}"
        if row is None:
            raise _MismatchError(f"{said}: no row of {record.split} is left for it")
        if row.get("record_id") != record.record_id:
            found = _short(row.get("record_id"))
            raise _MismatchError(f"{said}: the next row of {record.split} is {found}")
        return texts_of(row, self._pointers[record.view])

    def left(self) -> Iterator[str]:
        """Say which splits have rows that no record stands for; an index of other records has no texts of its own."""
        for view, split in sorted(self._open):
            if self._pointers[view] or (view, split) in self._asked:
                row = next(self._open[view, split], None)
                if row is not None:
                    yield f"{view} {_short(row.get('record_id'))}: no record stands for this row of {split}"


def _rows(paths: Iterable[Inside], columns: list[str]) -> Iterator[dict[str, Any]]:
    for path in paths:
        yield from rows_at(path, columns=columns, most=_FEW)


def _records(folder: Path) -> Iterator[_Record]:
    path = Inside(folder, _RECORDS)
    with said_at(path):
        for batch in batches_at(path, schema=RECORDS, most=_MOST):
            columns = (batch.column(name).to_pylist() for name in _Record._fields)
            yield from map(_Record._make, zip(*columns, strict=True))


def _doubled(folder: Path) -> Iterator[str]:
    with Shelf(folder, "records") as shelf:
        for row in rows_of(shelf.ask(_TWICE)):
            yield f"{row['view']} {_short(row['record_id'])} stands in {row['times']} rows of {_RECORDS}"


def _short(record_id: object) -> str:
    return str(record_id).removeprefix("sha256:")[:12]
