"""What test runs and coverage tools write, as values: cases that passed or not, lines that were executed or missed.

The bytes come from a program that ran pushed code, so they are as hostile as that. What is no sound report is an error
and never an empty one: a run that could not be read has proved nothing.
"""

from gitcorpus.gates.results.cargo import parse_cargo
from gitcorpus.gates.results.cases import Status, TestCase, TestReport
from gitcorpus.gates.results.cobertura import parse_cobertura
from gitcorpus.gates.results.coverage import Coverage, FileCoverage
from gitcorpus.gates.results.go_json import parse_go_json
from gitcorpus.gates.results.go_profile import parse_go_profile
from gitcorpus.gates.results.junit import parse_junit
from gitcorpus.gates.results.lcov import parse_lcov
from gitcorpus.gates.results.paths import Folder
from gitcorpus.gates.results.tap import parse_tap
from gitcorpus.gates.results.told import ReportError

__all__ = [
    "Coverage",
    "FileCoverage",
    "Folder",
    "ReportError",
    "Status",
    "TestCase",
    "TestReport",
    "parse_cargo",
    "parse_cobertura",
    "parse_go_json",
    "parse_go_profile",
    "parse_junit",
    "parse_lcov",
    "parse_tap",
]
