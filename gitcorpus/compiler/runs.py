"""The rows of `lines.parquet`, each with what its source says, some at a time.

Nothing that they say is taken for true. Of every batch, columns are held against what a column of runs can be, so that
whoever goes through the runs meets only those that name what is listed; of the others they meet the reason.
"""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import reduce
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from gitcorpus.compiler.schemas import COMMITS, EVIDENCE, LINES, SOURCES
from gitcorpus.compiler.stored import batches_at, columns_at, said_at
from gitcorpus.compiler.trace import OUTSIDE
from gitcorpus.inside import Inside
from gitcorpus.model.lineage import Actor, OriginKind, Transform

_MOST: Final = 5000
"""Rows that are held at a time."""


class Run(NamedTuple):
    """A row of `lines.parquet` with its source and commit, each column of which is what it can be."""

    record_ix: int
    field: str
    start_line: int
    n_lines: int
    source_ix: int
    src_start_line: int
    revision: str | None
    path: str
    transform: str
    content_digest: str | None
    commit: str | None
    src_path: str
    blob: str


class Misfit(NamedTuple):
    """A row that no run can be."""

    number: int
    why: str


class Origins:
    """The sources and commits of a release, in columns: a row a file version is little beside the lines."""

    def __init__(self, folder: Path) -> None:
        """Read them.

        Raises:
            GitcorpusError: table-unreadable.
        """
        self.sources = _whole(Inside(folder, "provenance/sources.parquet"), SOURCES)
        self.commits = _commits(Inside(folder, "provenance/commits.parquet"))

    @property
    def outside(self) -> pa.Table:
        """The numbers of the sources that stand in no commit, as `source_ix`."""
        numbers = pc.indices_nonzero(pc.is_null(self.sources["commit_ix"]))
        return pa.table({"source_ix": numbers.cast(pa.int32())})

    def join(self, table: pa.Table) -> pa.Table:
        """Return rows with a `source_ix` beside the columns of their sources, and `commit`; null if none is listed."""
        numbers = listed(table["source_ix"], self.sources.num_rows)
        sources = self.sources.drop_columns(["source_ix"]).take(numbers)
        commits = listed(sources["commit_ix"], self.commits.num_rows)
        table = table.set_column(table.schema.get_field_index("source_ix"), "source_ix", numbers)
        for name in sources.column_names:
            table = table.append_column(name, sources[name])
        return table.append_column("commit", self.commits["commit"].take(commits))

    def misnumbered(self) -> Iterator[str]:
        """Say which sources do not bear their own number."""
        number = 0
        for chunk in self.sources["source_ix"].chunks:
            for said in chunk.to_pylist():
                yield from misnumbered("sources", number, said)
                number += 1


def _commits(path: Inside) -> pa.Table:
    """Read the commits; where they stand without what stands behind each, they are of an earlier version."""
    names = columns_at(path)
    schema = COMMITS if EVIDENCE in names else pa.schema([each for each in COMMITS if each.name != EVIDENCE])
    return _whole(path, schema)


def _whole(path: Inside, schema: pa.Schema) -> pa.Table:
    with said_at(path):
        found = pa.Table.from_batches(batches_at(path, schema=schema, most=_MOST), schema)
        found.validate(full=True)
        return found.combine_chunks()


def misnumbered(table: str, number: int, said: object) -> Iterator[str]:
    """Say if a row of a table does not bear its own number."""
    if said != number:
        yield f"row {number} of provenance/{table}.parquet has {said} in `{table.removesuffix('s')}_ix`"


def listed(numbers: pa.ChunkedArray, n_rows: int) -> pa.ChunkedArray:
    """Return row numbers of a table, and null for what is none."""
    return pc.if_else(pc.and_(pc.greater_equal(numbers, 0), pc.less(numbers, n_rows)), numbers, None)


def all_runs(folder: Path, origins: Origins, n_records: int) -> Iterator[Run | Misfit]:
    """Yield the rows of `lines.parquet` in their order.

    Raises:
        GitcorpusError: table-unreadable.
    """
    path = Inside(folder, "provenance/lines.parquet")
    first = 0
    with said_at(path):
        for batch in batches_at(path, schema=LINES, most=_MOST):
            table = pa.Table.from_batches([batch])
            table.validate(full=True)
            table = origins.join(table.set_column(0, "record_ix", listed(table["record_ix"], n_records)))
            whys = misfits(table)
            columns = (table[name].to_pylist() for name in Run._fields)
            for index, row in enumerate(zip(*columns, strict=True)):
                yield Misfit(first + index, whys[index]) if index in whys else Run._make(row)
            first += batch.num_rows


def misfits(table: pa.Table) -> Mapping[int, str]:
    """Say which rows of joined runs can be none, and why, by the columns that are there."""
    whys: dict[int, str] = {}
    for rule in _RULES:
        if rule.column in table.column_names:
            holds = pc.fill_null(rule.holds(table, rule.column), fill_value=False)
            for index in pc.indices_nonzero(pc.invert(holds)).to_pylist():
                whys.setdefault(index, rule.why)
    return whys


_Holds = Callable[[pa.Table, str], Any]


class _Rule(NamedTuple):
    """What holds of a column of runs, and what is said of a row of which it does not."""

    column: str
    holds: _Holds
    why: str


def _there(table: pa.Table, name: str) -> Any:
    return pc.is_valid(table[name])


def _counts(table: pa.Table, name: str) -> Any:
    return pc.greater_equal(table[name], 1)


def _one_of(words: type[StrEnum]) -> _Holds:
    return lambda table, name: reduce(pc.or_, (pc.equal(table[name], word.value) for word in words))


def _commit_is_listed(table: pa.Table, _: str) -> Any:
    return pc.or_(pc.is_null(table["commit_ix"]), pc.is_valid(table["commit"]))


def _commit_or_outside(table: pa.Table, _: str) -> Any:
    outside = pc.match_substring_regex(table["path"], f"^({'|'.join(OUTSIDE)})")
    return pc.or_(pc.is_valid(table["commit_ix"]), outside)


_RULES: Final = (
    _Rule("record_ix", _there, "names a record that is not listed"),
    _Rule("source_ix", _there, "names a source that is not listed"),
    *(
        _Rule(name, _counts, f"has no line or number of lines in `{name}`")
        for name in ("start_line", "n_lines", "src_start_line", "path_start_line")
    ),
    *(_Rule(name, _there, f"has nothing in `{name}`") for name in ("field", "src_path", "blob", "path")),
    _Rule("extended", _there, "says neither yes nor no in `extended`"),
    *(
        _Rule(name, _one_of(words), f"has no {name} in `{name}`")
        for name, words in (("origin", OriginKind), ("actor", Actor), ("transform", Transform))
    ),
    _Rule("commit", _commit_is_listed, "names a commit that is not listed"),
    _Rule("commit", _commit_or_outside, "names no commit for a file of the tree"),
)
