"""Whatever a parser is given, it makes a report of it or raises the one error, in time in step with the size."""

import json
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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

HERE = Folder(root="/work")
PARSERS = {
    "cargo": parse_cargo,
    "cobertura": lambda data: parse_cobertura(data, HERE),
    "go_json": lambda data: parse_go_json(data, module="m"),
    "go_profile": lambda data: parse_go_profile(data, HERE, module="m"),
    "junit": parse_junit,
    "lcov": lambda data: parse_lcov(data, HERE),
    "tap": parse_tap,
}
SAMPLES = sorted(path for path in (Path(__file__).parent / "outputs").iterdir() if path.suffix != ".told")
PIECES = st.sampled_from(
    [
        *(b"TAP version 14", b"1..2", b"1..0 # SKIP", b"ok 1 - a", b"not ok 2 - b # TODO", b"ok", b"not ok"),
        *(b"    ok 1 - in", b"    1..1", b"        ok", b"# Subtest: s", b"  ---", b"  at:", b"    file: x"),
        *(
            b"  message: 'm'",
            b"  error: |-",
            b"  ...",
            b"Bail out! x",
            b"t/a.t .. ",
            b"Dubious, test returned 1",
        ),
        *(b"running 2 tests", b"test a ... ok", b"test a ... FAILED", b"test b ... x", b"ok", b"failures:"),
        *(
            b"---- a stdout ----",
            b"test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
        ),
        *(
            b"   Doc-tests x",
            b"SF:a",
            b"SF:../x",
            b"DA:1,1",
            b"DA:2,0,x",
            b"end_of_record",
            b"TN:",
            b"mode: set",
        ),
        *(b"m/a.go:1.2,3.4 1 0", b"m/a.go:3.2,1.4 1 0", b'{"Action":"run","Package":"p","Test":"T"}'),
        *(b'{"Action":"pass","Package":"p","Test":"T/s"}', b'{"Action":"fail","Package":"p"}', b"{}", b"[]"),
        *(b'{"Action":"fail","Package":"p","Test":"T","Elapsed":-1e999}', b'{"Action":1}', b"\xff\x00", b""),
        *(
            b'{"Action":"build-fail","ImportPath":"p"}',
            b"FAIL\tp [setup failed]",
            b'{"Action":"output","Output":3}',
        ),
    ]
)
TAGS = st.sampled_from(
    [
        *(
            b"<testsuites>",
            b"</testsuites>",
            b'<testsuite name="a" failures="1">',
            b"</testsuite>",
            b"<testcase>",
        ),
        *(
            b'<testcase name="a" time="nan" status="fail">',
            b"</testcase>",
            b"<failure>",
            b"</failure>",
            b"<error/>",
        ),
        *(
            b'<skipped type="todo"/>',
            b"<system-out>x</system-out>",
            b"<coverage>",
            b"</coverage>",
            b"<sources>",
        ),
        *(
            b"<source>/x</source>",
            b"</sources>",
            b'<class filename="../a">',
            b'<class filename="a">',
            b"</class>",
        ),
        *(b'<line number="1" hits="0"/>', b'<line number="x"/>', b"&amp;", b"&x;", b"text", b"<!DOCTYPE x>"),
    ]
)


def tried(name, data):
    """Parse, and return the report, or None if the one error was raised."""
    try:
        return PARSERS[name](data)
    except ReportError as error:
        str(error).encode("utf-8")
        return None


@pytest.mark.parametrize("name", PARSERS)
@given(data=st.binary(max_size=200))
def test_bytes(name, data):
    tried(name, data)


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=150)
@given(pieces=st.lists(PIECES, max_size=12))
def test_lines(name, pieces):
    tried(name, b"\n".join(pieces))


@pytest.mark.parametrize("name", ["junit", "cobertura"])
@settings(max_examples=150)
@given(tags=st.lists(TAGS, max_size=10))
def test_tags(name, tags):
    tried(name, b"".join(tags))
    tried(name, b"<testsuites>" + b"".join(tags) + b"</testsuites>")
    tried(name, b"<coverage>" + b"".join(tags) + b"</coverage>")


