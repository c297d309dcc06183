"""The SQL tables that views select from, in DuckDB, in memory.

What a spec says in SQL is a stranger's: the engine has no way to files or to a network, its settings are
locked, it runs on one thread and not for ever, and only what `catalog/sql.py` lets through reaches it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from threading import Timer
from typing import Any, Final

import duckdb
import pyarrow as pa

from gitcorpus.catalog.sql import Unfit, first_line, unfit_order, unfit_where
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
    "lock_configuration = true",
)
"""No way out, and nothing of the machine in an answer: not its time zone, not its disk."""


_Row = Mapping[str, Any]


class Catalog:
    """The tables of one snapshot. A query that takes longer than `seconds` is stopped."""

    def __init__(self, rows: Mapping[str, Iterable[_Row]], *, seconds: float = 60) -> None:
        self._duck = duckdb.connect(":memory:", config=dict(_ENGINE))
        self._seconds = seconds
        self._rows: dict[str, list[_Row]] = {}
        for name in SCHEMAS:
            self.add(name, rows.get(name, ()))
        for setting in _PINNED:
            self._duck.execute(f"SET {setting}")

    def add(self, name: str, rows: Iterable[_Row]) -> None:
        """Put rows into the place of those that a table has."""
        found = list(rows)
        if name in KEYS:
            self._rows[name] = sorted(found, key=lambda row: str(row[KEYS[name]]))
        self._duck.register("arriving", pa.Table.from_pylist(found, schema=SCHEMAS[name]))
        self._duck.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM arriving")  # noqa: S608 - our own names
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

    def select(self, table: str, *, where: str, order: str, places: tuple[Place, Place]) -> tuple[str, ...]:
        """Return the keys of the rows that a view selects, in its order; ties end in the key.

        Raises:
            GitcorpusError: sql-broken, column-unknown, sql-not-repeatable or sql-too-slow, at the place of the SQL.
        """
        key, (where_place, order_place) = KEYS[table], places
        query = f"SELECT {key} FROM {table}"  # noqa: S608 - each part is checked alone before it runs
        if where:
            self._refuse(unfit_where(self._duck, where, SCHEMAS), where_place)
            query += f" WHERE (\n{where}\n)"
            self._run(f"{query} ORDER BY {key}", table, where_place)
        if order:
            self._refuse(unfit_order(self._duck, order, SCHEMAS), order_place)
            return self._run(f"{query} ORDER BY {order}\n, {key}", table, order_place)
        return self._run(f"{query} ORDER BY {key}", table, where_place)

    def _refuse(self, unfit: Unfit | None, place: Place) -> None:
        if unfit is not None:
            raise GitcorpusError(unfit.code, unfit.sentence, place=str(place), hint=unfit.hint)

    def _run(self, query: str, table: str, place: Place) -> tuple[str, ...]:
        watch = Timer(self._seconds, self._duck.interrupt)
        watch.start()
        try:
            return tuple(row[0] for row in self._duck.execute(query).fetchall())
        except duckdb.InterruptException as error:
            sentence = f"it had no answer after {self._seconds:g} seconds"
            hint = "ask less: no joins of large tables with each other"
            raise GitcorpusError("sql-too-slow", sentence, place=str(place), hint=hint) from error
        except duckdb.Error as error:
            raise _explain(error, self.columns(table), place) from error
        finally:
            watch.cancel()


def column_unknown(name: str, columns: Sequence[str], place: Place) -> GitcorpusError:
    """Say that a table has no such column, and which is the nearest."""
    near = get_close_matches(name.lower(), columns, n=1, cutoff=0.5)
    hint = f"did you mean `{near[0]}`?" if near else f"columns: {', '.join(columns)}"
    return GitcorpusError("column-unknown", f"there is no column `{name}`", place=str(place), hint=hint)


def _explain(error: duckdb.Error, columns: Sequence[str], place: Place) -> GitcorpusError:
    text = first_line(error)
    if found := re.search(r'(?:Referenced column|column named) "([^"]+)"', text):
        return column_unknown(found[1], columns, place)
    return GitcorpusError("sql-broken", text, place=str(place), hint=f"columns: {', '.join(columns)}")


def column_type(table: str, column: str) -> pa.DataType:
    """Return the type of a column, for whoever copies it."""
    return SCHEMAS[table].field(column).type
