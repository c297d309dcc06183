"""The SQL tables that views select from, in DuckDB, in memory.

What a spec says in SQL is a stranger's: the engine has no way to files or to a network, its settings are
locked, it runs on one thread and not for ever, and only what `catalog/sql.py` lets through reaches it.
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from threading import Event, Thread
from time import process_time
from types import TracebackType
from typing import Any, Final, Self

import duckdb
import pyarrow as pa

from gitcorpus.catalog.casts import PLANNED, unfit_casts
from gitcorpus.catalog.sql import Asked, Unfit, said_by, unfit_order, unfit_where
from gitcorpus.errors import GitcorpusError
from gitcorpus.model.place import Place

KEYS: Final[Mapping[str, str]] = {
    "solutions": "root",
    "files": "path",
    "tasks": "task",
    "changes": "change",
    "comparisons": "comparison",
    "fixes": "fix",
    "fragments": "fragment",
    "pairs": "pair",
    "rankings": "ranking",
    "records": "record",
    "rewrites": "rewrite",
    "steps": "step",
    "trajectories": "root",
}
"""The column that names one row of a table that views select from."""

_TEXTS: Final = pa.list_(pa.string())
_SOLUTION: Final = {
    "unit": pa.string(), "task": pa.string(), "family": pa.string(), "solution": pa.string(), "root": pa.string(),
    "language": pa.string(), "techniques": _TEXTS, "domain": pa.string(), "difficulty": pa.int64(),
}  # fmt: skip
_PAIR: Final = {
    **_SOLUTION, "kind": pa.string(), "before_commit": pa.string(), "after_commit": pa.string(),
    "before_step": pa.string(), "after_step": pa.string(), "cwe": _TEXTS, "rules": _TEXTS, "reasons": _TEXTS,
    "n_files": pa.int64(),
}  # fmt: skip
SCHEMAS: Final[Mapping[str, pa.Schema]] = {
    "tasks": pa.schema({
        "unit": pa.string(), "task": pa.string(), "family": pa.string(), "title": pa.string(),
        "languages": _TEXTS, "techniques": _TEXTS,
        "domain": pa.string(), "difficulty": pa.int64(), "priority": pa.string(), "steps": _TEXTS,
        "has_prompt": pa.bool_(),
    }),
    "solutions": pa.schema({
        "unit": pa.string(), "task": pa.string(), "family": pa.string(), "solution": pa.string(), "root": pa.string(),
        "language": pa.string(), "languages": _TEXTS, "techniques": _TEXTS, "domain": pa.string(),
        "difficulty": pa.int64(), "priority": pa.string(), "n_files": pa.int64(), "n_sources": pa.int64(),
        "n_tests": pa.int64(), "n_docs": pa.int64(), "n_fixtures": pa.int64(), "source_bytes": pa.int64(),
        "source_lines": pa.int64(), "has_prompt": pa.bool_(), "authors": _TEXTS, "n_commits": pa.int64(),
        "first_commit": pa.string(), "last_commit": pa.string(),
    }),
    "files": pa.schema({
        "path": pa.string(), "unit": pa.string(), "task": pa.string(), "family": pa.string(), "solution": pa.string(),
        "root": pa.string(), "role": pa.string(), "language": pa.string(), "techniques": _TEXTS, "domain": pa.string(),
        "difficulty": pa.int64(), "blob": pa.string(), "n_bytes": pa.int64(), "n_lines": pa.int64(),
        "executable": pa.bool_(),
    }),
    "commits": pa.schema({
        "commit": pa.string(), "author_name": pa.string(), "author_email": pa.string(), "authored_at": pa.int64(),
        "committer_email": pa.string(), "committed_at": pa.int64(), "subject": pa.string(), "n_parents": pa.int64(),
        "task": pa.string(), "step": pa.string(), "techniques": _TEXTS,
    }),
    "agreements": pa.schema({"agreement": pa.string(), "grants": pa.string(), "path": pa.string()}),
    "contributors": pa.schema({"contributor": pa.string(), "emails": _TEXTS, "roles": _TEXTS, "agreements": _TEXTS}),
    "changes": pa.schema({
        "change": pa.string(), **_SOLUTION, "commit": pa.string(), "path": pa.string(), "role": pa.string(),
        "status": pa.string(), "n_files": pa.int64(), "subject": pa.string(), "step": pa.string(),
        "author_email": pa.string(), "authored_at": pa.int64(), "old_blob": pa.string(), "new_blob": pa.string(),
    }),
    "comparisons": pa.schema({
        "comparison": pa.string(), **_SOLUTION, "path": pa.string(), "rubric": pa.string(), "chosen": pa.string(),
        "rejected": pa.string(), "votes_for": pa.int64(), "votes_against": pa.int64(), "n_judges": pa.int64(),
    }),
    "fixes": pa.schema({"fix": pa.string(), **_PAIR, "fail_to_pass": _TEXTS, "pass_to_pass": _TEXTS}),
    "fragments": pa.schema({
        "fragment": pa.string(), **_SOLUTION, "path": pa.string(), "role": pa.string(), "kind": pa.string(),
        "name": pa.string(), "first_line": pa.int64(), "last_line": pa.int64(), "n_lines": pa.int64(),
        "has_doc": pa.bool_(), "n_lines_file": pa.int64(),
    }),
    "pairs": pa.schema({"pair": pa.string(), **_PAIR}),
    "rankings": pa.schema({
        "ranking": pa.string(), **_SOLUTION, "path": pa.string(), "rubric": pa.string(), "n_candidates": pa.int64(),
        "n_judges": pa.int64(), "judges": _TEXTS,
    }),
    "records": pa.schema({
        "record": pa.string(), "view": pa.string(), "split": pa.string(), "key": pa.string(), "unit": pa.string(),
        "task": pa.string(), "family": pa.string(), "solution": pa.string(), "stage": pa.int64(), "lesson": pa.int64(),
        "difficulty": pa.int64(), "priority": pa.string(),
    }),
    "rewrites": pa.schema({"rewrite": pa.string(), **_PAIR, "path": pa.string(), "role": pa.string()}),
    "steps": pa.schema({
        "step": pa.string(), **_SOLUTION, "n": pa.int64(), "label": pa.string(), "good": pa.bool_(),
        "commit": pa.string(), "n_files": pa.int64(),
    }),
    "trajectories": pa.schema({**_SOLUTION, "n_steps": pa.int64(), "labels": _TEXTS, "all_good": pa.bool_()}),
    "verdicts": pa.schema({"verdict": pa.string(), "outcome": pa.string(), "pusher": pa.string(), "tips": _TEXTS}),
}  # fmt: skip
_ENGINE: Final[Mapping[str, str | bool | int | float | list[str]]] = {
    "threads": 1, "autoinstall_known_extensions": False, "autoload_known_extensions": False,
}  # fmt: skip
_PINNED: Final = (
    "temp_directory = ''",
    "enable_external_access = false",
    "memory_limit = '2GB'",
    "TimeZone = 'UTC'",
    "default_null_order = 'NULLS_LAST'",
    "default_collation = ''",
    "errors_as_json = true",
    PLANNED,
    "lock_configuration = true",
)
"""No way out, and nothing of the machine in an answer: not its time zone, not its disk."""


_TYPES: Final[Mapping[pa.DataType, str]] = {
    pa.string(): "VARCHAR", pa.int64(): "BIGINT", pa.bool_(): "BOOLEAN", _TEXTS: "VARCHAR[]",
}  # fmt: skip
_LOOKS: Final = 0.02
"""Seconds between two looks at how long a query takes."""
_Row = Mapping[str, Any]


class UnfitError(Exception):
    """A view's `where` or `order` is not run, or has no answer."""

    def __init__(self, field: str, unfit: Unfit) -> None:
        super().__init__(unfit.sentence)
        self.field = field
        self.unfit = unfit


