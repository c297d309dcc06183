"""YAML bytes to a tree of nodes with a place on every key and value, in bounded time and memory.

The parser's events are read one by one, so that a hostile file ends the reading, not the process: size, depth
and node counts are capped, aliases and tags are findings, and no value is ever built by a constructor.
Only YAML 1.2's core schema is known: `no` is a string, and so is a date.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Place, Route

MAX_BYTES: Final = 1 << 20
MAX_DEPTH: Final = 32
MAX_NODES: Final = 50_000

_TAGS: Final = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("map", "seq", "str"))
_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE: Final = frozenset({"true", "True", "TRUE"})
_FALSE: Final = frozenset({"false", "False", "FALSE"})
_INT: Final = re.compile(r"[-+]?[0-9]{1,18}\Z")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A leaf. `literal` tells a `|` block, whose lines stand one below the other in the file."""

    value: str | int | float | bool | None
    text: str
    place: Place
    literal: bool = False
    one_line: bool = True


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of nodes."""

    items: tuple["Node", ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Pair:
    """One key with its own place, and its value."""

    key: str
    place: Place
    value: "Node"


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping in the order of the file; keys are strings and unique."""

    pairs: tuple[Pair, ...]
    place: Place

    def pair(self, key: str) -> Pair | None:
        """Find a pair by key."""
        return next((pair for pair in self.pairs if pair.key == key), None)


Node = Scalar | Sequence | Mapping


class HostileYamlError(Exception):
    """The file cannot be read on; carries the one finding that says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.sentence)
        self.finding = finding


def parse_yaml(data: bytes, path: str) -> tuple[Node | None, tuple[Finding, ...]]:
    """Return the document's root and every fault; no root if the file could not be read to its end."""
    start = Place(path=path, line=1, column=1)
    if len(data) > MAX_BYTES:
        size = f"the file has {len(data)} bytes, more than the {MAX_BYTES} that a spec may have"
        return None, (
            Finding(code="spec-too-large", place=start, sentence=size, hint="split it into several files"),
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        sentence = f"byte 0x{data[error.start]:02x} is not UTF-8"
        hint = "save the file as UTF-8"
        return None, (Finding(code="not-utf8", place=start.at(line, column), sentence=sentence, hint=hint),)
    reader = _Reader(path)
    try:
        return reader.document(text), tuple(reader.findings)
    except HostileYamlError as error:
        return None, (*reader.findings, error.finding)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = start if mark is None else start.at(mark.line + 1, mark.column + 1)
        problem = " ".join(part for part in (error.context, error.problem) if part) or "it does not parse"
        return None, (*reader.findings, Finding(code="not-yaml", place=place, sentence=problem))
    except YAMLError as error:
        sentence = str(error).split("\n", 1)[0]
        return None, (*reader.findings, Finding(code="not-yaml", place=start, sentence=sentence))


class _Reader:
    """Turns the events of one file into nodes."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.findings: list[Finding] = []
        self.nodes = 0

    def document(self, text: str) -> Node | None:
        events = YAML(typ="safe", pure=True).parse(text)
        root: Node | None = None
        seen = False
        for event in events:
            if isinstance(event, DocumentStartEvent) and seen:
                self._stop(event, "several-documents", "a second document starts here", "one document a file")
            seen = seen or isinstance(event, DocumentStartEvent)
            if isinstance(event, ScalarEvent | MappingStartEvent | SequenceStartEvent | AliasEvent):
                root = self._node(event, events, 1)
        return root

    def _node(self, event: Event, events: Iterator[Event], depth: int) -> Node:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self._stop(event, "spec-too-large", f"more than {MAX_NODES} values", "split the file")
        if depth > MAX_DEPTH:
            self._stop(event, "spec-too-deep", f"values nest deeper than {MAX_DEPTH} levels")
        if isinstance(event, AliasEvent):
            self._stop(event, "alias-not-allowed", f"`*{event.anchor}` repeats another value", "write it out")
        if event.tag and str(event.tag) not in _TAGS:
            self._find(event, "tag-not-allowed", f"the tag `{event.tag}` is not allowed", "leave the tag out")
        if isinstance(event, MappingStartEvent):
            return self._mapping(event, events, depth)
        if isinstance(event, SequenceStartEvent):
            items = []
            while not isinstance(inner := next(events), SequenceEndEvent):
                items.append(self._node(inner, events, depth + 1))
            return Sequence(tuple(items), self._place(event))
        return self._scalar(event)

    def _mapping(self, start: Event, events: Iterator[Event], depth: int) -> Mapping:
        pairs: dict[str, Pair] = {}
        while not isinstance(event := next(events), MappingEndEvent):
            key = self._node(event, events, depth + 1)
            value = self._node(next(events), events, depth + 1)
            if not isinstance(key, Scalar):
                self._find(event, "key-not-text", "a key must be text")
            elif key.text in pairs:
                first = pairs[key.text].place.line
                hint = f"remove one of the two; the first is on line {first}"
                self._find(event, "duplicate-key", f"the key `{key.text}` stands here a second time", hint)
            else:
                pairs[key.text] = Pair(key.text, key.place, value)
        return Mapping(tuple(pairs.values()), self._place(start))

    def _scalar(self, event: ScalarEvent) -> Scalar:
        text = str(event.value)
        plain = event.style is None or event.style == ""
        last = event.end_mark.line - (1 if event.end_mark.column == 0 else 0)
        return Scalar(
            value=_core(text) if plain and not event.tag else text,
            text=text,
            place=self._place(event),
            literal=event.style == "|",
            one_line=last <= event.start_mark.line,
        )

    def _place(self, event: Event) -> Place:
        return Place(path=self.path, line=event.start_mark.line + 1, column=event.start_mark.column + 1)

    def _find(self, event: Event, code: str, sentence: str, hint: str = "") -> None:
        self.findings.append(Finding(code=code, place=self._place(event), sentence=sentence, hint=hint))

    def _stop(self, event: Event, code: str, sentence: str, hint: str = "") -> NoReturn:
        raise HostileYamlError(Finding(code=code, place=self._place(event), sentence=sentence, hint=hint))


def _core(text: str) -> str | int | float | bool | None:
    """Give a plain scalar its type in YAML 1.2's core schema, without octal, hexadecimal or infinities."""
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INT.match(text):
        return int(text)
    return float(text) if _FLOAT.match(text) else text


def node_of(value: object, place: Place) -> Node:
    """Make a node of a plain value, all of it at one place: for values that were read before."""
    match value:
        case dict():
            return Mapping(
                tuple(Pair(str(key), place, node_of(inner, place)) for key, inner in value.items()), place
            )
        case list() | tuple():
            return Sequence(tuple(node_of(inner, place) for inner in value), place)
        case None | str() | int() | float():
            return Scalar(value=value, text=str(value), place=place)
        case _:
            raise TypeError(f"{type(value).__name__} is no value of YAML")
