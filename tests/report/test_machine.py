"""A verdict for programs and forges, whatever hostile text it holds."""

import html
import json
import os
import re
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot
from jsonschema import Draft202012Validator

from gitcorpus.model.finding import Finding, Quote, Severity
from gitcorpus.model.place import ZERO_OID, Oid, Place
from gitcorpus.model.push import RefUpdate
from gitcorpus.model.verdict import GateResult, GateState, Outcome, Verdict
from gitcorpus.report.machine import (
    MOST_MARKDOWN,
    render_github,
    render_json,
    render_markdown,
    render_sarif,
)
from gitcorpus.shipped import shipped_path

TIP, EARLIER = Oid("1" * 40), Oid("2" * 40)
MAIN = RefUpdate(ref="refs/heads/main", old=ZERO_OID, new=TIP)
SCHEMA = json.loads(shipped_path("schemas", "check.schema.json").read_text())
PASSED = GateResult(gate="paths", state=GateState.PASSED)
SILENT = GateResult(gate="lint", state=GateState.UNJUDGED, reason="tool-unknown: the server has no tool `x`")
NOT_UTF8 = os.fsdecode(b"caf\xe9, 100%:a.py")
EVIL = "a|b`<img src=x onerror=y>\n::add-mask::x\r](http://evil.example) @lead #1 \x1b[2J\u202e.py"


def finding(path: str = "a.py", line: int | None = 3, **given) -> Finding:
    place = Place(path=path, line=line, column=5 if line else None, commit=given.pop("commit", None))
    fields = {"code": "some-code", "sentence": "something is wrong", "hint": "mend it", **given}
    return Finding(place=place, **fields)


def verdict(*findings: Finding, others: tuple[GateResult, ...] = (PASSED,)) -> Verdict:
    blocked = any(each.blocks for each in findings)
    state = GateState.FAILED if blocked else GateState.PASSED
    result = GateResult(gate="syntax", state=state, findings=findings)
    return Verdict(updates=(MAIN,), results=(*others, result), commits=(EARLIER, TIP), tips=(TIP,), files=2)


MIXED = verdict(
    finding(quote=Quote("x = (y", 5, 6)),
    finding("b c/ü.py", severity=Severity.WARN, commit=EARLIER),
    finding(f"commit {TIP[:12]}", None, commit=TIP, hint=""),
    finding("refs/heads/main", None, severity=Severity.RECORD),
    finding("d.py", waived_by="old"),
    others=(PASSED, SILENT),
)


def test_json_holds_all_that_a_verdict_says():
    told = json.loads(render_json(MIXED))
    Draft202012Validator(SCHEMA).validate(told)
    findings = told.pop("findings")
    assert told == snapshot(
        {
            "outcome": "refused",
            "policy": None,
            "spec_digest": None,
            "updates": [{"ref": "refs/heads/main", "old": ZERO_OID, "new": TIP}],
            "commits": [EARLIER, TIP],
            "files": 2,
            "gates": [
                {"gate": "paths", "state": "passed", "reason": ""},
                {"gate": "lint", "state": "unjudged", "reason": SILENT.reason},
                {"gate": "syntax", "state": "failed", "reason": ""},
            ],
        }
    )
    assert findings[0] == snapshot(
        {
            "gate": "syntax",
            "code": "some-code",
            "severity": "block",
            "blocks": True,
            "path": "a.py",
            "line": 3,
            "column": 5,
            "commit": None,
            "sentence": "something is wrong",
            "hint": "mend it",
            "waived_by": "",
            "content": "",
            "patch": "",
        }
    )
    assert [(each["severity"], each["blocks"], each["waived_by"]) for each in findings] == [
        ("block", True, ""),
        ("warn", False, ""),
        ("block", True, ""),
        ("record", False, ""),
        ("block", False, "old"),
    ]


def test_the_schema_of_the_json_is_sound():
    Draft202012Validator.check_schema(SCHEMA)
    values = SCHEMA["properties"]
    assert set(values["outcome"]["enum"]) == {*Outcome}
    assert set(values["gates"]["items"]["properties"]["state"]["enum"]) == {*GateState}
    assert set(values["findings"]["items"]["properties"]["severity"]["enum"]) == {*Severity}


def test_json_is_ascii_without_half_characters():
    text = render_json(verdict(finding(NOT_UTF8, sentence="漢 \ud800")))
    assert text.isascii()
    told = json.loads(text)["findings"][0]
    assert (told["path"], told["sentence"]) == ("caf\\xe9, 100%:a.py", "漢 \\x00")


