"""What tools write becomes remarks, or an error: nothing that cannot be read counts as nothing found."""

import json

import pytest

from gitcorpus.gates.tool_output import OutputError, Remark, parse_junit, parse_lines, parse_sarif
from gitcorpus.gates.tool_output.sarif import path_of
from gitcorpus.model.finding import Severity

RESULT = {
    "ruleId": "F401",
    "level": "error",
    "message": {"text": "`os` imported\nbut unused"},
    "locations": [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "a/b.py"},
                "region": {"startLine": 1, "startColumn": 8},
            }
        }
    ],
}


def log(*results, **run):
    held = {"tool": {"driver": {"name": "t"}}, "results": list(results), **run}
    return json.dumps({"version": "2.1.0", "runs": [held]}).encode()


def suite(cases, **attributes):
    said = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<testsuites><testsuite{said}>{cases}</testsuite></testsuites>".encode()


def test_sarif():
    assert parse_sarif(log()) == ()
    assert parse_sarif(log(RESULT)) == (Remark("a/b.py", 1, 8, "F401", "`os` imported but unused"),)


@pytest.mark.parametrize(
    ("changes", "severity"),
    [
        ({}, Severity.BLOCK),
        ({"level": "warning"}, Severity.WARN),
        ({"level": "note"}, Severity.RECORD),
        ({"level": "none"}, Severity.RECORD),
        ({"kind": "review"}, Severity.BLOCK),
        ({"suppressions": []}, Severity.BLOCK),
        ({"suppressions": [{"kind": "inSource"}]}, Severity.RECORD),
        ({"suppressions": [{"kind": "inSource", "status": "rejected"}]}, Severity.BLOCK),
    ],
)
def test_sarif_says_how_grave_a_result_is(changes, severity):
    assert [each.severity for each in parse_sarif(log({**RESULT, **changes}))] == [severity]


@pytest.mark.parametrize("reference", [{"ruleId": "R"}, {"ruleIndex": 0}, {"rule": {"id": "R"}}])
def test_a_result_without_a_level_has_that_of_its_rule(reference):
    rule = {"id": "R", "defaultConfiguration": {"level": "error"}, "messageStrings": {"m": {"text": "ready"}}}
    tool = {"driver": {"name": "t", "rules": [rule]}}
    result = {**reference, "message": {"id": "m"}}
    assert parse_sarif(log(result, tool=tool)) == (Remark("", None, None, "R", "ready"),)
    assert parse_sarif(log({"message": {"text": "x"}}))[0].severity is Severity.WARN


def test_what_passes_in_sarif_is_no_remark():
    assert parse_sarif(log({**RESULT, "kind": "pass"}, {**RESULT, "kind": "notApplicable"})) == ()


@pytest.mark.parametrize(
    ("uri", "base", "path"),
    [
        ("a/b.py", "", "a/b.py"),
        ("a/b.py", "file:///work/", "/work/a/b.py"),
        ("file:///work/a%20b%25.py", "", "/work/a b%.py"),
        ("file://localhost/work/a.py", "", "/work/a.py"),
        ("file:/work/a.py", "ignored/", "/work/a.py"),
        ("caf%C3%A9/%FF.py", "", "café/\udcff.py"),
        ("https://host.example/a.py", "", "https://host.example/a.py"),
        ("../../etc/passwd", "", "../../etc/passwd"),
    ],
)
def test_uris_become_paths(uri, base, path):
    assert path_of(uri, base) == path


def test_sarif_may_name_a_file_by_its_index_and_a_folder_by_its_name():
    place = {"physicalLocation": {"artifactLocation": {"index": 0}}}
    artifacts = [{"location": {"uri": "a.py", "uriBaseId": "ROOT"}}]
    data = log(
        {**RESULT, "locations": [place]},
        artifacts=artifacts,
        originalUriBaseIds={"ROOT": {"uri": "file:///w/"}},
    )
    assert parse_sarif(data)[0].path == "/w/a.py"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"all good\n",
        b"[]",
        b"{}",
        b'{"version": "2.0.0", "runs": []}',
        b'{"version": "2.1.0"}',
        b'{"version": "2.1.0", "runs": []}',
        b'{"version": "2.1.0", "runs": [{}]}',
        b'{"version": "2.1.0", "runs": [{"results": {}}]}',
        log(1),
        log({**RESULT, "level": "fine"}),
        log({**RESULT, "locations": [1]}),
        log(invocations=[{"executionSuccessful": False}]),
        b"[" * 100_000,
        b'{"version": "2.1.0", "runs": [{"results": [' + b"[" * 5000 + b"]" * 5000 + b"]}]}",
        log(RESULT)[:-1],
        log(RESULT).replace(b"F401", b"\xff"),
        log(RESULT).replace(b"F401", b"\\ud800"),
    ],
)
def test_what_is_no_sarif_is_an_error(data):
    with pytest.raises(OutputError):
        parse_sarif(data)


