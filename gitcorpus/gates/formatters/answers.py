"""What a run of a formatter left in its room, file by file."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from gitcorpus.errors import UnjudgedError
from gitcorpus.gates.formatters.known import Formatter
from gitcorpus.sandbox import ToolRun

_NOT_STARTED: Final = (126, 127)
_OF_THE_PROGRAM: Final = 124
"""From here on an exit code speaks of the program and not of the file: killed, or not there."""
_HEADER: Final = re.compile(rb"^diff -a -r -u given/([^ \n]+) once/[^\n]*\n", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Formatted:
    """What a formatter made of one file."""

    data: bytes | None = None
    """The file as it should be; none if it is so already, or could not be formatted."""
    patch: bytes = b""
    """What differs, as the hunks of a unified diff."""
    rejected: str | None = None
    """What the formatter said of a file that it cannot read."""
    line: int | None = None
    """Where it said so."""
    is_unstable: bool = False
    """Whether the formatter would change again what it made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a run left, by the files' names in the room."""

    taken: Mapping[str, bytes]
    changed: frozenset[str]
    unstable: frozenset[str]
    rejected: Mapping[str, int]
    patches: Mapping[str, bytes] = field(repr=False)

    @staticmethod
    def of(run: ToolRun) -> "Answers":
        """Read what a run left that came to its end."""
        codes = (line.partition(" ") for line in _lines(run.taken["rejected"]))
        return Answers(
            taken=run.taken,
            changed=frozenset(_lines(run.taken["changed"])),
            unstable=frozenset(_lines(run.taken["unstable"])),
            rejected={name: int(code) for code, _, name in codes},
            patches=dict(_patches(run.taken["patch"])),
        )

    def about(self, name: str, formatter: Formatter) -> Formatted:
        """Return what became of a file.

        Raises:
            UnjudgedError: formatter-failed.
        """
        if name in self.unstable or (name in self.changed and name in self.rejected):
            return Formatted(is_unstable=True)
        if name in self.rejected:
            self.refuse_failure(name, formatter)
            return Formatted(rejected=self.words(name), line=self.line(name))
        if name not in self.changed:
            return Formatted()
        return Formatted(data=self.taken[f"new/{name}"], patch=self.patches[name])

    def refuse_failure(self, name: str, formatter: Formatter) -> None:
        """Raise an error if a formatter failed by itself, and did not refuse a file.

        Raises:
            UnjudgedError: formatter-missing or formatter-failed.
        """
        if self.rejected[name] in _NOT_STARTED:
            raise missing(formatter)
        if self.rejected[name] >= _OF_THE_PROGRAM:
            words = self.words(name)
            sentence = f"`{formatter.name}` failed ({self.rejected[name]}){words and f': {words}'}"
            hint = "an administrator tries the formatter by hand"
            raise UnjudgedError("formatter-failed", sentence, hint=hint)

    def line(self, name: str) -> int | None:
        """Return the line that a formatter names."""
        said = self.taken.get(f"said/{name}", b"").decode("utf-8", "replace")
        found = re.search(rf"(?:{re.escape(name)}:|\()(\d{{1,7}}):\d", said)
        return int(found[1]) or None if found else None

    def words(self, name: str) -> str:
        """Return the first line that a formatter said of a file, without the name that the room gave it."""
        said = self.taken.get(f"said/{name}", b"").decode("utf-8", "replace")
        return first_line(said.replace(f"{name}:", "").replace(name, ""))


def missing(formatter: Formatter) -> UnjudgedError:
    """Return the error for a program that is not there or cannot be started."""
    hint = "an administrator installs it, or mounts it: `sandbox:` in gitcorpus/server.yaml"
    sentence = f"the sandbox has no `{formatter.program}`, or not what it needs to start"
    return UnjudgedError("formatter-missing", sentence, hint=hint)


def _lines(data: bytes) -> list[str]:
    return data.decode("ascii", "replace").split("\n")[:-1]


def _patches(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the hunks of each file; in a unified diff no line of a file can begin as a header does."""
    _, *parts = _HEADER.split(data)
    for name, part in zip(parts[::2], parts[1::2], strict=True):
        hunks = re.split(rb"^Only in ", part, maxsplit=1, flags=re.MULTILINE)[0].split(b"\n", 2)[2]
        yield name.decode("ascii", "replace"), hunks


def first_line(text: str) -> str:
    """Return the first line that says something, for a report."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    told = (line for line in lines if any(each.isalnum() for each in line) and not line.startswith("INFO "))
    return next((line[:300] for line in told), "")