def test_sarif_is_what_the_standard_demands():
    log = json.loads(render_sarif(MIXED))
    check_sarif(log)
    run = log["runs"][0]
    assert run["results"][0] == snapshot(
        {
            "ruleId": "some-code",
            "level": "error",
            "message": {"text": "something is wrong\nhint: mend it"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "a.py", "uriBaseId": "%SRCROOT%"},
                        "region": {"startLine": 3, "startColumn": 5, "endColumn": 7},
                    }
                }
            ],
            "properties": {"gate": "syntax", "commit": None},
            "ruleIndex": 0,
        }
    )
    assert [result["level"] for result in run["results"]] == ["error", "warning", "error", "note", "error"]
    assert [uri(result) for result in run["results"]] == ["a.py", "b%20c/%C3%BC.py", None, None, "d.py"]
    assert run["results"][2]["locations"] == [
        {"logicalLocations": [{"fullyQualifiedName": "commit 111111111111"}]}
    ]
    assert run["results"][4]["suppressions"] == [{"kind": "external", "justification": "waiver old"}]
    assert run["invocations"] == [
        {
            "executionSuccessful": False,
            "toolExecutionNotifications": [
                {"level": "error", "message": {"text": f"lint: no answer: {SILENT.reason}"}}
            ],
        }
    ]


def test_a_verdict_without_findings_is_an_empty_run():
    log = json.loads(render_sarif(verdict()))
    check_sarif(log)
    assert log["runs"][0]["results"] == []
    assert log["runs"][0]["invocations"][0]["executionSuccessful"] is True


def uri(result):
    physical = result["locations"][0].get("physicalLocation")
    return physical["artifactLocation"]["uri"] if physical else None


def check_sarif(log):
    """Check what the schema of SARIF 2.1.0 demands of the parts that we write."""
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("/sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "gitcorpus"
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids))
    assert run["columnKind"] in {"utf16CodeUnits", "unicodeCodePoints"}
    assert isinstance(run["invocations"][0]["executionSuccessful"], bool)
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in {"none", "note", "warning", "error"}
        assert result["message"]["text"]
        assert all(each["kind"] in {"inSource", "external"} for each in result.get("suppressions", ()))
        for location in result["locations"]:
            check_region(location.get("physicalLocation", {}).get("region", {"startLine": 1}))
            if uri(result) is not None:
                assert re.fullmatch(r"(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+", uri(result))


def check_region(region):
    assert region["startLine"] >= 1
    assert region.get("startColumn", 1) >= 1
    assert "endColumn" not in region or region["endColumn"] > region["startColumn"]


def test_markdown_is_a_table():
    assert html.unescape(render_markdown(MIXED)) == snapshot("""\
**<code>refused: 2 findings (syntax 2), 1 gate passed, 1 unjudged; 1 warning; 1 waived</code>**

| where | what | how to mend it |
|---|---|---|
| <code>a.py:3:5</code> | <code>some-code: something is wrong</code> | <code>mend it</code> |
| <code>b c/ü.py:3:5</code> | <code>some-code: something is wrong (in commit 222222222222) (warning)</code> | \
<code>mend it</code> |
| <code>commit 111111111111</code> | <code>some-code: something is wrong</code> |  |

- <code>lint: no answer: tool-unknown: the server has no tool `x`</code>\
""")


def test_markdown_of_an_accepted_verdict_is_one_line():
    assert render_markdown(verdict()) == "**<code>accepted&#58; 2 gates passed</code>**"


def test_a_long_table_is_cut():
    text = render_markdown(verdict(*(finding(f"{'x' * 90}{n}.py") for n in range(2000))))
    assert len(text) < MOST_MARKDOWN + 1000
    shown = sum(line.startswith("| <code>xxx") for line in text.split("\n"))
    assert text.split("\n")[-1] == f"{2000 - shown} more are left out."


def test_github_gets_workflow_commands():
    assert render_github(MIXED) == snapshot("""\
::error file=a.py,line=3,col=5,title=some-code::something is wrong%0Ahint: mend it
::warning file=b c/ü.py,line=3,col=5,title=some-code::something is wrong (in commit 222222222222)%0Ahint: mend it
::error title=some-code::commit 111111111111: something is wrong
::notice title=some-code::refs/heads/main: something is wrong%0Ahint: mend it
::error title=lint::no answer: tool-unknown: the server has no tool `x`
refused: 2 findings (syntax 2), 1 gate passed, 1 unjudged; 1 warning; 1 waived\
""")