@pytest.mark.parametrize("name", PARSERS)
@given(
    sample=st.sampled_from(SAMPLES), at=st.floats(0, 1), bytes_=st.binary(max_size=8), cut=st.integers(0, 50)
)
def test_outputs_with_a_piece_replaced(name, sample, at, bytes_, cut):
    data = sample.read_bytes()
    begin = int(at * len(data))
    report = tried(name, data[:begin] + bytes_ + data[begin + cut :])
    if report is not None and hasattr(report, "cases"):
        assert 0 <= report.pass_rate <= 1
        for case in report.cases:
            assert 0 <= case.seconds <= 1_000_000
            assert max(map(len, (case.suite, case.name, case.message, case.code))) <= 400
            assert len(case.file) <= 4096
            f"{case.suite}{case.name}{case.message}{case.code}".encode()


def event(**fields):
    return json.dumps({"Package": "p", **fields}).encode() + b"\n"


N = 20_000
LARGE = {
    "cargo": [
        b"running 99999 tests\n",
        b"running 0 tests\n" * N,
        b"running 1 test\nfailures:\n" + b"---- a stdout ----\nx\n" * N,
        b"running 1 test\ntest a ... x\n" + b"y" * 2_000_000,
        b"running 1 test\ntest a ... FAILED\nfailures:\n---- a stdout ----\n" + b"panicked at '" * 200_000,
    ],
    "cobertura": [
        b"<coverage>" + b'<class filename="a"/>' * N + b"</coverage>",
        b'<coverage><class filename="a">' + b'<line number="1" hits="1"/>' * N + b"</class></coverage>",
        b"<coverage><sources>" + b"<source>" + b"x/" * 500_000 + b"</source></sources></coverage>",
    ],
    "go_json": [
        event(Action="run", Test="a/" * 1_000_000),
        event(Action="fail", Test="a/" * 20_000),
        b"".join(event(Action="fail", Test=f"{n}" + "/a" * 30) for n in range(N // 4)),
        event(Action="output", Output="x" * 1000) * 5_000,
        b"".join(event(Action="output", Output="a.go:1: x", Test=f"T{n}") for n in range(N // 4)),
        b'{"Action":' + b"[" * 1_000_000,
    ],
    "go_profile": [
        b"mode: set\n" + b"m/a.go:1.1,99.2 1 1\n" * N,
        b"mode: set\n" + b":1.1" * 500_000,
    ],
    "junit": [
        b"<testsuite>" + b"<testcase/>" * N + b"</testsuite>",
        b"<testsuite><testcase>"
        + b"<system-out>yyyyyyyyyyyyyyyyyyyyyyyyyy</system-out>" * N
        + b"</testcase></testsuite>",
        b"<testsuite><testcase>" + b"<failure/>" * N + b"</testcase></testsuite>",
        b'<testsuite name="' + b"n" * 2_000_000 + b'">' + b"<testcase/>" * N + b"</testsuite>",
    ],
    "lcov": [
        b"SF:a\nend_of_record\n" * N,
        b"SF:a\n" + b"DA:1,1\n" * N + b"end_of_record\n",
        b"SF:" + b"x/../" * 500_000 + b"\nend_of_record\n",
    ],
    "tap": [
        b"1..100000\n",
        b"1..99999999\n",
        b"ok\n" * N,
        b"not ok\n" + b"# x\n" * N,
        b"not ok\n  ---\n" + b"  a: b\n" * N,
        b"".join(b" " * 4 * n + b"ok\n" for n in range(2_000)),
        (
            b"".join(b" " * 4 * n + b"ok\n" for n in range(31))
            + b"".join(b" " * 4 * n + b"not ok # TODO\n" for n in range(30, -1, -1))
        )
        * 300,
        b"ok " + b"#" * 1_000_000,
        b"ok " + b" #" * 500_000,
        b"ok # " + b"\\" * 1_000_000,
        b"x" + b" " * 1_000_000 + b"y\n1..0\n",
        b"x" + b" ." * 500_000 + b"y\n1..0\n",
    ],
}


@pytest.mark.parametrize(
    ("name", "number"), [(name, number) for name, held in LARGE.items() for number in range(len(held))]
)
def test_large_reports_take_time_in_step_with_their_size(name, number):
    data = LARGE[name][number]
    began = process_time()
    tried(name, data)
    assert process_time() - began < 2 + len(data) / 100_000


@pytest.mark.parametrize("name", PARSERS)
def test_a_report_that_is_larger_than_anybody_reads_is_an_error(name, monkeypatch):
    monkeypatch.setattr("gitcorpus.gates.results.told.MOST_BYTES", 10)
    with pytest.raises(ReportError, match="at most 10"):
        PARSERS[name](b"mode: set\n1..0\n")
