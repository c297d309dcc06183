"""Reads a view's SQL before it runs: one expression over the catalog's tables that says the same at every build.

DuckDB parses it and hands out its syntax tree, and this module goes through the tree. So no quoting, comment or
bracket can hide something from it. What may stand there is a closed list: tables of the catalog, and functions
that depend on their arguments alone and make no text much longer than theirs.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any, Final, NamedTuple

import duckdb

MAX_CHARACTERS: Final = 64 << 10
FUNCTIONS: Final = frozenset({
    # operators, as DuckDB names them
    "+", "-", "*", "/", "//", "%", "~~", "!~~", "~~*", "!~~*", "~~~", "^@", "&&", "@>", "<@",
    # numbers
    "abs", "ceil", "floor", "greatest", "least", "mod", "round", "sign",
    # texts
    "contains", "ends_with", "ilike_escape", "instr", "left", "len", "length", "like_escape", "lower", "ltrim", "md5",
    "not_ilike_escape", "not_like_escape", "position", "prefix", "regexp_extract", "regexp_full_match",
    "regexp_matches", "right", "rtrim", "sha256", "split_part", "starts_with", "strlen", "strpos", "substr",
    "substring", "suffix", "trim", "upper",
    # lists
    "array_contains", "array_extract", "array_has_all", "array_has_any", "array_length", "list_apply", "list_contains",
    "list_distinct", "list_extract", "list_filter", "list_has", "list_has_all", "list_has_any", "list_position",
    "list_sort", "list_transform", "list_unique", "list_value", "row", "unnest",
    # what is missing
    "coalesce", "if", "ifnull", "nullif",
    # times, in UTC
    "date_part", "date_trunc", "day", "epoch", "month", "strftime", "to_timestamp", "year",
    # of several rows
    "avg", "bool_and", "bool_or", "count", "count_star", "dense_rank", "max", "min", "rank", "row_number", "sum",
})  # fmt: skip
"""What a view's SQL may call."""

_CHANGING: Final = frozenset({
    "current_catalog", "current_database", "current_date", "current_localtime", "current_localtimestamp",
    "current_role", "current_schema", "current_time", "current_timestamp", "current_user", "localtime",
    "localtimestamp", "session_user", "user",
})  # fmt: skip
"""Words that look like columns and mean the clock or the session."""

_QUERIES: Final = frozenset({"SELECT_NODE", "SET_OPERATION_NODE"})
_SOURCES: Final = frozenset({
    "BASE_TABLE", "COLUMN_DATA", "EMPTY", "EXPRESSION_LIST", "JOIN", "SUBQUERY", "TABLE_FUNCTION",
})  # fmt: skip
_NOWHERE: Final = 1 << 63
"""DuckDB's tree says this of what it knows no place of."""
MOST_LAMBDAS: Final = 1
MOST_QUERIES: Final = 8
_CLAUSES: Final = ("group_expressions", "having", "qualify")


class Unfit(NamedTuple):
    """Why a view's SQL is not run: code, sentence and hint of an error, and which characters it is about."""

    code: str
    sentence: str
    hint: str = ""
    start: int | None = None
    """The first of them, from 0; none for all of the SQL."""
    length: int = 1


class Asked(NamedTuple):
    """An expression within a query: what stands before it, itself, and what stands behind it."""

    before: str
    said: str
    behind: str

    @property
    def query(self) -> str:
        """The whole query."""
        return f"{self.before}\n{self.said}\n{self.behind}"

    def at(self, unfit: Unfit, byte: int | None, n_bytes: int | None = None) -> Unfit:
        """Return a fault at a byte of the query; the word that stands there is marked if nothing says how much."""
        if byte is None or unfit.start is not None:
            return unfit
        data, offset = self.query.encode(), len(self.before) + 1
        start = len(data[:byte].decode(errors="ignore")) - offset
        if not 0 <= start < len(self.said):
            return unfit._replace(start=max(len(self.said.rstrip()) - 1, 0)) if start > 0 else unfit
        word = _WORD.match(self.said, start)
        length = (
            len(data[byte : byte + n_bytes].decode(errors="ignore"))
            if n_bytes
            else len(word[0])
            if word
            else 1
        )
        return unfit._replace(start=start, length=min(length, len(self.said) - start))


