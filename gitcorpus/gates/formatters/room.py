"""One run of one formatter over many files: in a room of its own, in place, twice.

The room holds nothing but these files under names of ours, so that no settings that were pushed are found. What the
formatter changes is formatted again, since a formatter that does not agree with itself can bind nobody.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import PurePosixPath
from typing import Final, NamedTuple

from gitcorpus.errors import UnjudgedError
from gitcorpus.gates.formatters.answers import Answers, Formatted, first_line, missing
from gitcorpus.gates.formatters.known import Formatter
from gitcorpus.gates.formatters.script import SCRIPT
from gitcorpus.model.server import Sandbox
from gitcorpus.sandbox import Ending, GivenFile, Job, Limits, ToolRun, run_job
from gitcorpus.sandbox.identity import find_program

MOST_BYTES: Final = 64 << 20
"""Most bytes of files that one run is given."""
_PROCESSORS: Final = 4
_NOT_FOUND: Final = 127
_TAKES: Final = ("new", "said", "version", "patch", "rejected", "unstable", "changed")
"""The last one is what shows that the archive is whole."""
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}", re.ASCII)
_ENDING: Final = re.compile(r"\.[a-z0-9]{1,20}", re.ASCII)


class Text(NamedTuple):
    """A file to be formatted, by its path in the tree."""

    path: str
    data: bytes


def inner_name(path: str, formatter: Formatter) -> str:
    """Return the name under which a formatter sees a file: its own, if that matters, or its ending alone."""
    name = PurePosixPath(path).name
    if formatter.keeps_names and _NAME.fullmatch(name):
        return name
    ending = PurePosixPath(path).suffix.lower()
    return f"file{ending}" if _ENDING.fullmatch(ending) else "file"


def formatted(
    formatter: Formatter, texts: Sequence[Text], *, seconds: float, sandbox: Sandbox
) -> Mapping[str, Formatted]:
    """Format files in one run, and return what became of each, by its path.

    Raises:
        UnjudgedError: formatter-missing, formatter-version or formatter-failed, if it is not the files' fault;
            tool-out-of-time, tool-killed, tool-flood or too-much-for-tool.
    """
    _refuse_too_much(formatter, texts)
    batch = _Batch.of(formatter, texts)
    run = run_job(
        Job(command=_command(formatter, len(batch.samples), sandbox), takes=_TAKES),
        files=batch.files(),
        limits=Limits(
            seconds=seconds,
            processor_seconds=ceil(_PROCESSORS * seconds),
            memory_bytes=None,
            taken_bytes=4 * MOST_BYTES,
        ),
        sandbox=sandbox,
    )
    _check_ending(run, formatter)
    _check_version(run, formatter)
    answers = Answers.of(run)
    _check_samples(answers, batch, formatter)
    return {text.path: answers.about(name, formatter) for name, text in batch.texts.items()}


@dataclass(frozen=True, slots=True)
class _Batch:
    """Files by their names in the room, and what a formatter must be able to do if its options are right."""

    samples: Mapping[str, bytes]
    texts: Mapping[str, Text]

    @staticmethod
    def of(formatter: Formatter, texts: Sequence[Text]) -> "_Batch":
        named = {f"{number}/{inner_name(text.path, formatter)}": text for number, text in enumerate(texts)}
        endings = dict.fromkeys(PurePosixPath(name).suffix for name in named)
        samples = enumerate(endings if formatter.has_sample else ())
        return _Batch(
            {f"sample{number}/file{ending}": formatter.sample.encode() for number, ending in samples}, named
        )

    def files(self) -> Iterator[GivenFile]:
        names = [*self.samples, *self.texts]
        yield GivenFile("list", "".join(f"{name}\n" for name in names).encode())
        yield from (GivenFile(f"given/{name}", data) for name, data in self.samples.items())
        yield from (GivenFile(f"given/{name}", text.data) for name, text in self.texts.items())


def _refuse_too_much(formatter: Formatter, texts: Iterable[Text]) -> None:
    total = sum(len(text.data) for text in texts)
    if total > MOST_BYTES:
        sentence = f"the files for `{formatter.name}` have {total} bytes; at most {MOST_BYTES}"
        raise UnjudgedError("too-much-for-tool", sentence, hint="push in smaller parts")


def _command(formatter: Formatter, samples: int, sandbox: Sandbox) -> tuple[str, ...]:
    """Return what runs in the room.

    Raises:
        UnjudgedError: formatter-missing, before anything is started.
    """
    found = find_program(formatter.program, sandbox)
    if found is None:
        raise missing(formatter)
    beside, argument = formatter.asks
    asked = str(found.with_name(beside)) if beside and found.with_name(beside).is_file() else beside
    asked = (asked or formatter.program) if formatter.version else ""
    mode = "filter" if formatter.is_filter else "files"
    return ("/bin/sh", "-c", SCRIPT, "sh", mode, str(samples), asked, argument, *formatter.words)


def _check_ending(run: ToolRun, formatter: Formatter) -> None:
    """Refuse to read what a run left that did not come to its end.

    Raises:
        UnjudgedError: by how it ended.
    """
    name, hint = f"`{formatter.name}`", "an administrator tries the formatter by hand"
    said = {
        Ending.OUT_OF_TIME: ("tool-out-of-time", f"{name} did not come to an end in its time"),
        Ending.OUT_OF_MEMORY: ("tool-killed", f"{name} took more memory than it may"),
        Ending.TOO_MANY_PROCESSES: ("tool-killed", f"{name} started more processes than it may"),
        Ending.KILLED: ("tool-killed", f"{name} was killed"),
        Ending.FLOODED: ("tool-flood", f"{name} wrote more than anybody reads"),
    }
    if run.ending in said:
        code, sentence = said[run.ending]
        mended = "push in smaller parts, or raise `budget:`" if code == "tool-out-of-time" else hint
        raise UnjudgedError(code, sentence, hint=mended)
    if run.ending is Ending.NOT_STARTED or run.code == _NOT_FOUND:
        raise missing(formatter)
    if run.code != 0 or run.left_out or "changed" not in run.taken:
        words = first_line(run.stderr.decode("utf-8", "replace"))
        sentence = f"{name} did not leave what it was given ({run.code}){words and f': {words}'}"
        raise UnjudgedError("formatter-failed", sentence, hint=hint)


def _check_version(run: ToolRun, formatter: Formatter) -> None:
    if not formatter.version:
        return
    said = run.taken.get("version", b"").decode("utf-8", "replace")
    if not re.search(rf"(?<![0-9.]){re.escape(formatter.version)}(?![0-9])", said):
        words = first_line(said) or "nothing"
        sentence = (
            f"`{formatter.name}` says of its version: {words[:100]}; the specs want {formatter.version}"
        )
        hint = "an administrator installs that version, or a lead changes `version:`"
        raise UnjudgedError("formatter-version", sentence, hint=hint)


def _check_samples(answers: Answers, batch: _Batch, formatter: Formatter) -> None:
    """Refuse a formatter that fails on an empty file: its options are wrong, or it knows no such files."""
    for name in batch.samples:
        if name in answers.rejected:
            answers.refuse_failure(name, formatter)
            said = f"`{formatter.name}` cannot even format an empty file: {answers.words(name)}"
            raise UnjudgedError(
                "formatter-failed", said, hint="a lead looks at its `options:` and its languages"
            )