@pytest.mark.parametrize("line", [0, -1, 1.5, "x", None, True, 2**60, [1]])
def test_a_line_that_no_file_has_is_no_line(line):
    region = {"startLine": line}
    place = {"physicalLocation": {"artifactLocation": {"uri": "a"}, "region": region}}
    if line is not None:
        assert parse_sarif(log({**RESULT, "locations": [place]}))[0].line is None


def test_junit():
    cases = (
        '<testcase name="ok"/><testcase name="skipped"><skipped/></testcase>'
        '<testcase classname="c" name="n" file="a.py" line="3"><failure type="E" message="m"/></testcase>'
        '<testcase name="t"><error>Trace\n  back &amp; more</error><system-out>x</system-out></testcase>'
    )
    assert parse_junit(suite(cases, name="b.py", failures=1, errors=1)) == (
        Remark("a.py", 3, None, "E", "c.n: m"),
        Remark("b.py", None, None, "", "t: Trace back & more"),
    )
    assert parse_junit(b"<testsuites/>") == ()
    assert parse_junit(b'<?xml version="1.0" encoding="utf-8"?><testsuite name="s"/>') == ()


LAUGHS = (
    b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "' + b"&a;" * 50 + b'"><!ENTITY c "' + b"&b;" * 50 + b'">]>'
)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"garbage",
        b"<html/>",
        b"<testsuites>",
        b"<testsuites/><testsuites/>",
        LAUGHS + b"<testsuites>&c;</testsuites>",
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><testsuites/>',
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><testsuites>&e;</testsuites>',
        b"<!DOCTYPE testsuites><testsuites/>",
        b"<testsuites>&undefined;</testsuites>",
        b"<testsuites>" + b"<a>" * 100 + b"</a>" * 100 + b"</testsuites>",
        b'<?xml version="1.0" encoding="no-such"?><testsuites/>',
        b'<?xml version="1.0" encoding="idna"?><testsuites/>',
        "<testsuites>\udcff</testsuites>".encode("utf-8", "surrogateescape"),
        suite("<testcase/>", failures=1),
        suite("<testcase><failure/></testcase>", failures=1, errors=1),
        suite("<failure/>", failures=1),
    ],
)
def test_what_is_no_junit_is_an_error(data):
    with pytest.raises(OutputError):
        parse_junit(data)


def test_lines():
    data = b"a.py:1: x\nb c.py:2:7: warning: y\r\n    code\n\t^\n\nd:e.py:3:no blank\nf.py:4:\n"
    assert parse_lines(data) == (
        Remark("a.py", 1, None, "", "x"),
        Remark("b c.py", 2, 7, "", "warning: y"),
        Remark("d:e.py", 3, None, "", "no blank"),
        Remark("f.py", 4, None, "", ""),
    )
    assert parse_lines(b"") == parse_lines(b"\n \n") == ()


def test_lines_keep_the_bytes_of_a_path_and_none_of_a_message():
    (remark,) = parse_lines(b"caf\xe9.py:1:99999999999: \xff\x1b[2J" + b"y" * 5000)
    assert remark.path == "caf\udce9.py"
    assert remark.column is None
    remark.sentence.encode("utf-8")
    assert len(remark.sentence) == 400


@pytest.mark.parametrize(
    "data",
    [b"Found 1 error\n", b"  indented first\n", b"a.py: no line\n", b":1: no path\n", b"a.py:1\n", b"\0\n"],
)
def test_what_is_no_line_of_the_form_is_an_error(data):
    with pytest.raises(OutputError):
        parse_lines(data)


def test_long_lines_take_time_in_step_with_their_length():
    assert len(parse_lines(b":1" * 1_000_000 + b":")) == 1
    with pytest.raises(OutputError):
        parse_lines(b":" * 2_000_000)
    with pytest.raises(OutputError):
        parse_lines(b"a:" + b"1" * 3_000_000)
