"""Cobertura XML, as coverage.py and gcovr write it: classes with a file name, and lines with their hits.

The names of files begin in one of the folders under `<sources>`, and nobody says in which.
"""

import re
from typing import Final

from gitcorpus.gates.results.coverage import Coverage, Tally
from gitcorpus.gates.results.paths import Folder
from gitcorpus.gates.results.told import ReportError, counted_from_one, one_line
from gitcorpus.gates.results.xml import hear

_MOST_SOURCES: Final = 64
_HITS: Final = re.compile(r"-?[0-9]{1,20}")


def parse_cobertura(data: bytes, folder: Folder) -> Coverage:
    """Return the lines of a report.

    Raises:
        ReportError: if it is none.
    """
    report = _Report(folder)
    hear(data, report, doctype=True)
    return report.tally.coverage()


class _Report:
    """Hears the elements of a report."""

    def __init__(self, folder: Folder) -> None:
        self.tally = Tally()
        self._folder = folder
        self._has_begun = False
        self._sources: list[str] = []
        self._told: list[str] = []
        self._in_class = False
        self._path: str | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._has_begun and name != "coverage":
            raise ReportError(f"it begins with <{one_line(name)[:40]}>, not with <coverage>")
        self._has_begun = True
        self._told = []
        if name == "class":
            self._begin_class(attributes.get("filename", ""))
        elif name == "line" and self._in_class:
            self._add_line(attributes)

    def text(self, text: str) -> None:
        self._told.append(text)

    def end(self, name: str) -> None:
        if name == "class":
            self._in_class = False
        elif name == "source" and (source := "".join(self._told).strip()):
            if len(self._sources) == _MOST_SOURCES:
                raise ReportError(f"it names more than {_MOST_SOURCES} sources")
            self._sources.append(source)

    def _begin_class(self, reported: str) -> None:
        self._in_class = True
        self._path = self._folder.path_of(reported, self._sources)
        if self._path is None:
            self.tally.n_dropped += 1
        else:
            self.tally.open(self._path)

    def _add_line(self, attributes: dict[str, str]) -> None:
        line, hits = counted_from_one(attributes.get("number")), attributes.get("hits", "")
        if line is None or not _HITS.fullmatch(hits):
            raise ReportError("one of its lines has no number, or no number of hits")
        if self._path is not None:
            self.tally.add(self._path, line, line, executed=int(hits) > 0)
