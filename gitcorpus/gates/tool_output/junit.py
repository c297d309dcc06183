"""JUnit XML: a failed test is a remark about the file that the report names.

There is no schema that all tools keep, so only what they share is read: suites, cases, and the failures and errors of
cases. A document type is refused, and with it every entity that a report could define.
"""

from collections import Counter
from typing import Final
from xml.parsers import expat

from gitcorpus.gates.tool_output.remark import OutputError, Remark, counted_from_one, one_line

MOST_DEPTH: Final = 32
_FAULTS: Final = ("failure", "error")
_SUITES: Final = ("testsuites", "testsuite")


def parse_junit(data: bytes) -> tuple[Remark, ...]:
    """Return the failures and errors of a report.

    Raises:
        OutputError: if it is no such report, or counts faults that it does not tell.
    """
    report = _Report()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.StartElementHandler = report.start
    parser.EndElementHandler = report.end
    parser.CharacterDataHandler = report.text
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise OutputError(f"it is no XML: {error}") from error
    return tuple(report.remarks)


def _refuse(*_: object) -> None:
    raise OutputError("it has a document type, and a report needs none")


class _Report:
    """Hears the elements of a report, and keeps what is open and what was found."""

    def __init__(self) -> None:
        self.remarks: list[Remark] = []
        self._open: list[tuple[str, dict[str, str], int]] = []
        self._told: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._open and name not in _SUITES:
            raise OutputError(f"it begins with <{one_line(name)[:40]}>, not with <testsuites> or <testsuite>")
        if len(self._open) >= MOST_DEPTH:
            raise OutputError(f"its elements are nested more than {MOST_DEPTH} deep")
        self._open.append((name, attributes, len(self.remarks)))
        self._told = []

    def text(self, text: str) -> None:
        self._told.append(text)

    def end(self, name: str) -> None:
        _, attributes, n_before = self._open.pop()
        if name in _FAULTS and self._inside("testcase"):
            self.remarks.append(self._remark(name, attributes))
        elif name == "testsuite" and _counted(attributes) > len(self.remarks) - n_before:
            raise OutputError(f"a suite counts {_counted(attributes)} faults and does not tell all of them")
        self._told = []

    def _inside(self, name: str) -> bool:
        return bool(self._open) and self._open[-1][0] == name

    def _remark(self, kind: str, fault: dict[str, str]) -> Remark:
        case = self._open[-1][1]
        suite = next((held for name, held, _ in reversed(self._open) if name == "testsuite"), {})
        path = case.get("file") or suite.get("file") or suite.get("name", "")
        named = ".".join(part for part in (case.get("classname"), case.get("name")) if part)
        said = fault.get("message") or "".join(self._told) or kind
        sentence = one_line(f"{named}: {said}" if named else said)
        line, column = (counted_from_one(case.get(name)) for name in ("line", "column"))
        return Remark(path, line, column, one_line(fault.get("type", ""))[:80], sentence)


def _counted(suite: dict[str, str]) -> int:
    counts = Counter({name: counted_from_one(suite.get(name)) or 0 for name in ("failures", "errors")})
    return counts.total()
