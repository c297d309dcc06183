"""The gate `format`: every file is as its language's formatter writes it.

The declaration names a formatter for each language. It runs in the sandbox, once for all files that are not known yet,
with the declaration's options and without any settings that were pushed. What it changes is not formatted, and the
finding holds the change as a patch; `gitcorpus fix` makes it. Fixtures are left alone. So is what an author takes out
with a comment that the formatter obeys, such as `# fmt: off`: a rule of the gate `style` can refuse such comments.

A formatter that is not there, has another version than the declaration says, or would change again what it wrote,
leaves the push unjudged.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import inf
from time import monotonic
from typing import Final, NamedTuple

from gitcorpus.errors import UnjudgedError
from gitcorpus.gates.base import Candidate, Example, Facts, Reads
from gitcorpus.gates.formatters import KNOWN, Formatted, Formatter, Text, formatted, formatters_of
from gitcorpus.gates.formatters.room import inner_name
from gitcorpus.model.corpus import Role
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.finding import Finding, Quote
from gitcorpus.model.language import KNOWN as KNOWN_LANGUAGES
from gitcorpus.model.language import language_of
from gitcorpus.model.patch import parse_hunks, whole_hunks
from gitcorpus.model.place import Place
from gitcorpus.model.tree import TreeEntry
from gitcorpus.sandbox.identity import program_identity, room_identity
from gitcorpus.spec.brief import pasted
from gitcorpus.spec.layout import Located

SECONDS: Final = 30
"""Most seconds of all runs for one push, if the declaration has no `budget`."""
MAX_BYTES: Final = 4 << 20
"""Most bytes of one file."""
MOST_PATCH: Final = 16_000
"""Most characters of one patch."""
_ADD: Final = "corpus/basics/add/north"
_TRIM: Final = {"formatters": {"python": {"run": ["sed", "-i", "s/ *$//"]}}}
_PICKY: Final = {"formatters": {"python": {"run": ["sh", "-c", "echo line 1 is odd >&2; exit 1"]}}}


class Chosen(NamedTuple):
    """A file, and what formats it."""

    entry: TreeEntry
    formatter: Formatter


class FormatGate:
    """Formats every changed file whose language has a formatter, and compares."""

    name = "format"
    version = "1"
    reads = Reads.BLOB
    waits = True
    accepted = (
        Example(
            title="a file as its formatter writes it",
            files={f"{_ADD}/add.py": "x = 1\n"},
            parameters=_TRIM,
        ),
        Example(
            title="a language without a formatter",
            files={f"{_ADD}/NOTES.md": "x  \n"},
            parameters=_TRIM,
        ),
        Example(
            title="a fixture",
            files={f"{_ADD}/data/odd.py": "x = 1  \n"},
            parameters=_TRIM,
        ),
    )
    refused = (
        Example(
            title="a file that its formatter changes: blanks at the end of a line",
            files={f"{_ADD}/add.py": "x = 1  \n"},
            parameters=_TRIM,
            codes=("not-formatted",),
        ),
        Example(
            title="a file that its formatter cannot read",
            files={f"{_ADD}/add.py": "x = 1\n"},
            parameters=_PICKY,
            codes=("formatter-rejects",),
        ),
        Example(
            title="a file that is too large to format",
            files={f"{_ADD}/add.py": "x = 1\n" * 700_000},
            parameters=_TRIM,
            codes=("too-large-to-format",),
        ),
    )

    def has_work(self, candidate: Candidate, declaration: Declaration, changed: Sequence[str]) -> bool:
        """Tell whether the push changes a file that has a formatter."""
        del changed
        return any(True for _ in choose(candidate, declaration))

    def facts(self, candidate: Candidate, declaration: Declaration, entry: TreeEntry) -> Facts | None:
        """Return the name that the formatter sees, its command and its version, and which programs it is."""
        formatter = formatter_for(candidate, declaration, entry)
        if formatter is None:
            return None
        identities = candidate.memo.once(formatter, lambda: _identities(candidate, formatter))
        return inner_name(entry.path, formatter), *formatter.words, formatter.version, *identities

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Format the files, a run for each formatter, and say which of them change."""
        small = []
        for chosen in choose(candidate, declaration):
            size = candidate.repo.blob_size(chosen.entry.oid)
            if size > MAX_BYTES:
                yield _too_large(chosen.entry, size)
            else:
                small.append(chosen)
        ends = monotonic() + (declaration.budget_seconds or SECONDS)
        ends = min(ends, inf if candidate.ends is None else candidate.ends)
        unstable: list[tuple[str, Formatter]] = []
        for formatter, entries in by_formatter(small).items():
            texts = tuple(Text(entry.path, candidate.data(entry)) for entry in entries)
            answers = formatted(
                formatter, texts, seconds=seconds_left(ends, formatter), sandbox=candidate.server.sandbox
            )
            yield from (found for text in texts for found in _findings(text, answers[text.path], formatter))
            unstable += ((path, formatter) for path, answer in answers.items() if answer.is_unstable)
        if unstable:
            raise _unstable(*unstable[0], others=len(unstable) - 1)


