"""The SQL tables that views select from, in DuckDB, in memory.

What a spec says in SQL is a stranger's: the engine has no way to files or to a network, its settings are
locked, it runs on one thread and not for ever, and only what `catalog/sql.py` lets through reaches it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from threading import Timer
from typing import Any, Final

import duckdb
import pyarrow as pa

from gitcorpus.catalog.sql import Unfit, first_line, unfit_order, unfit_where
from gitcorpus.errors import GitcorpusError
from gitcorpus.model.contributors import Contributors
from gitcorpus.model.corpus import Role
from gitcorpus.model.curriculum import Task, Unit
from gitcorpus.model.entry import Entry
from gitcorpus.model.language import PROSE
from gitcorpus.model.place import Place
from gitcorpus.model.record import Contents, Solution
from gitcorpus.model.spec import Spec
from gitcorpus.model.tree import Commit

KEYS: Final[Mapping[str, str]] = {"solutions": "root", "files": "path", "tasks": "task"}
"""The column that names one row of a table that views select from."""

_TEXTS: Final = pa.list_(pa.string())
_SCHEMAS: Final[Mapping[str, pa.Schema]] = {
    "tasks": pa.schema({
        "unit": pa.string(), "task": pa.string(), "title": pa.string(), "languages": _TEXTS, "techniques": _TEXTS,
        "domain": pa.string(), "difficulty": pa.int64(), "priority": pa.string(), "steps": _TEXTS,
        "has_prompt": pa.bool_(),
    }),
    "solutions": pa.schema({
        "unit": pa.string(), "task": pa.string(), "solution": pa.string(), "root": pa.string(),
        "language": pa.string(), "languages": _TEXTS, "techniques": _TEXTS, "domain": pa.string(),
        "difficulty": pa.int64(), "priority": pa.string(), "n_files": pa.int64(), "n_sources": pa.int64(),
        "n_tests": pa.int64(), "n_docs": pa.int64(), "n_fixtures": pa.int64(), "source_bytes": pa.int64(),
        "source_lines": pa.int64(), "has_prompt": pa.bool_(),
    }),
    "files": pa.schema({
        "path": pa.string(), "unit": pa.string(), "task": pa.string(), "solution": pa.string(), "root": pa.string(),
        "role": pa.string(), "language": pa.string(), "techniques": _TEXTS, "domain": pa.string(),
        "difficulty": pa.int64(), "blob": pa.string(), "n_bytes": pa.int64(), "n_lines": pa.int64(),
        "executable": pa.bool_(),
    }),
    "commits": pa.schema({
        "commit": pa.string(), "author_name": pa.string(), "author_email": pa.string(), "authored_at": pa.int64(),
        "committer_email": pa.string(), "committed_at": pa.int64(), "subject": pa.string(), "n_parents": pa.int64(),
        "task": pa.string(), "step": pa.string(), "techniques": _TEXTS,
    }),
    "contributors": pa.schema({"contributor": pa.string(), "emails": _TEXTS, "roles": _TEXTS, "agreements": _TEXTS}),
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


class Catalog:
    """The tables of one snapshot. A query that takes longer than `seconds` is stopped."""

    def __init__(self, tables: Mapping[str, pa.Table], *, seconds: float = 60) -> None:
        self._duck = duckdb.connect(":memory:", config=dict(_ENGINE))
        self._seconds = seconds
        for name, table in tables.items():
            self._duck.register("arriving", table)
            self._duck.execute(f"CREATE TABLE {name} AS SELECT * FROM arriving")  # noqa: S608 - our own names
            self._duck.unregister("arriving")
        for setting in _PINNED:
            self._duck.execute(f"SET {setting}")

    def columns(self, table: str) -> tuple[str, ...]:
        """Return the names of a table's columns."""
        return tuple(_SCHEMAS[table].names)

    def rows(self, table: str) -> tuple[dict[str, Any], ...]:
        """Return every row of a table by its key."""
        found = self._duck.execute(f"SELECT * FROM {table} ORDER BY {KEYS[table]}")  # noqa: S608 - our own names
        return tuple(dict(zip(self.columns(table), row, strict=True)) for row in found.fetchall())

    def select(self, table: str, *, where: str, order: str, places: tuple[Place, Place]) -> tuple[str, ...]:
        """Return the keys of the rows that a view selects, in its order; ties end in the key.

        Raises:
            GitcorpusError: sql-broken, column-unknown, sql-not-repeatable or sql-too-slow, at the place of the SQL.
        """
        key, (where_place, order_place) = KEYS[table], places
        query = f"SELECT {key} FROM {table}"  # noqa: S608 - each part is checked alone before it runs
        if where:
            self._refuse(unfit_where(self._duck, where, _SCHEMAS), where_place)
            query += f" WHERE (\n{where}\n)"
            self._run(f"{query} ORDER BY {key}", table, where_place)
        if order:
            self._refuse(unfit_order(self._duck, order, _SCHEMAS), order_place)
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


