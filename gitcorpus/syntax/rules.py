"""Texts to matches of style rules: all rules of a language are one query, and one pass over the tree answers it.

A rule's further conditions are looked at for its matches only. What a match says of a text is small: where it is, and
the captured names that a sentence may show.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

from tree_sitter import Node, Query, QueryCursor, QueryError

from gitcorpus.model.rules import Rule
from gitcorpus.syntax.grammars import grammar, parse

MOST: Final = 1000
"""Most matches of one text."""
_MATCHES: Final = 1 << 16
_DEEPEST: Final = 2000
_SHOWN: Final = re.compile(r"[\w$.:@/-]{1,60}")
"""What may be shown of a captured text: a name, and nothing that could be longer or hold more."""
_PLACE: Final = re.compile(r"\{([a-z_]+)\}")

Captures = dict[str, list[Node]]


class Match(NamedTuple):
    """A rule, by its number, and where it matched: line and columns from 1, in characters, inclusive."""

    rule: int
    line: int
    first_column: int
    last_column: int
    names: dict[str, str]


class Faulty(NamedTuple):
    """A rule that cannot be used, by its number, and why."""

    rule: int
    sentence: str


class RuleSet:
    """The rules of one language, compiled."""

    def __init__(self, rules: Sequence[Rule], language: str) -> None:
        """Compile rules that `faults_of` found nothing wrong with."""
        self._rules = tuple(rules)
        self._language = grammar(language)
        ends, text = [], b""
        for rule in rules:
            text += rule.query.encode() + b"\n"
            ends.append(len(text))
        self._query = Query(self._language, text.decode())
        starts = [self._query.start_byte_for_pattern(number) for number in range(self._query.pattern_count)]
        self._owners = [next(rule for rule, end in enumerate(ends) if start < end) for start in starts]
        self._without = {
            number: Query(self._language, rule.without) for number, rule in enumerate(rules) if rule.without
        }

    def work(self, data: bytes, language: str, _wanted: Any, _seconds: float | None) -> list[Match]:
        """Return the matches in a text, as the work of a process apart, and only there: a query has no clock.

        The library can call back while a query runs, and crashes if it does (tree-sitter 0.26.1).
        """
        return list(islice(self._matches(data, language), MOST))

    def _matches(self, data: bytes, language: str) -> Iterator[Match]:
        if b"\0" in data:  # some grammars never come back from one
            return
        tree = parse(data, language)
        lines = data.split(b"\n")
        seen = set()
        for number, captures in _found(self._query, tree.root_node):
            at, rule = captures["at"][0], self._owners[number]
            key = rule, at.start_byte, at.end_byte
            if key not in seen and self._holds(rule, captures):
                seen.add(key)
                yield _match(rule, at, captures, lines)

    def _holds(self, number: int, captures: Captures) -> bool:
        """Tell whether the further conditions of a rule hold for a match."""
        rule, at = self._rules[number], captures["at"][0]
        span = captures.get("span", [at])[0]
        if rule.lines_at_most is not None and _lines(span) <= rule.lines_at_most:
            return False
        if rule.counted and captures[rule.counted][0].named_child_count <= rule.count_at_most:
            return False
        if rule.nesting and _depth(at, rule.nesting.kinds, rule.nesting.until) != rule.nesting.at_most + 1:
            return False
        if rule.inside and not any(node.type in rule.inside for node in _above(at)):
            return False
        if rule.not_inside and any(node.type in rule.not_inside for node in _above(at)):
            return False
        return not (number in self._without and _found(self._without[number], span))


def faults_of(rules: Iterable[Rule], language: str) -> Iterator[Faulty]:
    """Yield the rules that cannot be used with a language, each once."""
    for number, rule in enumerate(rules):
        sentence = _fault(rule, language)
        if sentence:
            yield Faulty(number, sentence)


def _fault(rule: Rule, language: str) -> str:
    try:
        query = Query(grammar(language), rule.query)
        if rule.without:
            Query(grammar(language), rule.without)
    except QueryError as error:
        return f"its query does not fit the grammar of {language}: {str(error).splitlines()[0]}"
    names = {query.capture_name(number) for number in range(query.capture_count)}
    missing = sorted(
        {"at", *_PLACE.findall(rule.sentence), *([rule.counted] if rule.counted else [])} - names
    )
    return f"its query captures no `@{missing[0]}`" if missing else ""


def worded(rule: Rule, names: Mapping[str, str]) -> str:
    """Return a rule's sentence with the captured names in their places."""
    return _PLACE.sub(lambda found: names.get(found[1], "…"), rule.sentence)


def _found(query: Query, node: Node) -> list[tuple[int, Captures]]:
    return QueryCursor(query, match_limit=_MATCHES).matches(node)


def _match(rule: int, at: Node, captures: Captures, lines: list[bytes]) -> Match:
    row, first = at.start_point
    end_row, last = at.end_point
    line = lines[row] if row < len(lines) else b""
    start = len(line[:first].decode("utf-8", "replace")) + 1
    end = len(line[: last if end_row == row else len(line)].decode("utf-8", "replace").rstrip())
    names = {name: _shown(nodes[0]) for name, nodes in captures.items()}
    return Match(rule, row + 1, start, max(start, end), names)


def _shown(node: Node) -> str:
    text = (
        (node.text or b"")[:61].decode("utf-8", "replace")
        if node.end_byte - node.start_byte <= _DEEPEST
        else ""
    )
    return text if _SHOWN.fullmatch(text) else "…"


def _lines(node: Node) -> int:
    end_row, column = node.end_point
    return end_row - node.start_point[0] + (column > 0)


def _above(node: Node) -> Iterator[Node]:
    """Yield the nodes around a node, the nearest first."""
    for _ in range(_DEEPEST):
        parent = node.parent
        if parent is None:
            return
        yield parent
        node = parent


def _depth(node: Node, kinds: Sequence[str], until: Sequence[str]) -> int:
    depth = int(node.type in kinds)
    for above in _above(node):
        if above.type in until:
            break
        depth += above.type in kinds
    return depth
