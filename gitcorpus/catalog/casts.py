"""Finds texts that DuckDB takes for numbers by itself, as in `language = 3`.

Such a condition has an answer until the first row whose text is no number, so tables without data do not show it.
What a view casts in its own words is its own affair.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import duckdb

from gitcorpus.catalog.sql import Asked, Unfit

PLANNED: Final = "explain_output = 'all'"
"""The setting under which DuckDB says what it casts, before it simplifies anything."""
_LITERAL: Final = re.compile(r"'(?:[^']|'')*'")
_CAST: Final = re.compile(r"(?<![A-Z_])CAST\(")
_KIND: Final = re.compile(r" AS ([A-Z]\w*(?:\(\d+(?:, ?\d+)?\))?)\)")
_BARE: Final = re.compile(r"\w+", re.ASCII)


def unfit_casts(
    duck: duckdb.DuckDBPyConnection, asked: Asked, table: str, columns: Mapping[str, str]
) -> Unfit | None:
    """Return which text of a sound query is taken for something else without a word, or none.

    Args:
        duck: tables that are set to say all that is planned.
        asked: the query, which is known to run.
        table: the table that it selects from.
        columns: the kind of each of the table's columns.
    """
    for said, kind, literals in _casts(duck, asked):
        if said.startswith("'"):
            fault = _of_literal(duck, literals[int(said[1:-1])], kind)
        elif _is_text(duck, said, table, columns):
            fault = _of_text(_whole(said, literals), kind)
        else:
            continue
        if fault is not None:
            word = re.search(rf"(?<!\w){re.escape(said)}(?!\w)", asked.said)
            return fault._replace(start=word.start(), length=len(said)) if word else fault
    return None


def _of_literal(duck: duckdb.DuckDBPyConnection, literal: str, kind: str) -> Unfit | None:
    (answer,) = duck.execute(f"SELECT TRY_CAST({literal} AS {kind}) IS NULL").fetchall()
    if not answer[0]:
        return None
    sentence = f"{literal[:60]} is a text that reads as no {kind}, and is compared with one"
    return Unfit("sql-broken", sentence, "compare a number with a number, and a text with a text")


def _whole(said: str, literals: list[str]) -> str:
    """Return an expression with the texts in quotes that its numbers stand for."""
    return _LITERAL.sub(lambda found: literals[int(found[0][1:-1])], said)


def _of_text(said: str, kind: str) -> Unfit:
    meant = "true or false" if kind == "BOOLEAN" else "a number"
    compared = f"`{said[:60]}` is a text and is compared with {meant}"
    sentence = f"{compared}: there is no answer for a row with another text"
    hint = f"compare it with a text, such as 'x', or write `TRY_CAST({said} AS {kind})`"
    return Unfit("sql-broken", sentence, hint)


def _casts(duck: duckdb.DuckDBPyConnection, asked: Asked) -> Iterator[tuple[str, str, list[str]]]:
    """Yield what is cast to what; texts in quotes stand as numbers of the list beside it."""
    try:
        (tree,) = duck.execute("SELECT json_serialize_sql(?)", [asked.query]).fetchall()
        softened = json.dumps(_softened(json.loads(tree[0])))
        (query,) = duck.execute("SELECT json_deserialize_sql(?::JSON)", [softened]).fetchall()
        plans = dict(duck.execute(f"EXPLAIN (FORMAT JSON) {query[0]}").fetchall())
        plan = json.loads(plans["logical_plan"])
    except (duckdb.Error, RecursionError):
        return  # it runs, and that it is deep or odd is for others to say
    for text in _texts(plan):
        literals: list[str] = []

        def kept(found: re.Match[str], literals: list[str] = literals) -> str:
            literals.append(found[0])
            return f"'{len(literals) - 1}'"

        plain = _LITERAL.sub(kept, text)
        for cast in _CAST.finditer(plain):
            end = _closed(plain, cast.end())
            kind = _KIND.search(plain[cast.end() : end], plain[cast.end() : end].rfind(" AS "))
            if kind is not None and kind[1] != "VARCHAR":
                yield plain[cast.end() : end][: kind.start()], kind[1], literals


def _closed(text: str, start: int) -> int:
    """Return where the bracket that is open before a place is closed, and one further."""
    depth = 1
    for at in range(start, len(text)):
        depth += (text[at] == "(") - (text[at] == ")")
        if depth == 0:
            return at + 1
    return len(text)


def _softened(node: Any) -> Any:
    """Return a query's tree in which every cast of its own words may fail."""
    if isinstance(node, list):
        return [_softened(each) for each in node]
    if isinstance(node, dict):
        own = {"try_cast": True} if node.get("class") == "CAST" else {}
        return {name: _softened(each) for name, each in node.items()} | own
    return node


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, list | dict):
        for each in node if isinstance(node, list) else node.values():
            yield from _texts(each)


def _is_text(duck: duckdb.DuckDBPyConnection, said: str, table: str, columns: Mapping[str, str]) -> bool:
    """Tell whether what is cast is a text; of what stands in a query of its own, only a column is known."""
    if _BARE.fullmatch(said):
        return columns.get(said) == "VARCHAR"
    try:
        ((_, kind, *_),) = duck.execute(f"DESCRIBE SELECT ({said}) FROM {table}").fetchall()  # noqa: S608 - of a plan
    except duckdb.Error:
        return False
    return str(kind) == "VARCHAR"
