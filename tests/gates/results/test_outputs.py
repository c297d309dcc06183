"""What real tools wrote is read as it was meant: beside each output stands what is to be made of it."""

from pathlib import Path

import pytest

from gitcorpus.gates.results import (
    Folder,
    ReportError,
    parse_cargo,
    parse_cobertura,
    parse_go_json,
    parse_go_profile,
    parse_junit,
    parse_lcov,
    parse_tap,
)

OUTPUTS = Path(__file__).parent / "outputs"
MODULE = "example.org/adder"
FOLDER = Folder(root="/work")

REPORTS = {
    "bats.tap": parse_tap,
    "bats.xml": parse_junit,
    "cargo-both.txt": parse_cargo,
    "cargo-nocapture.txt": parse_cargo,
    "cargo.txt": parse_cargo,
    "ctest.xml": parse_junit,
    "go.json": lambda data: parse_go_json(data, module=MODULE),
    "junit5.xml": parse_junit,
    "nextest.xml": parse_junit,
    "node.tap": parse_tap,
    "node.xml": parse_junit,
    "perl-bail.tap": parse_tap,
    "perl.tap": parse_tap,
    "prove.tap": parse_tap,
    "pytest-xunit1.xml": parse_junit,
    "pytest.xml": parse_junit,
}
COVERAGES = {
    "coverage-py.lcov": lambda data: parse_lcov(data, FOLDER),
    "coverage-py.xml": lambda data: parse_cobertura(data, FOLDER),
    "gcovr.xml": lambda data: parse_cobertura(data, FOLDER),
    "go-atomic.cover": lambda data: parse_go_profile(data, FOLDER, module=MODULE),
    "go.cover": lambda data: parse_go_profile(data, FOLDER, module=MODULE),
    "node.lcov": lambda data: parse_lcov(data, FOLDER),
}


def cases_as_text(report):
    head = f"{report.n_passed} passed, {report.n_failed} failed, {report.n_skipped} skipped, {report.pass_rate:.3f}"
    rows = (
        f"{case.status} | {case.suite} | {case.name} | {case.file}:{case.line or ''} | {case.code} | {case.message}"
        for case in report.cases
    )
    return "\n".join((head, *(row.rstrip() for row in rows))) + "\n"


def lines_as_text(coverage):
    rows = (
        f"{file.path} executed {sorted(file.executed)} missed {sorted(file.missed)}"
        for file in coverage.files
    )
    return "\n".join((f"{coverage.rate:.3f}, {coverage.n_dropped} dropped", *rows)) + "\n"


def test_every_output_is_read():
    names = {path.name for path in OUTPUTS.iterdir() if path.suffix != ".told"}
    assert names == {*REPORTS, *COVERAGES}


@pytest.mark.parametrize("name", REPORTS)
def test_cases(name):
    report = REPORTS[name]((OUTPUTS / name).read_bytes())
    assert cases_as_text(report) == (OUTPUTS / f"{name}.told").read_text("utf-8")


@pytest.mark.parametrize("name", COVERAGES)
def test_lines(name):
    coverage = COVERAGES[name]((OUTPUTS / name).read_bytes())
    assert lines_as_text(coverage) == (OUTPUTS / f"{name}.told").read_text("utf-8")


@pytest.mark.parametrize("name", ["node.tap", "go.json", "cargo-both.txt", "perl.tap"])
def test_an_output_that_is_cut_short_never_looks_like_a_shorter_run(name):
    data = (OUTPUTS / name).read_bytes()
    lines = data.splitlines(keepends=True)
    whole = REPORTS[name](data)
    for kept in range(1, len(lines)):
        try:
            report = REPORTS[name](b"".join(lines[:kept]))
        except ReportError:
            continue
        assert report.n_failed or report.cases == whole.cases[: len(report.cases)]
        assert report.n_passed <= whole.n_passed
