"""LCOV tracefiles, as coverage.py, node and llvm-cov write them: `SF:path`, `DA:line,hits`, `end_of_record`.

Functions and branches are left alone: a line is what every form tells. A record without an end is a report that was
cut short, and cut short is not sound.
"""

import re
from typing import Final

from gitcorpus.gates.results.coverage import Coverage, Tally
from gitcorpus.gates.results.paths import Folder
from gitcorpus.gates.results.told import ReportError, one_line, told_text

_LINE: Final = re.compile(r"([0-9]{1,10}),(-?[0-9]{1,20})(?:,.*)?")
_OTHER: Final = re.compile(r"(?:TN|VER|FN[A-Z]*|BR[A-Z]*|MC[A-Z]*|MR[A-Z]*|LF|LH):.*|#.*|")


def parse_lcov(data: bytes, folder: Folder) -> Coverage:
    """Return the lines of a tracefile.

    Raises:
        ReportError: if it is none, or not whole.
    """
    tracefile = _Tracefile(folder)
    for number, line in enumerate(told_text(data).split("\n"), start=1):
        try:
            tracefile.read(line.rstrip("\r"))
        except ReportError as error:
            raise ReportError(f"line {number}: {error}") from error
    if tracefile.is_open or not tracefile.n_records:
        raise ReportError("its last record has no end" if tracefile.is_open else "it has no record")
    return tracefile.tally.coverage()


class _Tracefile:
    """Reads the lines of a tracefile one after the other."""

    def __init__(self, folder: Folder) -> None:
        self.tally = Tally()
        self.is_open = False
        self.n_records = 0
        self._folder = folder
        self._path: str | None = None

    def read(self, line: str) -> None:
        key, _, value = line.partition(":")
        if key == "SF" and not self.is_open:
            self._begin(value)
        elif key == "DA" and self.is_open:
            self._add(value)
        elif line == "end_of_record" and self.is_open:
            self.is_open = False
            self.n_records += 1
        elif not _OTHER.fullmatch(line):
            raise ReportError(f"a tracefile has no such line here: {one_line(line)[:80]}")

    def _begin(self, reported: str) -> None:
        self.is_open = True
        self._path = self._folder.path_of(reported)
        if self._path is None:
            self.tally.n_dropped += 1
        else:
            self.tally.open(self._path)

    def _add(self, value: str) -> None:
        found = _LINE.fullmatch(value)
        if found is None:
            raise ReportError(f"it is no line and number of hits: {one_line(value)[:80]}")
        line, hits = int(found[1]), int(found[2])
        if self._path is not None:
            self.tally.add(self._path, line, line, executed=hits > 0)