class Catalog:
    """The tables of one snapshot. What a view asks is stopped after so many `seconds` of the processor."""

    def __init__(self, rows: Mapping[str, Iterable[_Row]], *, seconds: float = 60) -> None:
        self._duck = duckdb.connect(":memory:", config=dict(_ENGINE))
        self._seconds = seconds
        self._rows: dict[str, list[_Row]] = {}
        for name, schema in SCHEMAS.items():
            columns = ", ".join(f'"{each.name}" {_TYPES[each.type]}' for each in schema)
            self._duck.execute(f"CREATE TABLE {name} ({columns})")
            self.add(name, rows.get(name, ()))
        for setting in _PINNED:
            self._duck.execute(f"SET {setting}")

    @classmethod
    def blank(cls, *, seconds: float) -> Self:
        """Return tables with one row each that says nothing: SQL can be tried on them without any data."""
        catalog = cls({}, seconds=seconds)
        for name in SCHEMAS:
            catalog._duck.execute(f"INSERT INTO {name} DEFAULT VALUES")
        return catalog

    def add(self, name: str, rows: Iterable[_Row]) -> None:
        """Put rows into the place of those that a table has."""
        found = list(rows)
        if name in KEYS:
            self._rows[name] = sorted(found, key=lambda row: str(row[KEYS[name]]))
        self._duck.execute(f"DELETE FROM {name}")  # noqa: S608 - our own names
        if found:
            self._duck.register("arriving", pa.Table.from_pylist(found, schema=SCHEMAS[name]))
            self._duck.execute(f"INSERT INTO {name} SELECT * FROM arriving")  # noqa: S608 - our own names
            self._duck.unregister("arriving")

    def columns(self, table: str) -> tuple[str, ...]:
        """Return the names of a table's columns."""
        return tuple(SCHEMAS[table].names)

    def rows(self, table: str) -> Sequence[_Row]:
        """Return every row of a table that views select from, by its key."""
        return self._rows[table]

    def table(self, name: str) -> pa.Table:
        """Return a whole table."""
        return self._duck.sql(f"SELECT * FROM {name}").to_arrow_table()  # noqa: S608 - our own names

    def select(
        self, table: str, *, where: str, order: str, places: tuple[Place, Place], view: str = ""
    ) -> tuple[str, ...]:
        """Return the keys of the rows that a view selects, in its order; ties end in the key.

        Raises:
            GitcorpusError: sql-broken, column-unknown, sql-not-repeatable or sql-too-slow, at the place of the SQL.
        """
        try:
            return self.ask(table, where=where, order=order)
        except UnfitError as error:
            unfit, place = error.unfit, places[error.field == "order"]
            of = f"the view `{view}`, `{error.field}`: " if view and unfit.code == "sql-too-slow" else ""
            raise GitcorpusError(
                unfit.code, f"{of}{unfit.sentence}", place=str(place), hint=unfit.hint
            ) from error

    def ask(self, table: str, *, where: str, order: str) -> tuple[str, ...]:
        """Return the keys of the rows that a view selects, in its order; ties end in the key.

        Raises:
            UnfitError: with what is wrong with which of the two.
        """
        key, ends = KEYS[table], process_time() + self._seconds
        before, behind = f"SELECT {key} FROM {table}", f", {key}"  # noqa: S608 - each part is checked alone before it runs
        found: tuple[str, ...] | None = None
        if where:
            _refuse("where", unfit_where(self._duck, where, SCHEMAS))
            before += " WHERE ("
            self._refuse_other_kinds(table, where)
            found = self._run(table, "where", Asked(before, where, f") ORDER BY {key}"), ends)
            before += f"\n{where}\n)"
        if order:
            _refuse("order", unfit_order(self._duck, order, SCHEMAS))
            return self._run(table, "order", Asked(f"{before} ORDER BY", order, behind), ends)
        if found is None:
            return self._run(table, "where", Asked(before, "", f"ORDER BY {key}"), ends)
        return found

    def refuse_casts(self, table: str, *, where: str, order: str) -> None:
        """Refuse SQL that has an answer only as long as a text of the table reads as something else.

        Raises:
            UnfitError: sql-broken, with the field in which it stands.
        """
        columns = {each.name: _TYPES[each.type] for schema in SCHEMAS.values() for each in schema}
        columns |= {each.name: _TYPES[each.type] for each in SCHEMAS[table]}
        start = f"SELECT 1 FROM {table}"  # noqa: S608 - our own names
        for field, said, asked in (
            ("where", where, Asked(f"{start} WHERE (", where, ")")),
            ("order", order, Asked(f"{start} ORDER BY", order, ", 1")),
        ):
            _refuse(field, unfit_casts(self._duck, asked, table, columns) if said else None)

    def _refuse_other_kinds(self, table: str, where: str) -> None:
        """Refuse a condition that is a text, a list or a row: what of it is true only the data would say."""
        asked = Asked("DESCRIBE SELECT (", where, f") FROM {table}")
        try:
            ((_, kind, *_),) = self._duck.execute(asked.query).fetchall()
        except duckdb.Error:
            return  # what is wrong is said when it is asked as a condition
        if str(kind) == "VARCHAR" or str(kind).endswith("]") or str(kind).startswith("STRUCT"):
            sentence, hint = "it is no condition: it is neither true nor false", "compare it with something"
            raise UnfitError("where", Unfit("sql-broken", sentence, hint))

    def _run(self, table: str, field: str, asked: Asked, ends: float) -> tuple[str, ...]:
        """Ask until the time is over, and for no more rows than the table has: an answer has none of them twice."""
        most = len(self._rows[table]) or 1
        try:
            with _Watch(self._duck, ends):
                keys = tuple(row[0] for row in self._duck.execute(asked.query).fetchmany(most + 1))
        except duckdb.InterruptException as error:
            seconds = f"{self._seconds:g} second{'' if self._seconds == 1 else 's'}"
            sentence = f"it had no answer after {seconds}"
            hint = "ask less: no joins of large tables with each other"
            raise UnfitError(field, Unfit("sql-too-slow", sentence, hint)) from error
        except duckdb.Error as error:
            raise UnfitError(field, _explain(error, self.columns(table), asked)) from error
        if len(keys) > most:
            sentence, hint = "it answers with more rows than the table has", "leave `unnest` out of it"
            raise UnfitError(field, Unfit("sql-broken", sentence, hint))
        return keys


