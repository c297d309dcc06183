"""On which line each value of a JSON or TOML text stands, by its route: keys and indices from the outside in.

The value itself is read by a parser of the standard library, which gives no lines. Nothing is judged here: a text that
is not sound has fewer lines than values.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from tree_sitter import Node

from gitcorpus.model.place import Route
from gitcorpus.syntax.grammars import parse

DEEPEST: Final = 8
"""Longest route that gets a line; what is deeper stands where the value around it stands."""
_KEYS: Final = ("bare_key", "quoted_key", "dotted_key")


def lines_of(data: bytes, language: str, *, seconds: float | None = None) -> Mapping[Route, int]:
    """Return the line, from 1, of every value in a text that has no NUL; a value that has a key stands at the key."""
    if b"\0" in data:
        return {}
    root = parse(data, language, seconds=seconds).root_node
    lines: dict[Route, int] = {}
    for route, line in _of_document(root) if language == "toml" else _of_json(root):
        lines.setdefault(route, line)
    return lines


def _of_json(root: Node) -> Iterator[tuple[Route, int]]:
    for node in root.named_children:
        yield from _json_value(node, ())


def _json_value(node: Node, route: Route) -> Iterator[tuple[Route, int]]:
    if len(route) >= DEEPEST:
        return
    if node.type == "object":
        for pair in node.named_children:
            key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
            if key is not None and value is not None:
                inner = (*route, _json_text(key))
                yield inner, _line(key)
                yield from _json_value(value, inner)
    elif node.type == "array":
        values = [each for each in node.named_children if each.type != "comment"]
        for number, value in enumerate(values):
            yield (*route, number), _line(value)
            yield from _json_value(value, (*route, number))


def _json_text(node: Node) -> str:
    text = node.text or b""
    try:
        return str(json.loads(text))
    except (ValueError, RecursionError):
        return text.decode("utf-8", "replace")


def _of_document(root: Node) -> Iterator[tuple[Route, int]]:
    """Yield what is in a TOML document; each header of a table in a list opens that list's next table."""
    counted: dict[Route, int] = {}
    for node in root.named_children:
        route: Route = ()
        if node.type in ("table", "table_array_element"):
            route = _opened(_key_of(node), counted, again=node.type == "table_array_element")
            yield route, _line(node)
            yield from ((route[:length], _line(node)) for length in range(len(route) - 1, 0, -1))
        pairs = node.named_children if route else [node]
        for pair in pairs:
            if pair.type == "pair":
                yield from _pair(pair, route)


def _opened(key: tuple[str, ...], counted: dict[Route, int], *, again: bool) -> Route:
    """Return the route of a table, with the index of the newest table of each list that it goes through."""
    route: Route = ()
    for number, step in enumerate(key):
        route = (*route, step)
        if again and number == len(key) - 1:
            counted[route] = counted.get(route, -1) + 1
        if route in counted:
            route = (*route, counted[route])
    return route


def _pair(pair: Node, route: Route) -> Iterator[tuple[Route, int]]:
    key = _key_of(pair)
    for length in range(1, len(key) + 1):
        yield (*route, *key[:length]), _line(pair)
    if pair.named_children:
        yield from _toml_value(pair.named_children[-1], (*route, *key))


def _toml_value(node: Node, route: Route) -> Iterator[tuple[Route, int]]:
    if len(route) >= DEEPEST:
        return
    if node.type == "inline_table":
        for pair in node.named_children:
            if pair.type == "pair":
                yield from _pair(pair, route)
    elif node.type == "array":
        values = [each for each in node.named_children if each.type != "comment"]
        for number, value in enumerate(values):
            yield (*route, number), _line(value)
            yield from _toml_value(value, (*route, number))


def _key_of(node: Node) -> tuple[str, ...]:
    """Return the steps of a table's or a pair's key; what no parser takes for a key is no step."""
    key = next((each for each in node.named_children if each.type in _KEYS), None)
    return tuple(islice(_steps(key), DEEPEST)) if key is not None else ()


def _steps(key: Node) -> Iterator[str]:
    waiting = [key]
    while waiting:
        node = waiting.pop()
        if node.type == "dotted_key":
            waiting += reversed(node.named_children)
        elif node.type == "quoted_key":
            yield from _quoted(node.text or b"")
        else:
            yield (node.text or b"").decode("utf-8", "replace")


def _quoted(text: bytes) -> Iterator[str]:
    try:
        yield from tomllib.loads(f"{text.decode('utf-8')} = 0")
    except (ValueError, RecursionError):
        yield text.decode("utf-8", "replace")


def _line(node: Node) -> int:
    return node.start_point[0] + 1
