"""Parser events to nodes, counted as they come.

Aliases repeat the node of their anchor, which keeps its own place: a prompt that is repeated has its lines
where it was written. What an alias adds is charged against the same limits as if it had been written out.
"""

from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, NoReturn

from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Route
from gitcorpus.spec.brief import brief
from gitcorpus.spec.characters import forbidden_name
from gitcorpus.spec.nodes import Entry, Fields, Items, Node, Scalar, Sheet
from gitcorpus.spec.scalars import parse_scalar
from gitcorpus.spec.text_lines import first_text_line

MAX_DEPTH: Final = 32
MAX_NODES: Final = 100_000


class StopReadingError(Exception):
    """The file must not be read on; carries the finding that says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.sentence)
        self.finding = finding


class _Kept(NamedTuple):
    """A finished node with what it weighs."""

    node: Node
    n_nodes: int
    height: int


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet."""

    event: Any
    route: Route
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    key: Node | None = None
    n_nodes: int = 1
    height: int = 1

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.event, MappingStartEvent)


class Composer:
    """Builds the tree of one file. `root` is there once the document has ended."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.root: Node | None = None
        self.findings: list[Finding] = []
        self.line = 1
        self._stack: list[_Open] = []
        self._anchors: dict[str, _Kept] = {}
        self._n_nodes = 0

    def document(self, event: Any, number: int) -> None:
        """Take note of a document's start: there is one a file, and it needs no directives."""
        if number > 1:
            self._stop(
                event, "several-documents", "a second document begins here", "write one document a file"
            )
        if event.version or event.tags:
            line = next((n for n, text in enumerate(self.sheet.lines, start=1) if text.startswith("%")), 1)
            sentence = "a directive is not needed: specs are YAML 1.2"
            self.findings.append(self._finding(line, 1, "yaml-directive", sentence, "remove this line"))

    def take(self, event: Any) -> None:
        """Add what one event says to the tree."""
        self.line = event.start_mark.line + 1
        if isinstance(event, ScalarEvent | SequenceStartEvent | MappingStartEvent | AliasEvent):
            self._count(event, 1)
        match event:
            case AliasEvent():
                self._repeat(event)
            case ScalarEvent():
                self._check_tag(event)
                self._attach(_Kept(self._scalar(event), 1, 1), event.anchor)
            case SequenceStartEvent() | MappingStartEvent():
                self._check_tag(event)
                self._stack.append(_Open(event, self._route(None)))
            case CollectionEndEvent():
                frame = self._stack.pop()
                self._attach(_Kept(self._collection(frame), frame.n_nodes, frame.height), frame.event.anchor)
            case _:
                pass

    def _repeat(self, event: Any) -> None:
        kept = self._anchors.get(event.anchor)
        if kept is None:
            name = brief(f"*{event.anchor}")
            self._stop(
                event,
                "unknown-anchor",
                f"{name} repeats nothing that stands before it",
                "write the value out",
            )
        self._count(event, kept.n_nodes - 1)
        if len(self._stack) + kept.height > MAX_DEPTH:
            self._too_deep(event)
        self._attach(kept, None)

    def _scalar(self, event: Any) -> Scalar:
        text, start, end = str(event.value), event.start_mark, event.end_mark
        line = start.line + 1
        same = end.line == start.line
        scalar = Scalar(
            sheet=self.sheet,
            line=line,
            column=start.column + 1,
            last_column=end.column if same else len(self.sheet.lines[start.line]),
            route=self._route(text),
            value=self._value(event, text),
            text=text,
            text_line=first_text_line(event, self.sheet.lines),
            literal=event.style == "|",
        )
        if name := forbidden_name(text):
            self.findings.append(
                scalar.finding("control-character", f"{name} may not stand in a spec", "remove it")
            )
        return scalar

    def _value(self, event: Any, text: str) -> Any:
        if event.style:
            return text
        try:
            return parse_scalar(text)
        except ValueError as error:
            self._note(event, "bad-number", f"{brief(text)} is out of bounds", str(error))
            return text

    def _collection(self, frame: _Open) -> Node:
        start = frame.event.start_mark
        column = start.column + 1
        where: dict[str, Any] = {
            "sheet": self.sheet,
            "line": start.line + 1,
            "column": column,
            "last_column": column,
        }
        if frame.is_mapping:
            return Fields(**where, route=frame.route, entries=frame.entries)
        return Items(**where, route=frame.route, nodes=tuple(frame.items))

    def _attach(self, kept: _Kept, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = kept
        if not self._stack:
            self.root = kept.node
            return
        frame = self._stack[-1]
        frame.n_nodes += kept.n_nodes
        frame.height = max(frame.height, kept.height + 1)
        if not frame.is_mapping:
            frame.items.append(kept.node)
        elif frame.key is None:
            frame.key = kept.node
        else:
            self._enter(frame, frame.key, kept.node)
            frame.key = None

    def _enter(self, frame: _Open, key: Node, node: Node) -> None:
        if not isinstance(key, Scalar):
            self.findings.append(
                key.finding("key-not-text", "a key is a text", "quote it, or make it a list item")
            )
        elif first := frame.entries.get(key.text):
            sentence = f"{brief(key.text)} stands twice: here and on line {first.key.line}"
            self.findings.append(key.finding("duplicate-key", sentence, "keep one of the two"))
        else:
            frame.entries[key.text] = Entry(key, node)

    def _route(self, key: str | None) -> Route:
        """Return the route of what comes next; a key stands at the route of its value."""
        if not self._stack:
            return ()
        frame = self._stack[-1]
        if not frame.is_mapping:
            return (*frame.route, len(frame.items))
        step = frame.key.text if isinstance(frame.key, Scalar) else key
        return (*frame.route, step or "")

    def _check_tag(self, event: Any) -> None:
        if event.tag:
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            sentence = f"the tag {brief(tag)} is not known here: specs have no tags"
            self._note(event, "yaml-tag", sentence, "remove the tag; quote a value that must be text")

    def _count(self, event: Any, n_nodes: int) -> None:
        self._n_nodes += n_nodes
        if self._n_nodes > MAX_NODES:
            self._stop(event, "spec-too-large", f"the file holds more than {MAX_NODES} values", "split it")
        if len(self._stack) >= MAX_DEPTH:
            self._too_deep(event)

    def _too_deep(self, event: Any) -> NoReturn:
        self._stop(event, "spec-too-deep", f"values nest deeper than {MAX_DEPTH} levels", "make it flatter")

    def _note(self, event: Any, code: str, sentence: str, hint: str) -> None:
        mark = event.start_mark
        self.findings.append(self._finding(mark.line + 1, mark.column + 1, code, sentence, hint))

    def _stop(self, event: Any, code: str, sentence: str, hint: str) -> NoReturn:
        mark = event.start_mark
        raise StopReadingError(self._finding(mark.line + 1, mark.column + 1, code, sentence, hint))

    def _finding(self, line: int, column: int, code: str, sentence: str, hint: str) -> Finding:
        return Finding(
            code=code,
            place=self.sheet.place(line, column),
            sentence=sentence,
            hint=hint,
            quote=self.sheet.quote(line, column, column),
        )