_WORD: Final = re.compile(r"[\w.]+|'[^']*'|\"[^\"]*\"", re.ASCII)


def unfit_where(duck: duckdb.DuckDBPyConnection, said: str, tables: Collection[str]) -> Unfit | None:
    """Return what is wrong with a condition, or none."""
    return _unfit(duck, Asked("SELECT 1 WHERE (", said, ")"), tables, ordered=False)


def unfit_order(duck: duckdb.DuckDBPyConnection, said: str, tables: Collection[str]) -> Unfit | None:
    """Return what is wrong with the terms of an order, or none."""
    return _unfit(duck, Asked("SELECT 1 ORDER BY", said, ", 1"), tables, ordered=True)


def _unfit(
    duck: duckdb.DuckDBPyConnection, asked: Asked, tables: Collection[str], *, ordered: bool
) -> Unfit | None:
    if len(asked.query) > MAX_CHARACTERS:
        return Unfit("sql-broken", f"it has more than {MAX_CHARACTERS} characters")
    try:
        (answer,) = duck.execute("SELECT json_serialize_sql(?)", [asked.query]).fetchall()
        tree = json.loads(answer[0])
    except RecursionError:
        return Unfit("sql-broken", "it nests too deeply")
    except duckdb.Error as error:
        return Unfit("sql-broken", said_by(error).sentence)
    if tree["error"]:
        return _not_parsed(tree, asked)
    if len(tree["statements"]) != 1 or not _is_bare(tree["statements"][0]["node"], ordered=ordered):
        return Unfit("sql-broken", "it must be one expression, and it goes on behind its end")
    changing = _changing_functions()
    for node in _nodes(tree):
        fault = _fault(node, tables, changing)
        if fault is not None:
            return asked.at(fault, _byte_of(node))
    return _too_deep(tree)


def _byte_of(node: Mapping[str, Any]) -> int | None:
    found = node.get("query_location")
    return found if isinstance(found, int) and found < _NOWHERE else None


def _not_parsed(tree: Mapping[str, Any], asked: Asked) -> Unfit:
    if tree["error_type"] == "not implemented":
        return Unfit("sql-broken", "it must be one expression, and it holds further statements")
    byte = int(tree["position"]) if tree.get("position", "").isdigit() else None
    if byte is not None and byte > len(f"{asked.before}\n{asked.said}".encode()):
        sentence = "it ends where more must follow, or a bracket or a quote is not closed"
        return asked.at(Unfit("sql-broken", sentence), byte)
    if byte is not None and asked.query.encode()[byte : byte + 1] == b";":
        sentence, hint = "it must be one expression, and it holds further statements", "leave the `;` out"
        return asked.at(Unfit("sql-broken", sentence, hint), byte, 1)
    unfit = Unfit("sql-broken", f"{tree['error_type'].title()} Error: {tree['error_message']}")
    return asked.at(unfit, byte)


def _too_deep(value: Any, lambdas: int = 0, queries: int = 0) -> Unfit | None:
    """Find what no interrupt reaches while it runs, or while it is planned: loops in loops, queries in queries."""
    waiting = [(value, lambdas, queries)]
    while waiting:
        found, lambdas, queries = waiting.pop()
        if isinstance(found, dict):
            lambdas += found.get("class") == "LAMBDA"
            queries += found.get("class") == "SUBQUERY"
            if lambdas > MOST_LAMBDAS:
                return Unfit("sql-broken", "a `lambda` within a `lambda` is not available to views")
            if queries > MOST_QUERIES:
                return Unfit("sql-broken", f"queries nest deeper than {MOST_QUERIES}")
        inner = found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
        waiting.extend((each, lambdas, queries) for each in inner)
    return None


def _is_bare(node: Mapping[str, Any], *, ordered: bool) -> bool:
    """Tell whether the query is still the one that was written around the expression, with no clause besides."""
    if node["type"] != "SELECT_NODE" or node["from_table"]["type"] != "EMPTY":
        return False
    kinds = [modifier["type"] for modifier in node["modifiers"]]
    if kinds != (["ORDER_MODIFIER"] if ordered else []):
        return False
    return (node["where_clause"] is None) is ordered and not any(node[clause] for clause in _CLAUSES)


