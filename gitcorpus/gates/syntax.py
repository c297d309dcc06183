"""The gate `syntax`: every file parses in its language, and every text is UTF-8."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from gitcorpus.gates.base import Candidate, Example, Reads
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.finding import Finding, Quote, Severity
from gitcorpus.model.language import language_of
from gitcorpus.model.place import Place
from gitcorpus.model.tree import TreeEntry
from gitcorpus.syntax import SyntaxFault, faults, languages

MAX_BYTES: Final = 4 << 20
MOST: Final = 3
WARN_LANGUAGES: Final = ("bash", "c", "cpp")
"""Grammars that also reject some text that compilers take: macros and odd shells."""


class SyntaxGate:
    """tree-sitter finds no error and no missing piece in any changed file whose language has a grammar."""

    name = "syntax"
    version = "1"
    reads = Reads.BLOB
    accepted = (
        Example(
            title="a file that parses",
            files={"corpus/basics/add/north/add.py": "def add(a, b):\n    return a + b\n"},
        ),
        Example(title="an empty file", files={"corpus/basics/add/north/add.py": ""}),
        Example(
            title="a language without a grammar", files={"corpus/basics/add/north/NOTES.md": "# (unclosed\n"}
        ),
    )
    refused = (
        Example(
            title="an open bracket",
            files={"corpus/basics/add/north/add.py": "def add(a, b:\n    return a + b\n"},
            codes=("syntax-error",),
        ),
        Example(
            title="latin-1",
            files={"corpus/basics/add/north/add.py": "# caf\xe9\n".encode("latin-1")},
            codes=("not-utf8",),
        ),
    )

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Parse every changed file."""
        added = candidate.spec.corpus.layout.languages if candidate.spec else {}
        parameters = declaration.parameters
        for entry in candidate.files:
            language = language_of(entry.path, added)
            if entry.is_regular and language in languages() and language is not None:
                found = judge_text(
                    candidate, entry, language, most=_number(parameters.get("max_findings")) or MOST
                )
                warn = language in _texts(parameters.get("warn_languages"), WARN_LANGUAGES)
                yield from (replace(each, severity=Severity.WARN) if warn else each for each in found)


def judge_text(candidate: Candidate, entry: TreeEntry, language: str, *, most: int) -> Iterator[Finding]:
    """Judge one file's bytes."""
    place = Place(path=entry.path)
    size = candidate.repo.blob_size(entry.oid)
    if size > MAX_BYTES:
        sentence = f"{size} bytes of {language} are too many to parse; at most {MAX_BYTES}"
        yield Finding(code="too-large-to-parse", place=place, sentence=sentence, hint="split the file")
        return
    data = candidate.data(entry)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = len(data[data.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8", "replace")) + 1
        sentence = f"byte 0x{data[error.start]:02x} is not UTF-8"
        hint = f"iconv -f latin1 -t utf-8 {entry.path} > new && mv new {entry.path}   # if it is latin-1"
        yield Finding(code="not-utf8", place=place.at(line, column), sentence=sentence, hint=hint)
        return
    for fault in faults(data, language, most=most):
        yield _finding(place, fault, language)


def _finding(place: Place, fault: SyntaxFault, language: str) -> Finding:
    sentence = f"`{fault.missing}` is missing here" if fault.missing else f"this does not parse as {language}"
    return Finding(
        code="syntax-error",
        place=place.at(fault.line, fault.first_column),
        sentence=sentence,
        hint="mend it and amend the commit" if fault.missing else "",
        quote=Quote(fault.quote, fault.first_column, fault.last_column),
    )


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _texts(value: Any, default: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list) else default
