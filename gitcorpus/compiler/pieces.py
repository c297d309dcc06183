"""Pieces of a file as traced text: a fragment, what is said about it, what stands around it, code without comments."""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from gitcorpus.compiler.filters import Later
from gitcorpus.errors import UnjudgedError
from gitcorpus.model.steps import Fragment
from gitcorpus.model.traced import Piece, Source, TracedText, pieces_of, text_of
from gitcorpus.syntax import Apart, languages
from gitcorpus.syntax.fragments import comments_in, without_comments

_SECONDS: Final = 60.0
_QUOTES: Final = ('"""', "'''", '"', "'")


def fragment_fields(fragment: Fragment, file: TracedText) -> dict[str, Any]:
    """Return the texts of a fragment: `text`, `doc`, `code` without it, and `prefix` and `suffix` around it."""
    doc = (fragment.doc_first, fragment.doc_last)
    return {
        "text": Later(partial(_cut, file, fragment.first, fragment.last)),
        "doc": Later(partial(_said, file, *doc)),
        "code": Later(partial(_without, file, fragment)),
        "prefix": Later(partial(_cut, file, 1, fragment.first - 1)),
        "suffix": Later(partial(_cut, file, fragment.last + 1, None)),
    }


def uncommented(file: TracedText, language: str | None) -> TracedText:
    """Return a file's text without its comments.

    Raises:
        UnjudgedError: parse-too-hard.
    """
    if language is None or language not in languages():
        raise UnjudgedError(
            "parse-too-hard", f"nothing is known of comments in {language or 'this language'}"
        )
    data = text_of(file).encode()
    with Apart(comments_in, seconds=_SECONDS) as apart:
        found = [(int(first), int(last)) for first, last in apart.ask(data, language)]
    source = _source(file)
    kept = list(without_comments(data, found))
    if not kept or source is None:
        return TracedText(())
    last = kept[-1][0]
    return TracedText(
        Piece(line.decode() + ("" if number == last and not line else "\n"), source, number)
        for number, line in kept
    )


def _source(file: TracedText) -> Source | None:
    return next((piece.source for piece in pieces_of(file)), None)


def _cut(file: TracedText, first: int, last: int | None) -> TracedText:
    """Return whole lines of a file, with their LF."""
    lines = text_of(file).split("\n")
    wanted = lines[first - 1 : last]
    source = _source(file)
    if source is None or not wanted or (last is not None and last < first):
        return TracedText(())
    ended = "\n" if last is not None and last < len(lines) else ""
    return TracedText((Piece("\n".join(wanted) + ended, source, first),))


def _without(file: TracedText, fragment: Fragment) -> TracedText:
    if not fragment.doc_first:
        return _cut(file, fragment.first, fragment.last)
    parts = (
        _cut(file, fragment.first, fragment.doc_first - 1),
        _cut(file, max(fragment.doc_last + 1, fragment.first), fragment.last),
    )
    return TracedText(piece for part in parts for piece in pieces_of(part))


def _said(file: TracedText, first: int, last: int) -> TracedText:
    """Return what documentation says, without the marks of its language."""
    return TracedText(_bare(file, first, last) if first else ())


def _bare(file: TracedText, first: int, last: int) -> Iterator[Piece]:
    source = _source(file)
    lines = text_of(file).split("\n")[first - 1 : last]
    if source is None:
        return
    opening = lines[0].strip().lstrip("rRuUbB") if lines else ""
    quote = next((each for each in _QUOTES if opening.startswith(each)), "")
    for number, line in enumerate(lines, start=first):
        text = line.strip()
        if quote:
            text = text.lstrip("rRuUbB").removeprefix(quote) if number == first else text
            text = text.removesuffix(quote) if number == last else text
        else:
            text = text.removesuffix("*/").lstrip("/*#!")
        if text.strip() or first < number < last:
            yield Piece(text.strip() + "\n", source, number)