def test_github_commands_are_escaped_as_documented():
    hostile = verdict(finding("a,b:c%d\r\ne.py", sentence="50%\r\n::error::x, y: z", hint=""))
    assert render_github(hostile).split("\n")[0] == (
        "::error file=a%2Cb%3Ac%25d%0D%0Ae.py,line=3,col=5,title=some-code::50%25%0D%0A::error::x, y: z"
    )


@pytest.mark.parametrize("render", [render_json, render_sarif, render_markdown, render_github])
def test_hostile_text_acts_nowhere(render):
    text = render(verdict(finding(EVIL, sentence=EVIL, hint=EVIL), finding(f"commit {EVIL}", None)))
    assert all(line.isprintable() for line in text.split("\n"))
    assert not re.search(r"^::add-mask", text, re.MULTILINE)
    if render is render_markdown:
        assert set(re.findall("<[^>]*>", text)) == {"<code>", "</code>"}
        assert not re.search(r"[`@\[\]\\]|http:|[^&]#", text)
        assert all(line.count("|") == 4 for line in text.split("\n") if line.startswith("|"))
        assert "@lead" in html.unescape(text)
    if render is render_sarif:
        check_sarif(json.loads(text))
        assert "](" not in text


PATHS = st.binary(min_size=1, max_size=30).filter(lambda data: b"\0" not in data).map(os.fsdecode)


@given(st.lists(st.tuples(PATHS, st.text(max_size=30), st.text(max_size=30)), max_size=4))
def test_every_form_holds_whatever_text_there_is(texts):
    many = verdict(*(finding(path, sentence=sentence, hint=hint) for path, sentence, hint in texts))
    told = json.loads(render_json(many))
    Draft202012Validator(SCHEMA).validate(told)
    log = json.loads(render_sarif(many))
    uris = [uri(result) for result in log["runs"][0]["results"]]
    assert [unquote_to_bytes(each) for each in uris] == [os.fsencode(path) for path, _, _ in texts]
    lines = render_github(many).split("\n")
    assert len(lines) == len(texts) + 1
    assert all(line.startswith("::error file=") for line in lines[:-1])
    rows = [line for line in render_markdown(many).split("\n") if line.startswith("| <code>")]
    assert len(rows) == len(texts)
    assert all(row.isascii() and row.count("|") == 4 for row in rows)


PATCH = "@@ -2,3 +2,3 @@\n a = 1\n-b=2\n+b = 2\n c = [x](y)\n@@ -9,2 +9,3 @@\n d\n+e\n f\n"


def test_a_patch_that_mends_is_a_fix_in_sarif():
    (result,) = json.loads(render_sarif(verdict(finding(patch=PATCH, mends=True))))["runs"][0]["results"]
    assert result["fixes"] == snapshot(
        [
            {
                "description": {"text": "something is wrong"},
                "artifactChanges": [
                    {
                        "artifactLocation": {"uri": "a.py", "uriBaseId": "%SRCROOT%"},
                        "replacements": [
                            {
                                "deletedRegion": {"startLine": 2, "endLine": 4},
                                "insertedContent": {
                                    "text": """\
a = 1
b = 2
c = [x](y)\
"""
                                },
                            },
                            {
                                "deletedRegion": {"startLine": 9, "endLine": 10},
                                "insertedContent": {
                                    "text": """\
d
e
f\
"""
                                },
                            },
                        ],
                    }
                ],
            }
        ]
    )


@pytest.mark.parametrize(
    "patch",
    [
        "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n",
        "@@ -1 +1 @@\n-a\r\n+a\n",
        "@@ -0,0 +1 @@\n+a\n",
        "@@ -1 +0,0 @@\n-a\n",
        "Binary files differ\n",
        "",
    ],
)
def test_a_patch_that_whole_lines_cannot_tell_is_no_fix(patch):
    (result,) = json.loads(render_sarif(verdict(finding(patch=patch, mends=True))))["runs"][0]["results"]
    assert "fixes" not in result


def test_a_patch_that_only_shows_something_is_no_fix():
    (result,) = json.loads(render_sarif(verdict(finding(patch=PATCH))))["runs"][0]["results"]
    assert "fixes" not in result


def test_json_holds_a_patch_as_it_is():
    (told,) = json.loads(render_json(verdict(finding(patch=PATCH))))["findings"]
    assert told["patch"] == PATCH


def test_markdown_shows_the_first_lines_of_a_patch_as_code():
    patch = "@@ -1 +1 @@\n-  a|b`<img>\n+  x\n" + "+y\n" * 50
    row = render_markdown(verdict(finding(patch=patch))).split("\n")[-1]
    assert row.count("<br><code>") == 12
    assert "<code>&#45;&#160;&#160;a&#124;b&#96;&#60;img&#62;</code>" in row
