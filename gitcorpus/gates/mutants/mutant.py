"""One mutant as every tool's report becomes it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gitcorpus.canon import digest_value

LONGEST: Final = 4000
"""Most characters of one mutant's text."""


class Fate(StrEnum):
    """What became of a mutant. Names: the mutation-testing-elements report schema."""

    KILLED = "Killed"
    SURVIVED = "Survived"
    NO_COVERAGE = "NoCoverage"
    COMPILE_ERROR = "CompileError"
    RUNTIME_ERROR = "RuntimeError"
    TIMEOUT = "Timeout"
    IGNORED = "Ignored"
    PENDING = "Pending"

    @property
    def is_unnoticed(self) -> bool:
        """Whether the tests passed with it, or none of them came near it."""
        return self in (Fate.SURVIVED, Fate.NO_COVERAGE)

    @property
    def is_doubtful(self) -> bool:
        """Whether nobody knows what the tests would have said."""
        return self in (Fate.RUNTIME_ERROR, Fate.PENDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A change of some lines of one function, or of a file where the tool names no function."""

    name: str
    """As the tool calls it."""
    path: str
    """Within the solution."""
    function: str
    """`add`, `Box.fits`, or empty."""
    line: int
    """The first line that it changes."""
    removed: tuple[str, ...]
    added: tuple[str, ...]
    fate: Fate
    mutator: str = ""

    @property
    def content(self) -> str:
        """What names it wherever it stands: the function and what is changed to what, blanks aside."""
        said = [[" ".join(line.split()) for line in lines] for lines in (self.removed, self.added)]
        return digest_value([self.function, *said]).removeprefix("sha256:")[:16]

    @property
    def patch(self) -> str:
        """The change as a diff."""
        lines = [f"@@ -{self.line} +{self.line} @@"]
        lines += [f"-{line}" for line in self.removed] + [f"+{line}" for line in self.added]
        return "\n".join(lines)[:LONGEST] + "\n"
