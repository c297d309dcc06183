"""Which lines of which files a run executed, and which it could have executed and did not.

Lines that are in neither set hold nothing that runs: comments, blank lines, declarations. A file that no report names
has no lines at all, so whoever asks for a part of the executed lines looks at their number first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from gitcorpus.gates.results.told import ReportError

MOST_LINES: Final = 4_000_000
"""Most lines that one report may tell, each as often as it is told."""
MOST_FILES: Final = 50_000
LAST_LINE: Final = 10_000_000
"""No file has a line of a greater number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCoverage:
    """The lines of one file, each from 1, and no line in both sets."""

    path: str
    executed: frozenset[int] = frozenset()
    missed: frozenset[int] = frozenset()

    def of(self, lines: Iterable[int]) -> "FileCoverage":
        """Return what is known of some lines only."""
        wanted = frozenset(lines)
        return FileCoverage(path=self.path, executed=self.executed & wanted, missed=self.missed & wanted)

    @property
    def n_lines(self) -> int:
        """Count the lines that could run."""
        return len(self.executed) + len(self.missed)

    @property
    def rate(self) -> float:
        """Tell which part of the lines was executed, from 0 to 1; 0 if there is none that could run."""
        return len(self.executed) / self.n_lines if self.n_lines else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """All files of a report, in the order of their paths, and how many it names that are not in the folder."""

    files: tuple[FileCoverage, ...] = ()
    n_dropped: int = 0

    def file(self, path: str) -> FileCoverage | None:
        """Return what is known of one file; none if no report names it."""
        return next((each for each in self.files if each.path == path), None)

    def of(self, lines: Mapping[str, Iterable[int]]) -> "Coverage":
        """Return what is known of some lines of some files only, such as the lines that a push adds."""
        found = tuple(each.of(lines[each.path]) for each in self.files if each.path in lines)
        return Coverage(files=found, n_dropped=self.n_dropped)

    @property
    def n_executed(self) -> int:
        """Count the executed lines."""
        return sum(len(each.executed) for each in self.files)

    @property
    def n_lines(self) -> int:
        """Count the lines that could run."""
        return sum(each.n_lines for each in self.files)

    @property
    def rate(self) -> float:
        """Tell which part of all lines was executed, from 0 to 1; 0 if there is none that could run."""
        return self.n_executed / self.n_lines if self.n_lines else 0.0


@dataclass(slots=True)
class Tally:
    """Collects lines while a report is read; what one place says was executed was executed."""

    n_dropped: int = 0
    _executed: dict[str, set[int]] = field(default_factory=dict)
    _told: dict[str, set[int]] = field(default_factory=dict)
    _left: int = MOST_LINES

    def open(self, path: str) -> None:
        """Note that the report names a file, whether or not it tells lines of it.

        Raises:
            ReportError: if it names too many.
        """
        if path not in self._told:
            if len(self._told) == MOST_FILES:
                raise ReportError(f"it names more than {MOST_FILES} files")
            self._told[path] = set()
            self._executed[path] = set()

    def add(self, path: str, first: int, last: int, *, executed: bool) -> None:
        """Note that the lines from the first to the last were executed, or were not.

        Raises:
            ReportError: if they are no lines of a file, or the report tells too many.
        """
        if not 1 <= first <= last <= LAST_LINE:
            raise ReportError(f"no file has the lines {first} to {last}"[:200])
        self._left -= last - first + 1
        if self._left < 0:
            raise ReportError(f"it tells more than {MOST_LINES} lines")
        self.open(path)
        self._told[path].update(range(first, last + 1))
        if executed:
            self._executed[path].update(range(first, last + 1))

    def coverage(self) -> Coverage:
        """Return all that was noted."""
        files = (
            FileCoverage(
                path=path, executed=frozenset(executed), missed=frozenset(self._told[path] - executed)
            )
            for path, executed in sorted(self._executed.items())
        )
        return Coverage(files=tuple(files), n_dropped=self.n_dropped)


def merged(reports: Iterable[Coverage]) -> Coverage:
    """Return what several runs executed together: a line is missed only if every run that tells it missed it."""
    executed: dict[str, frozenset[int]] = {}
    missed: dict[str, frozenset[int]] = {}
    n_dropped = 0
    for report in reports:
        n_dropped += report.n_dropped
        for each in report.files:
            executed[each.path] = executed.get(each.path, frozenset()) | each.executed
            missed[each.path] = missed.get(each.path, frozenset()) | each.missed
    files = (
        FileCoverage(path=path, executed=lines, missed=missed[path] - lines)
        for path, lines in sorted(executed.items())
    )
    return Coverage(files=tuple(files), n_dropped=n_dropped)