def _nodes(value: Any) -> Iterator[Mapping[str, Any]]:
    """Return every object of the tree, outer ones first."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            yield found
            waiting.extend(reversed(found.values()))
        elif isinstance(found, list):
            waiting.extend(reversed(found))


def _fault(node: Mapping[str, Any], tables: Collection[str], changing: Collection[str]) -> Unfit | None:
    """Return what one object of the tree may not be."""
    if node.get("sample") is not None:
        return _changes("a sample")
    if "cte_map" in node and (node["type"] not in _QUERIES or node["cte_map"]["map"]):
        return Unfit("sql-broken", "`WITH` is not available to views")
    if "sample" in node and "cte_map" not in node:
        return _source_fault(node, tables)
    match node.get("class"):
        case "COLUMN_REF" if len(node["column_names"]) == 1 and node["column_names"][0].lower() in _CHANGING:
            return _changes(f"`{node['column_names'][0]}`")
        case "FUNCTION" | "WINDOW":
            return _function_fault(node["function_name"].lower(), changing)
        case "PARAMETER":
            return Unfit("sql-broken", "it has a parameter, and views give none a value")
        case _:
            return None


def _source_fault(node: Mapping[str, Any], tables: Collection[str]) -> Unfit | None:
    if node["type"] not in _SOURCES:
        return Unfit("sql-broken", "it reads something other than tables of the catalog")
    if node["type"] == "TABLE_FUNCTION" and node["function"].get("function_name", "").lower() != "unnest":
        return Unfit("sql-broken", f"it reads something other than tables of the catalog: {_named(node)}")
    if node["type"] == "BASE_TABLE" and (node["schema_name"] or node["table_name"].lower() not in tables):
        hint = _nearest(node["table_name"], tables)
        return Unfit("sql-broken", f"the catalog has no table `{node['table_name']}`", hint)
    return None


def _named(node: Mapping[str, Any]) -> str:
    return f"`{node['function'].get('function_name', '')}`"


def _function_fault(name: str, changing: Collection[str]) -> Unfit | None:
    if name in FUNCTIONS:
        return None
    if name in changing:
        return _changes(f"`{name}`")
    hint = _nearest(name, FUNCTIONS) or "docs/reference/release.md lists the functions"
    return Unfit("sql-broken", f"the function `{name}` is not available to views", hint)


def _changes(what: str) -> Unfit:
    hint = "use only columns and functions of them"
    return Unfit("sql-not-repeatable", f"{what} may say something else at the next build", hint)


def _nearest(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name.lower(), sorted(known), n=1)
    return f"did you mean `{near[0]}`?" if near else ""


@cache
def _changing_functions() -> frozenset[str]:
    """Return the names of all functions that DuckDB itself says depend on more than their arguments."""
    query = "SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE stability <> 'CONSISTENT'"
    with duckdb.connect(":memory:", config={"autoinstall_known_extensions": False}) as duck:
        return frozenset(name for (name,) in duck.execute(query).fetchall())


class Said(NamedTuple):
    """What DuckDB says of an error: its first line, the name that it does not find, and which bytes it is about."""

    sentence: str
    column: str = ""
    byte: int | None = None
    n_bytes: int | None = None


def said_by(error: duckdb.Error) -> Said:
    """Return what DuckDB says, in words or, where `errors_as_json` is set, as JSON."""
    text = str(error)
    kind, _, said = text.partition(": ")
    try:
        found = json.loads(said)
        message = str(found["exception_message"]).split("\n", 1)[0]
    except (ValueError, KeyError, TypeError):
        return Said(text.split("\n", 1)[0])
    location = [
        int(each) for each in re.findall(r"\d+", str(found.get("location", found.get("position", ""))))
    ]
    unknown = _UNKNOWN.search(message)
    byte, n_bytes = (*location, None, None)[:2]
    return Said(f"{kind}: {message}", unknown[1] if unknown else "", byte, n_bytes)


_UNKNOWN: Final = re.compile(r'(?:Referenced column|column named) "([^"]+)"')
