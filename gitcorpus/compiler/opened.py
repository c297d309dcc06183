"""A release as SQL tables: its provenance, and one table for each view.

DuckDB reads what pyarrow read; it has no way to other files or to a network, so that a query that somebody was given
can do no more than answer.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Final, Self

import duckdb
import pyarrow as pa

from gitcorpus.compiler.schemas import PROVENANCE
from gitcorpus.compiler.sealed import read_manifest
from gitcorpus.compiler.stored import read_table, said_at
from gitcorpus.errors import GitcorpusError
from gitcorpus.inside import Inside

_LOCKED: Final = ("enable_external_access = false", "TimeZone = 'UTC'", "lock_configuration = true")
_MEMORY: Final = "1GB"
"""What the engine may hold of a release; what it has to sort beyond that goes to a folder of its own."""


ORIGINS: Final = "origins"
"""The provenance in one table: every run with its record, its source and its commit."""
_ORIGINS: Final = """
CREATE VIEW origins AS SELECT
    records.*, lines.* EXCLUDE (record_ix, source_ix), sources.* EXCLUDE (source_ix, commit_ix),
    commits.* EXCLUDE (commit_ix, task), commits.task AS commit_task
FROM lines JOIN records USING (record_ix) JOIN sources USING (source_ix) LEFT JOIN commits USING (commit_ix)
"""


class Tables:
    """Arrow tables by name, for SQL that can do no more than answer."""

    def __init__(self) -> None:
        self._duck = duckdb.connect(":memory:", config={"autoinstall_known_extensions": False})
        for setting in _LOCKED:
            self._duck.execute(f"SET {setting}")
        self.names: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of everything."""
        self._duck.close()

    def add(self, name: str, table: pa.Table) -> None:
        """Make a table known."""
        self._duck.register(name, table)
        self.names = (*self.names, name)

    def ask(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> pa.Table:
        """Return the answer to a query.

        Raises:
            GitcorpusError: sql-broken, with what the engine says.
        """
        with self._said():
            if len(duckdb.extract_statements(sql)) > 1:
                raise GitcorpusError("sql-broken", "it asks several things", hint="write one SELECT")
            answer = self._duck.sql(sql, params=values or None)
            if answer is None:
                raise GitcorpusError("sql-broken", "it answers nothing", hint="write a SELECT")
            twice = [name for name, count in Counter(answer.columns).items() if count > 1]
            if twice:
                sentence = f"two columns are called `{twice[0]}`"
                raise GitcorpusError("sql-broken", sentence, hint="give one another name: AS other")
            return answer.to_arrow_table()

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except (duckdb.Error, pa.ArrowException) as error:
            first = str(error).partition("\n")[0]
            hint = f"tables: {', '.join(self.names)}"
            raise GitcorpusError("sql-broken", first, hint=hint) from error


class Shelf(Tables):
    """The provenance tables of a release, read as far as a question needs them: columns and groups of rows.

    The engine reaches these files and nothing else, by descriptors that are open; what it is asked is ours.
    """

    def __init__(self, folder: Path, *names: str) -> None:
        """Open some tables of a release.

        Raises:
            GitcorpusError: not-a-release or table-unreadable.
        """
        self.manifest = read_manifest(folder)
        self._aside = TemporaryDirectory(prefix="gitcorpus-tables-")
        self._duck = duckdb.connect(":memory:", config={"autoinstall_known_extensions": False})
        self._held = ExitStack()
        held = {name: self._hold(Inside(folder, f"provenance/{name}.parquet")) for name in names}
        self._duck.execute(f"SET allowed_paths = {list(held.values())}")
        self._duck.execute(f"SET temp_directory = '{_quoted(Path(self._aside.name))}'")
        self._duck.execute(f"SET memory_limit = '{_MEMORY}'")
        for setting in _LOCKED:
            self._duck.execute(f"SET {setting}")
        self.names = names
        for name, path in held.items():
            try:
                self._duck.execute(f"CREATE VIEW {name} AS FROM read_parquet('{path}')")
            except duckdb.Error as error:
                self.close()
                place = str(Inside(folder, f"provenance/{name}.parquet"))
                sentence = f"the table cannot be read: {str(error).splitlines()[0].replace(path, place)}"
                raise GitcorpusError("table-unreadable", sentence, place=place) from error

    def close(self) -> None:
        """Let go of everything."""
        super().close()
        self._held.close()
        self._aside.cleanup()

    def _hold(self, file: Inside) -> str:
        """Open a file for as long as the engine may read it, and return by which name it is that file and no other."""
        try:
            with said_at(file):
                return f"/dev/fd/{self._held.enter_context(file.open()).fileno()}"
        except GitcorpusError:
            self.close()
            raise

    def keep(self, name: str, sql: str, values: Mapping[str, Any]) -> None:
        """Make the answer to a query a table.

        Raises:
            GitcorpusError: sql-broken.
        """
        with self._said():
            self._duck.execute(f"CREATE TABLE {name} AS {sql}", values)
        self.names = (*self.names, name)

    def stream(self, sql: str, values: Mapping[str, Any], most: int) -> Iterator[pa.Table]:
        """Yield the answer to a query, `most` rows at a time; until the last, nothing else can be asked.

        Raises:
            GitcorpusError: sql-broken.
        """
        with self._said():
            for batch in self._duck.sql(sql, params=values).to_arrow_reader(most):
                yield pa.Table.from_batches([batch])


class Opened(Tables):
    """Tables `lines`, `sources`, `records`, `commits`, `agreements`, `omissions`, and each view by its name.

    `origins` is `lines` with all columns of the record, the source and the commit.
    """

    def __init__(self, folder: Path) -> None:
        """Open a release.

        Raises:
            GitcorpusError: not-a-release or table-unreadable.
        """
        super().__init__()
        self.manifest = read_manifest(folder)
        self._folder = folder

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of all tables."""
        return (*PROVENANCE, ORIGINS, "omissions", *(view["name"] for view in self.manifest["views"]))

    def load(self, *names: str) -> None:
        """Make tables known; without names, all of them.

        Raises:
            GitcorpusError: table-unreadable.
        """
        wanted = dict.fromkeys(names or self.tables)
        if ORIGINS in wanted:
            wanted = {**dict.fromkeys(PROVENANCE), **wanted}
        for name in wanted:
            if name != ORIGINS:
                self.add(name, self._table(name))
        if ORIGINS in wanted:
            self._duck.execute(_ORIGINS)
            self.names = (*self.names, ORIGINS)

    def _table(self, name: str) -> pa.Table:
        if name in PROVENANCE:
            return read_table(Inside(self._folder, f"provenance/{name}.parquet"))
        if name == "omissions":
            return read_table(Inside(self._folder, "omissions.parquet"))
        view = next(view for view in self.manifest["views"] if view["name"] == name)
        pieces = []
        for split in view["splits"]:
            for file in split["files"]:
                piece = read_table(Inside(self._folder, file["path"]))
                if "split" not in piece.column_names:
                    said = pa.repeat(pa.scalar(split["name"], pa.string()), piece.num_rows)
                    piece = piece.append_column("split", said)
                pieces.append(piece)
        return pa.concat_tables(pieces)


def _quoted(path: Path) -> str:
    return path.as_posix().replace("'", "''")