def build_catalog(
    contents: Contents, *, spec: Spec, commits: Sequence[Commit], verdicts: Sequence[Entry]
) -> Catalog:
    """Fill all tables from values."""
    rows: dict[str, Iterable[dict[str, Any]]] = {
        "tasks": _task_rows(spec, contents),
        "solutions": _solution_rows(spec, contents),
        "files": _file_rows(spec, contents),
        "commits": (_commit_row(commit) for commit in commits),
        "contributors": _contributor_rows(spec.contributors),
        "verdicts": (_verdict_row(entry) for entry in verdicts),
    }
    tables = {
        name: pa.Table.from_pylist(list(rows[name]), schema=schema) for name, schema in _SCHEMAS.items()
    }
    return Catalog(tables)


def _task_rows(spec: Spec, contents: Contents) -> Iterator[dict[str, Any]]:
    prompted = {solution.task for solution in contents.solutions if solution.of_role(Role.PROMPT)}
    priorities = {unit.id: unit.priority.value for unit in spec.units}
    for task in spec.tasks:
        yield {
            "unit": task.unit, "task": task.id, "title": task.title, "languages": list(task.languages),
            "techniques": list(task.techniques), "domain": task.domain, "difficulty": task.difficulty,
            "priority": priorities[task.unit], "steps": list(task.steps),
            "has_prompt": task.prompt is not None or task.id in prompted,
        }  # fmt: skip


def _solution_rows(spec: Spec, contents: Contents) -> Iterator[dict[str, Any]]:
    tasks = {task.id: task for task in spec.tasks}
    units = {unit.id: unit for unit in spec.units}
    for solution in contents.solutions:
        yield _solution_row(solution, tasks[solution.task], units[solution.unit])


def _solution_row(solution: Solution, task: Task, unit: Unit) -> dict[str, Any]:
    sources = solution.of_role(Role.SOURCE)
    weights: dict[str, int] = {}
    for file in sources:
        if file.language is not None and file.language not in PROSE:
            weights[file.language] = weights.get(file.language, 0) + file.n_bytes
    return {
        "unit": solution.unit, "task": solution.task, "solution": solution.solution, "root": solution.root,
        "language": min(weights, key=lambda name: (-weights[name], name)) if weights else None,
        "languages": sorted(weights), "techniques": list(task.techniques), "domain": task.domain,
        "difficulty": task.difficulty, "priority": unit.priority.value, "n_files": len(solution.files),
        "n_sources": len(sources), "n_tests": len(solution.of_role(Role.TEST)),
        "n_docs": len(solution.of_role(Role.DOC)), "n_fixtures": len(solution.of_role(Role.FIXTURE)),
        "source_bytes": sum(file.n_bytes for file in sources), "source_lines": sum(file.n_lines for file in sources),
        "has_prompt": task.prompt is not None or bool(solution.of_role(Role.PROMPT)),
    }  # fmt: skip


def _file_rows(spec: Spec, contents: Contents) -> Iterator[dict[str, Any]]:
    tasks = {task.id: task for task in spec.tasks}
    for file in contents.files:
        task = tasks[file.task]
        yield {
            "path": file.path, "unit": file.unit, "task": file.task, "solution": file.solution, "root": file.root,
            "role": file.role.value, "language": file.language, "techniques": list(task.techniques),
            "domain": task.domain, "difficulty": task.difficulty, "blob": file.blob, "n_bytes": file.n_bytes,
            "n_lines": file.n_lines, "executable": bool(file.mode & 0o100),
        }  # fmt: skip


def _commit_row(commit: Commit) -> dict[str, Any]:
    return {
        "commit": commit.oid, "author_name": commit.author.name, "author_email": commit.author.email,
        "authored_at": commit.author.seconds, "committer_email": commit.committer.email,
        "committed_at": commit.committer.seconds, "subject": commit.subject, "n_parents": len(commit.parents),
        "task": next(iter(commit.trailer("Task")), None), "step": next(iter(commit.trailer("Step")), None),
        "techniques": list(commit.trailer("Technique")),
    }  # fmt: skip


def _contributor_rows(contributors: Contributors) -> Iterator[dict[str, Any]]:
    for person in contributors.people:
        agreements = [term.agreement for term in person.terms]
        yield {
            "contributor": person.id, "emails": list(person.emails), "roles": list(person.roles),
            "agreements": agreements,
        }  # fmt: skip


def _verdict_row(entry: Entry) -> dict[str, Any]:
    tips = entry.body.get("tips")
    return {
        "verdict": entry.digest, "outcome": str(entry.body.get("outcome")), "pusher": entry.body.get("pusher"),
        "tips": list(tips) if isinstance(tips, list) else [],
    }  # fmt: skip
