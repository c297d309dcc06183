"""The SQL tables that views select from, in DuckDB, in memory.

What a spec says in SQL is a stranger's: the engine has no way to files or to a network, its settings are
locked, it runs on one thread, and only one SELECT that says the same at every build gets through.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

import duckdb
import pyarrow as pa

from gitcorpus.errors import GitcorpusError
from gitcorpus.model.contributors import Contributors
from gitcorpus.model.corpus import Role
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
_CHANGING: Final = frozenset({
    "current_date", "current_localtime", "current_localtimestamp", "current_time", "current_timestamp",
    "localtime", "localtimestamp", "sample", "tablesample",
})  # fmt: skip


class Catalog:
    """The tables of one snapshot."""

    def __init__(self, tables: Mapping[str, pa.Table]) -> None:
        self._duck = duckdb.connect(":memory:", config={"threads": "1", "autoload_known_extensions": "false"})
        for name, table in tables.items():
            self._duck.register("arriving", table)
            self._duck.execute(f"CREATE TABLE {name} AS SELECT * FROM arriving")  # noqa: S608 - our own names
            self._duck.unregister("arriving")
        listed = self._duck.execute(
            "SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability <> 'CONSISTENT'"
        )
        self._changing = _CHANGING | {name for (name,) in listed.fetchall()}
        for setting in (
            "enable_external_access = false",
            "memory_limit = '2GB'",
            "lock_configuration = true",
        ):
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
            GitcorpusError: sql-broken, column-unknown or sql-not-repeatable, at the place of the SQL.
        """
        key = KEYS[table]
        parts = (
            (where, places[0], f"SELECT {key} FROM {table} WHERE (\n{where}\n)"),  # noqa: S608 - checked below
            (order, places[1], f"SELECT {key} FROM {table} ORDER BY \n{order}\n"),  # noqa: S608 - checked below
        )
        for said, place, query in parts:
            if said:
                self._check(said, query, table=table, place=place)
        query = f"SELECT {key} FROM {table}"  # noqa: S608 - both parts were checked alone
        query += f" WHERE (\n{where}\n)" if where else ""
        query += f" ORDER BY {order}\n, {key}" if order else f" ORDER BY {key}"
        try:
            return tuple(row[0] for row in self._duck.execute(query).fetchall())
        except duckdb.Error as error:
            raise _explain(error, self.columns(table), places[0]) from error

    def _check(self, said: str, query: str, *, table: str, place: Place) -> None:
        words = re.findall(r"[a-z_][a-z0-9_]*", re.sub(r"'[^']*'", "''", said.lower()))
        for word in words:
            if word in self._changing:
                sentence = f"`{word}` may say something else at the next build"
                hint = "use only columns and functions of them"
                raise GitcorpusError("sql-not-repeatable", sentence, place=str(place), hint=hint)
        try:
            statements = self._duck.extract_statements(query)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                sentence = "it must be one expression, and it holds further statements"
                raise GitcorpusError("sql-broken", sentence, place=str(place))
            self._duck.execute(f"EXPLAIN {query}")
        except duckdb.Error as error:
            raise _explain(error, self.columns(table), place) from error


def _explain(error: duckdb.Error, columns: Sequence[str], place: Place) -> GitcorpusError:
    text = str(error).split("\n", 1)[0]
    if found := re.search(r'Referenced column "([^"]+)" not found', text):
        near = get_close_matches(found[1], columns, n=1, cutoff=0.5)
        known = f"did you mean `{near[0]}`?" if near else f"columns: {', '.join(columns)}"
        return GitcorpusError(
            "column-unknown", f"there is no column `{found[1]}`", place=str(place), hint=known
        )
    return GitcorpusError("sql-broken", text, place=str(place), hint=f"columns: {', '.join(columns)}")


def build_catalog(
    contents: Contents, *, spec: Spec, commits: Sequence[Commit], verdicts: Sequence[Entry]
) -> Catalog:
    """Fill all tables from values."""
    rows: dict[str, Iterable[dict[str, Any]]] = {
        "tasks": _task_rows(spec, contents),
        "solutions": (_solution_row(spec, solution) for solution in contents.solutions),
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


def _solution_row(spec: Spec, solution: Solution) -> dict[str, Any]:
    task = next(task for task in spec.tasks if task.id == solution.task)
    unit = next(unit for unit in spec.units if unit.id == solution.unit)
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
