"""Text that knows, character by character, which line of which file it came from.

A traced text is not a string: whatever would turn it into one without its origins raises `IllegalTouchError`,
so that provenance is exact by construction. Joining keeps the origins; `lines_of` settles which one origin
each line of the whole has.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, Never

from gitcorpus.model.place import Oid

MESSAGE: Final = "commit:message"
"""What stands for a path where a text is a commit's message."""
PATCH: Final = "gitcorpus:patch"
"""What stands for a path where a tool wrote what a patch has besides the lines of files."""


class Source(NamedTuple):
    """A file that text came from.

    `path` is its path in the tree, or a name such as `gitcorpus:specs/views/x.yaml` for one that does
    not stand there. `template` tells the view's own file from content. `revision` is the commit whose tree it
    stands in, or whose message it is; none is the tagged one.
    """

    path: str
    blob: Oid
    in_tree: bool
    template: bool = False
    revision: Oid | None = None


class Piece(NamedTuple):
    """A stretch of text whose first line stands, in part or in whole, at `line` of its source.

    Each LF within it goes on to the source's next line.
    """

    text: str
    source: Source
    line: int


class LineOrigin(NamedTuple):
    """One line of a traced text, without its LF, and the one source line that it is ascribed to."""

    text: str
    source: Source
    line: int
    whole: bool
    """Whether all of the line's characters came from that source line."""


class Stretch(NamedTuple):
    """Lines of a traced text that come one after the other in one source too; `text` is without their last LF."""

    text: str
    source: Source
    line: int
    n_lines: int
    whole: bool
    """Whether each line's characters all came from its source line."""


class IllegalTouchError(Exception):
    """A template did something to a traced text that would lose its origins."""

    def __init__(self, touch: str) -> None:
        super().__init__(touch)
        self.touch = touch


class TracedText:
    """Pieces of text with their origins, joined."""

    __slots__ = ("__pieces",)

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self.__pieces = tuple(piece for piece in pieces if piece.text)

    def __add__(self, other: object) -> "TracedText":
        if not isinstance(other, TracedText):
            raise IllegalTouchError("`+` with plain text")
        return TracedText((*self.__pieces, *pieces_of(other)))

    def __radd__(self, other: object) -> Never:
        raise IllegalTouchError("`+` with plain text")

    def __len__(self) -> int:
        return sum(len(piece.text) for piece in self.__pieces)

    def __bool__(self) -> bool:
        return bool(self.__pieces)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, TracedText):
            return self.__pieces == pieces_of(other)
        return text_of(self) == other

    def __hash__(self) -> int:
        return hash(self.__pieces)

    def __contains__(self, part: str) -> bool:
        return part in text_of(self)

    def __repr__(self) -> str:
        return f"<traced text of {len(self)} characters>"

    def __str__(self) -> str:
        raise IllegalTouchError("turning it into plain text")

    def __format__(self, spec: str) -> str:
        raise IllegalTouchError("formatting it")

    def __iter__(self) -> Iterator[Never]:
        raise IllegalTouchError("going through its characters")

    def __getitem__(self, key: object) -> Never:
        raise IllegalTouchError("cutting it")

    def __mul__(self, times: object) -> Never:
        raise IllegalTouchError("repeating it")

    def __mod__(self, values: object) -> Never:
        raise IllegalTouchError("`%`")


def pieces_of(text: TracedText) -> tuple[Piece, ...]:
    """Return the pieces; for the compiler only, templates cannot reach it."""
    pieces: tuple[Piece, ...] = text._TracedText__pieces  # type: ignore[attr-defined]  # noqa: SLF001 - the mangled name keeps templates out
    return pieces


def text_of(text: TracedText) -> str:
    """Return the characters alone; for the compiler only."""
    pieces = pieces_of(text)
    return pieces[0].text if len(pieces) == 1 else "".join([piece.text for piece in pieces])


def join(texts: Iterable[TracedText]) -> TracedText:
    """Return texts one after the other."""
    all_ = list(texts)
    return all_[0] if len(all_) == 1 else TracedText(piece for text in all_ for piece in pieces_of(text))


def lines_of(text: TracedText) -> tuple[LineOrigin, ...]:
    """Return the lines with one origin each.

    Lines end at LF; a last LF begins no further line. A line made of several source lines is ascribed to the
    content line that gives it most characters, the first of equals; only a line with no character from
    content is ascribed to the template.
    """
    return tuple(
        LineOrigin(line, stretch.source, stretch.line + index, stretch.whole)
        for stretch in stretches_of(text)
        for index, line in enumerate(stretch.text.split("\n"))
    )


def stretches_of(text: TracedText) -> Iterator[Stretch]:
    """Yield the lines as `lines_of` gives them, those that a piece holds whole in one stretch."""
    parts: list[Piece] = []
    for piece in pieces_of(text):
        rest, line = piece.text, piece.line
        if parts and "\n" in rest:
            head, _, rest = rest.partition("\n")
            yield _settled([*parts, Piece(head, piece.source, line)])
            parts, line = [], line + 1
        if "\n" in rest:
            whole, _, rest = rest.rpartition("\n")
            n_lines = whole.count("\n") + 1
            yield Stretch(whole, piece.source, line, n_lines, whole=True)
            line += n_lines
        if rest:
            parts.append(Piece(rest, piece.source, line))
    if parts:
        yield _settled(parts)


def _settled(parts: list[Piece]) -> Stretch:
    found = _settle(parts)
    return Stretch(found.text, found.source, found.line, 1, found.whole)


def _settle(parts: list[Piece]) -> LineOrigin:
    """Choose the origin of one line; its LF counts as an empty part of the piece that holds it."""
    weights: dict[tuple[Source, int], int] = {}
    for part in parts:
        weights[part.source, part.line] = weights.get((part.source, part.line), 0) + len(part.text)
    content = {key: weight for key, weight in weights.items() if not key[0].template and weight}
    pool = content or {key: weight for key, weight in weights.items() if weight} or weights
    source, line = max(pool, key=lambda key: pool[key])
    whole = all((part.source, part.line) == (source, line) for part in parts if part.text)
    return LineOrigin("".join(part.text for part in parts), source, line, whole)