class _Watch:
    """Ends a query once the process has used the processor for long enough: a slow machine gives no other answer."""

    def __init__(self, duck: duckdb.DuckDBPyConnection, ends: float) -> None:
        self._duck = duck
        self._ends = ends
        self._over = Event()
        self._thread = Thread(target=self._look, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(_LOOKS):
            if process_time() > self._ends:
                self._duck.interrupt()


def _refuse(field: str, unfit: Unfit | None) -> None:
    if unfit is not None:
        raise UnfitError(field, unfit)


def unknown_column(name: str, columns: Sequence[str]) -> Unfit:
    """Say that a table has no such column, and which is the nearest."""
    near = get_close_matches(name.lower(), columns, n=1, cutoff=0.5)
    hint = f"did you mean `{near[0]}`?" if near else f"columns: {', '.join(columns)}"
    return Unfit("column-unknown", f"there is no column `{name}`", hint)


def column_unknown(name: str, columns: Sequence[str], place: Place) -> GitcorpusError:
    """Say the same as an error."""
    code, sentence, hint, *_ = unknown_column(name, columns)
    return GitcorpusError(code, sentence, place=str(place), hint=hint)


def _explain(error: duckdb.Error, columns: Sequence[str], asked: Asked) -> Unfit:
    said = said_by(error)
    if said.column:
        unfit = unknown_column(said.column, columns)
    else:
        unfit = Unfit("sql-broken", said.sentence, f"columns: {', '.join(columns)}")
    return asked.at(unfit, said.byte, said.n_bytes)


def column_type(table: str, column: str) -> pa.DataType:
    """Return the type of a column, for whoever copies it."""
    return SCHEMAS[table].field(column).type
