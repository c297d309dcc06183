"""The gate `syntax`: every file parses in its language, and every text is UTF-8.

What a language has is told by the file's name. Fixtures are left alone: they may be broken on purpose. A file that the
parser cannot read in time leaves the push unjudged.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from gitcorpus.errors import UnjudgedError
from gitcorpus.gates.base import Candidate, Example, Facts, Reads
from gitcorpus.model.corpus import Role
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.finding import Finding, Quote, Severity
from gitcorpus.model.language import language_of
from gitcorpus.model.place import Place
from gitcorpus.model.tree import TreeEntry
from gitcorpus.spec.brief import pasted
from gitcorpus.spec.layout import Located
from gitcorpus.syntax import MAX_QUOTE, FaultKind, ParserApart, SyntaxFault, grammar_version, languages

MAX_BYTES: Final = 4 << 20
MOST: Final = 3
SECONDS: Final = 60.0
"""Most time of the processor that all files of one push may take, unless the declaration has a `budget`."""
NOT_UTF8: Final = "not-utf8"
WARN_LANGUAGES: Final = ("bash", "c", "cpp")
"""Grammars that also reject some text that compilers take: macros and odd shells."""
COMMANDS: Final[Mapping[str, str]] = {
    "bash": "bash -n",
    "go": "gofmt -l",
    "javascript": "node --check",
    "json": "python3 -m json.tool",
    "python": "python3 -m py_compile",
    "ruby": "ruby -c",
    "rust": "rustfmt --check",
}
"""What an author can run to see the fault with the language's own words."""


class SyntaxGate:
    """tree-sitter finds no error and no missing piece in any changed file whose language has a grammar."""

    name = "syntax"
    version = "3"
    reads = Reads.BLOB
    accepted = (
        Example(
            title="a file that parses",
            files={"corpus/basics/add/north/add.py": "def add(a, b):\n    return a + b\n"},
        ),
        Example(title="an empty file", files={"corpus/basics/add/north/add.py": ""}),
        Example(
            title="CRLF, and no newline at the end",
            files={"corpus/basics/add/north/add.py": "a = 1\r\nb = 2"},
        ),
        Example(title="a broken fixture", files={"corpus/basics/add/north/data/broken.json": "{"}),
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
        Example(
            title="latin-1 in a text without a grammar",
            files={"corpus/basics/add/north/NOTES.md": "caf\xe9\n".encode("latin-1")},
            codes=("not-utf8",),
        ),
        Example(
            title="a NUL far down in a source",
            files={"corpus/basics/add/north/add.py": "x = 1\n" * 2000 + "\0\n"},
            codes=("syntax-error",),
        ),
    )

    def facts(self, candidate: Candidate, declaration: Declaration, entry: TreeEntry) -> Facts | None:
        """Return the path, the language, and the version of what parses it; fixtures and other files are left alone."""
        del declaration
        language = _language(candidate, entry)
        if language is None or not entry.is_regular or _is_fixture(candidate, entry):
            return None
        grammar = grammar_version(language) if language in languages() else None
        return entry.path, language, grammar

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Decode and parse every changed text."""
        parameters = declaration.parameters
        most = _number(parameters.get("max_findings")) or MOST
        warned = _texts(parameters.get("warn_languages"), WARN_LANGUAGES)
        with ParserApart(seconds=declaration.budget_seconds or SECONDS) as parser:
            for entry in candidate.files:
                if self.facts(candidate, declaration, entry) is not None:
                    language = _language(candidate, entry) or ""
                    for finding in judge_text(candidate, entry, language, most=most, parser=parser):
                        softer = language in warned and finding.code != NOT_UTF8
                        yield replace(finding, severity=Severity.WARN) if softer else finding


def judge_text(
    candidate: Candidate, entry: TreeEntry, language: str, *, most: int, parser: ParserApart
) -> Iterator[Finding]:
    """Judge one file's bytes: their encoding, and their syntax if the language has a grammar.

    Raises:
        UnjudgedError: parse-too-hard, with the file's path, if the parser takes too long.
    """
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
        yield _not_utf8(place, data, error.start)
        return
    if language in languages():
        try:
            found = parser.faults(data, language, most=most)
        except UnjudgedError as error:
            raise UnjudgedError(
                error.code, f"{entry.path}: {error.sentence}", place=entry.path, hint=error.hint
            ) from error
        yield from (_finding(place, fault, language) for fault in found)


def _language(candidate: Candidate, entry: TreeEntry) -> str | None:
    return language_of(entry.path, candidate.spec.corpus.layout.languages if candidate.spec else {})


def _is_fixture(candidate: Candidate, entry: TreeEntry) -> bool:
    """Tell what a program is fed with, which may be broken on purpose."""
    located = candidate.matcher.locate(entry.path) if candidate.matcher else None
    return isinstance(located, Located) and located.role is Role.FIXTURE


def _not_utf8(place: Place, data: bytes, at: int) -> Finding:
    start = data.rfind(b"\n", 0, at) + 1
    before = data[start:at].decode("utf-8")
    line = data[start : start + 4 * MAX_QUOTE].split(b"\n", 1)[0]
    text = line.decode("utf-8", "surrogateescape").rstrip("\r")[:MAX_QUOTE]
    path = pasted(place.path)
    return Finding(
        code=NOT_UTF8,
        place=place.at(data.count(b"\n", 0, at) + 1, len(before) + 1),
        sentence=f"byte 0x{data[at]:02x} is not UTF-8",
        hint=f"if it is latin-1: iconv -f latin1 -t utf-8 {path} > new && mv new {path}",
        quote=Quote(text, len(before) + 1, len(before) + 1),
    )


def _finding(place: Place, fault: SyntaxFault, language: str) -> Finding:
    said = {
        FaultKind.ERROR: f"this does not parse as {language}",
        FaultKind.MISSING: f"`{fault.text}` is missing here",
        FaultKind.UNCLOSED: f"nothing closes this `{fault.text}`",
    }
    command = COMMANDS.get(language)
    return Finding(
        code="syntax-error",
        place=place.at(fault.line, fault.first_column),
        sentence=said[fault.kind],
        hint=f"{command} {pasted(place.path)}"
        if command
        else "correct it, then: git commit --amend --no-edit --all",
        quote=Quote(fault.quote, fault.first_column, fault.last_column),
    )


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _texts(value: Any, default: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list) else default
