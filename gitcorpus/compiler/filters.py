"""What templates may do to traced texts: each filter returns traced text with its origins kept."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from jinja2 import pass_environment
from jinja2.exceptions import FilterArgumentError

from gitcorpus.compiler.budget import bounded_size
from gitcorpus.model.traced import IllegalTouchError, Piece, TracedText, join, lines_of, pieces_of, text_of


class Later:
    """A field that is worked out when a template asks for it."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


class Names:
    """The fields of one row, as templates see them: `file.path`, `file.text`. Printing one is an error."""

    __slots__ = ("_fields",)
    __iter__ = None
    """Having `__getitem__` alone would make it a sequence to Python."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = dict(fields)

    def __getitem__(self, name: str) -> Any:
        found = self._fields[name]
        if isinstance(found, Later):
            found = self._fields[name] = found.make()
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._fields


_PLACEHOLDER: Final = re.compile(r"\{[^{}\n]*\}")


@pass_environment
def join_files(environment: Any, files: object, header: object = "") -> TracedText:
    """Join the texts of files. A header, in which `{path}` names the file, goes before each of several.

    A file that does not end its last line gets an LF when another follows it.
    """
    if not isinstance(files, list | tuple) or not all(_is_file(file) for file in files):
        raise FilterArgumentError("`join_files` takes a list of files, such as `sources`")
    if not isinstance(header, str):
        raise FilterArgumentError("the header of `join_files` is plain text, such as '# {path}'")
    unknown = next((name for name in _PLACEHOLDER.findall(header) if name != "{path}"), "")
    if unknown:
        raise FilterArgumentError(f"the header of `join_files` knows `{{path}}` alone, and no `{unknown}`")
    texts: list[TracedText] = []
    for index, file in enumerate(files):
        text = file["text"]
        if header and len(files) > 1:
            texts.append(environment.literal(header.replace("{path}", file["inner"]) + "\n", 1))
        texts.append(text)
        if index < len(files) - 1:
            texts.append(_ended(environment, text))
    return join(texts)


@pass_environment
def fence(environment: Any, text: TracedText, language: object = "") -> TracedText:
    """Put a text between the fences of a Markdown code block, longer than any run of backticks in it."""
    _require(text, "fence")
    if not isinstance(language, str | None):
        raise FilterArgumentError("the language of `fence` is a plain word")
    longest = max((len(run) for run in re.findall("`+", text_of(text))), default=0)
    ticks = "`" * max(3, longest + 1)
    opening = environment.literal(f"{ticks}{language or ''}\n", 1)
    return join((opening, text, _ended(environment, text), environment.literal(ticks, 1)))


def lines(text: TracedText, first: object, last: object) -> TracedText:
    """Take the lines from first to last, 1-based and inclusive, as far as there are."""
    _require(text, "lines")
    if not isinstance(first, int) or not isinstance(last, int):
        raise FilterArgumentError("`lines` takes the numbers of the first and the last line")
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


def _is_file(value: object) -> bool:
    return isinstance(value, Names) and "text" in value and "inner" in value


def replace(text: object, old: object, new: object) -> str:
    """Replace a part of a plain text, as long as the result stays small."""
    if not (isinstance(text, str) and isinstance(old, str) and isinstance(new, str) and old):
        raise FilterArgumentError("`replace` takes a plain text, and what to put in the place of what")
    bounded_size(len(text) + text.count(old) * (len(new) - len(old)))
    return text.replace(old, new)


@pass_environment
def join_plain(environment: Any, values: object, separator: object = "", attribute: str | None = None) -> str:
    """Join plain values, or one field of each, with a separator."""
    if not isinstance(values, list | tuple) or not isinstance(separator, str):
        raise FilterArgumentError("`join` takes a list of plain values, and a separator")
    found = [environment.getitem(value, attribute) if attribute else value for value in values]
    if not all(isinstance(value, str | int) for value in found):
        touch = any(isinstance(value, TracedText) for value in found)
        raise IllegalTouchError("`join`") if touch else FilterArgumentError("`join` takes plain values")
    texts = [str(value) for value in found]
    bounded_size(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


BOUNDED: Final[Mapping[str, Callable[..., str]]] = {"join": join_plain, "replace": replace}
"""Filters of plain texts that could make a long one of a short one."""

FILTERS: Final[Mapping[str, Callable[..., TracedText]]] = {
    "fence": fence,
    "join_files": join_files,
    "lines": lines,
    "without_final_newline": without_final_newline,
}
