"""What templates may do to traced texts: each filter returns traced text with its origins kept."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from jinja2 import pass_environment
from jinja2.exceptions import FilterArgumentError

from gitcorpus.model.traced import Piece, TracedText, join, lines_of, pieces_of, text_of


class Names:
    """The fields of one row, as templates see them: `file.path`, `file.text`. Printing one is an error."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]


@pass_environment
def join_files(environment: Any, files: Iterable[Names], header: str = "") -> TracedText:
    """Join the texts of files. A header, in which `{path}` names the file, goes before each of several.

    A file that does not end its last line gets an LF when another follows it.
    """
    texts: list[TracedText] = []
    listed = list(files)
    for index, file in enumerate(listed):
        text = file["text"]
        if header and len(listed) > 1:
            texts.append(environment.literal(header.replace("{path}", file["inner"]) + "\n", 1))
        texts.append(text)
        if index < len(listed) - 1:
            texts.append(_ended(environment, text))
    return join(texts)


@pass_environment
def fence(environment: Any, text: TracedText, language: str = "") -> TracedText:
    """Put a text between the fences of a Markdown code block, longer than any run of backticks in it."""
    _require(text, "fence")
    longest = _longest_run(text_of(text), "`")
    ticks = "`" * max(3, longest + 1)
    opening = environment.literal(f"{ticks}{language}\n", 1)
    return join((opening, text, _ended(environment, text), environment.literal(ticks, 1)))


def lines(text: TracedText, first: int, last: int) -> TracedText:
    """Take the lines from first to last, 1-based and inclusive, as far as there are."""
    _require(text, "lines")
    taken = lines_of(text)[max(first, 1) - 1 : max(last, 0)]
    return TracedText(Piece(line.text + "\n", line.source, line.line) for line in taken)


def without_final_newline(text: TracedText) -> TracedText:
    """Drop the LFs at the end of a text, to go on in its last line."""
    _require(text, "without_final_newline")
    pieces = list(pieces_of(text))
    while pieces and not (kept := pieces[-1].text.rstrip("\n")):
        pieces.pop()
    if pieces:
        pieces[-1] = pieces[-1]._replace(text=kept)
    return TracedText(pieces)


def _ended(environment: Any, text: TracedText) -> TracedText:
    return TracedText(()) if not text or text_of(text).endswith("\n") else environment.literal("\n", 1)


def _require(text: object, name: str) -> None:
    if not isinstance(text, TracedText):
        raise FilterArgumentError(f"`{name}` takes the text of a file or a prompt")


def _longest_run(text: str, character: str) -> int:
    return max(_runs(text, character), default=0)


def _runs(text: str, character: str) -> Iterator[int]:
    length = 0
    for each in text:
        length = length + 1 if each == character else 0
        yield length


FILTERS: Final[Mapping[str, Callable[..., TracedText]]] = {
    "fence": fence,
    "join_files": join_files,
    "lines": lines,
    "without_final_newline": without_final_newline,
}
