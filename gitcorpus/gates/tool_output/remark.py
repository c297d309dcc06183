"""One thing that a tool said about one file, before anybody knows whether there is such a file."""

from typing import NamedTuple

from gitcorpus.gates.results.told import counted_from_one, one_line
from gitcorpus.model.finding import Severity

__all__ = ["OutputError", "Remark", "counted_from_one", "one_line"]


class OutputError(Exception):
    """The output is not of the form that the gate's declaration says; the argument is what is wrong with it."""


class Remark(NamedTuple):
    """A path as the tool wrote it, or empty; a line and a column from 1; the tool's own code, or empty."""

    path: str
    line: int | None
    column: int | None
    code: str
    sentence: str
    severity: Severity = Severity.BLOCK
