"""The report of mutation-testing-elements, as Stryker and others write it, and as gitcorpus writes it too.

Source: `mutation-testing-report-schema`, version 2 of the report's own schema.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from gitcorpus.gates.mutants.mutant import LONGEST, Fate, Mutant
from gitcorpus.gates.results.paths import Folder
from gitcorpus.gates.results.told import ReportError, counted_from_one, one_line, told_text

MOST: Final = 100_000
"""Most mutants of one report."""


def parse_elements(data: bytes, folder: Folder) -> tuple[Mutant, ...]:
    """Return the mutants of a report whose files are in a folder.

    Raises:
        ReportError: if it is no such report.
    """
    try:
        report = json.loads(told_text(data))
        found = tuple(_mutants(report["files"], folder))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ReportError("it is no report of mutation-testing-elements") from error
    return found


def _mutants(files: Mapping[str, Any], folder: Folder) -> Iterator[Mutant]:
    left = MOST
    for reported, file in files.items():
        path = folder.path_of(str(reported))
        lines = str(file.get("source", "")).split("\n")
        left -= len(file["mutants"])
        if left < 0:
            raise ReportError(f"it tells more than {MOST} mutants")
        for each in file["mutants"] if path is not None else ():
            yield _mutant(each, path or "", lines)


def _mutant(said: Mapping[str, Any], path: str, lines: list[str]) -> Mutant:
    start, end = said["location"]["start"], said["location"]["end"]
    first, last = counted_from_one(start["line"]), counted_from_one(end["line"])
    left, right = counted_from_one(start["column"]), counted_from_one(end["column"])
    if first is None or last is None or left is None or right is None:
        raise ReportError("a mutant stands nowhere")
    removed = lines[first - 1 : last]
    text = str(said.get("replacement", ""))[:LONGEST]
    if removed:
        text = removed[0][: left - 1] + text + removed[-1][right - 1 :]
    return Mutant(
        name=one_line(str(said["id"])),
        path=path,
        function="",
        line=first,
        removed=tuple(removed),
        added=tuple(text.split("\n")),
        fate=Fate(said["status"]),
        mutator=one_line(str(said.get("mutatorName", ""))),
    )


def render_elements(mutants: Iterable[Mutant], sources: Mapping[str, str], language: str) -> str:
    """Return a report that the viewer of mutation-testing-elements shows.

    Args:
        mutants: of one or several files.
        sources: the text of each file, by its path.
        language: of all files.
    """
    by_path: dict[str, list[Mutant]] = {}
    for mutant in mutants:
        by_path.setdefault(mutant.path, []).append(mutant)
    files = {
        path: {
            "language": language,
            "source": sources[path],
            "mutants": [_fields(each, path, sources) for each in found],
        }
        for path, found in sorted(by_path.items())
    }
    report = {"schemaVersion": "2", "thresholds": {"high": 90, "low": 75}, "files": files}
    return json.dumps(report, ensure_ascii=False, indent=1)


def _fields(mutant: Mutant, path: str, sources: Mapping[str, str]) -> dict[str, Any]:
    lines = sources[path].split("\n")
    last = mutant.line + max(len(mutant.removed), 1) - 1
    end = len(lines[last - 1]) + 1 if last <= len(lines) else 1
    return {
        "id": mutant.name,
        "mutatorName": mutant.mutator or "mutmut",
        "replacement": "\n".join(mutant.added),
        "location": {"start": {"line": mutant.line, "column": 1}, "end": {"line": last, "column": end}},
        "status": mutant.fate.value,
    }