def formatter_for(candidate: Candidate, declaration: Declaration, entry: TreeEntry) -> Formatter | None:
    """Return what formats a file; none for links, fixtures and languages without a formatter.

    Raises:
        UnjudgedError: formatter-unclear.
    """
    added = candidate.spec.corpus.layout.languages if candidate.spec else {}
    declared = formatters_of(declaration, KNOWN_LANGUAGES | {*added.values()})
    formatter = declared.get(language_of(entry.path, added) or "")
    if formatter is None or not entry.is_regular:
        return None
    located = candidate.matcher.locate(entry.path) if candidate.matcher else None
    is_fixture = isinstance(located, Located) and located.role is Role.FIXTURE
    return None if is_fixture else formatter


def choose(candidate: Candidate, declaration: Declaration) -> Iterator[Chosen]:
    """Yield the files of a candidate that a declaration has a formatter for.

    Raises:
        UnjudgedError: formatter-unclear.
    """
    for entry in candidate.files:
        formatter = formatter_for(candidate, declaration, entry)
        if formatter is not None:
            yield Chosen(entry, formatter)


def by_formatter(chosen: Sequence[Chosen]) -> Mapping[Formatter, Sequence[TreeEntry]]:
    """Return files by what formats them, so that each formatter runs once."""
    found: dict[Formatter, list[TreeEntry]] = {}
    for entry, formatter in chosen:
        found.setdefault(formatter, []).append(entry)
    return found


def seconds_left(ends: float, formatter: Formatter) -> float:
    """Return how long a run may take.

    Raises:
        UnjudgedError: tool-out-of-time.
    """
    left = ends - monotonic()
    if left <= 0:
        sentence = f"there was no time left for `{formatter.name}`"
        raise UnjudgedError("tool-out-of-time", sentence, hint="push in smaller parts, or raise `budget:`")
    return left


def _identities(candidate: Candidate, formatter: Formatter) -> tuple[str, ...]:
    """Return what changes when a formatter does; a command may lean on whatever is in the room."""
    sandbox = candidate.server.sandbox
    programs = tuple(program_identity(name, sandbox) for name in (formatter.program, *formatter.needs))
    return programs if formatter.name in KNOWN else (*programs, room_identity(sandbox))


def _findings(text: Text, answer: Formatted, formatter: Formatter) -> Iterator[Finding]:
    """Say what is wrong with one file, if anything is."""
    if answer.rejected is not None:
        words = answer.rejected
        yield Finding(
            code="formatter-rejects",
            place=Place(path=text.path, line=answer.line),
            sentence=f"`{formatter.name}` cannot format it",
            hint="mend what it names; it is often the syntax",
            quote=Quote(words, 1, len(words)) if words else None,
        )
    elif answer.data is not None:
        yield _not_formatted(text, answer, formatter)


def _not_formatted(text: Text, answer: Formatted, formatter: Formatter) -> Finding:
    patch = answer.patch.decode("utf-8", "replace")
    hunks = tuple(parse_hunks(patch))
    lines = sum(hunk.n_changed for hunk in hunks)
    is_utf8 = patch.encode("utf-8") == answer.patch
    return Finding(
        code="not-formatted",
        place=Place(path=text.path, line=hunks[0].first_change if hunks else None),
        sentence=f"`{formatter.name}` writes {lines} line{'s' if lines != 1 else ''} of it otherwise",
        hint=f"gitcorpus fix {pasted(text.path)}",
        patch=whole_hunks(patch, MOST_PATCH) if is_utf8 else "",
        mends=True,
    )


def _too_large(entry: TreeEntry, size: int) -> Finding:
    sentence = f"{size} bytes are too many to format; at most {MAX_BYTES}"
    return Finding(
        code="too-large-to-format", place=Place(path=entry.path), sentence=sentence, hint="split the file"
    )


def _unstable(path: str, formatter: Formatter, *, others: int) -> UnjudgedError:
    more = f", and for {others} more" if others else ""
    sentence = f"{path}: `{formatter.name}` would change again what it made of this file{more}"
    hint = "a fault of the formatter; write the place that it turns over in another way"
    return UnjudgedError("formatter-unstable", sentence, place=path, hint=hint)
