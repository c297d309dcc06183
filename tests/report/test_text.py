"""What the pusher reads: a screen, whole, and nothing that acts on a terminal."""

from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from gitcorpus.model.finding import Finding, Quote, Severity
from gitcorpus.model.place import Place
from gitcorpus.model.verdict import GateResult, GateState, Verdict
from gitcorpus.report.sanitize import columns, shown
from gitcorpus.report.text import SCREEN, quote_lines, render_verdict


def finding(line: int, **more) -> Finding:
    place = Place(path="a.py", line=line, column=1)
    return Finding(code="some-code", place=place, sentence="something is wrong", hint="mend it", **more)


def verdict(*results: GateResult) -> Verdict:
    return Verdict(updates=(), results=results)


def failed(*findings: Finding) -> GateResult:
    return GateResult(gate="syntax", state=GateState.FAILED, findings=findings)


PASSED = GateResult(gate="paths", state=GateState.PASSED)


def test_many_findings_take_a_screen_and_say_how_to_see_all():
    many = verdict(PASSED, failed(*(finding(n, quote=Quote("x = (", 5, 5)) for n in range(1, 40))))
    text = render_verdict(many, "0123456789ab", color=False, full=False)
    assert len(text.splitlines()) <= SCREEN
    assert text == snapshot("""\
refused: 39 findings (syntax 39), 1 gate passed
a.py:1:1 some-code: something is wrong
    x = (
        ^
  hint: mend it
  39 x some-code: also a.py:2:1, a.py:3:1 and 36 more places
hint: 38 more: push again with -o full to see all
verdict 0123456789ab\
""")
    full = render_verdict(many, "0123456789ab", color=False, full=True)
    assert full.count("something is wrong") == 39


def test_an_unjudged_gate_is_not_the_pushers_fault():
    broken = GateResult(gate="syntax", state=GateState.UNJUDGED, reason="the gate broke (ValueError: x)")
    assert render_verdict(verdict(PASSED, broken), "0123456789ab", color=False, full=False) == snapshot("""\
could not judge: 1 of 2 gates gave no answer, 1 gate passed
syntax: no answer: the gate broke (ValueError: x)
  hint: this is not your fault; tell the administrators the verdict's number
verdict 0123456789ab\
""")


def test_warnings_do_not_refuse_and_are_told():
    warned = GateResult(gate="size", state=GateState.PASSED, findings=(finding(3, severity=Severity.WARN),))
    assert render_verdict(verdict(PASSED, warned), "0123456789ab", color=False, full=False) == snapshot("""\
accepted: 2 gates passed; 1 warning
a.py:3:1 some-code: something is wrong (warning)
  hint: mend it
verdict 0123456789ab\
""")


def test_waived_and_recorded_findings_are_counted_and_not_listed():
    quiet = (finding(3, waived_by="w"), finding(4, severity=Severity.RECORD))
    result = GateResult(gate="size", state=GateState.PASSED, findings=quiet)
    assert render_verdict(verdict(result), "0", color=False, full=False) == snapshot(
        "accepted: 1 gate passed; 1 waived"
    )


def test_colours_only_when_asked():
    refused = verdict(failed(finding(1)))
    assert "\x1b" not in render_verdict(refused, "0", color=False, full=False)
    assert "\x1b[31mrefused" in render_verdict(refused, "0", color=True, full=False)


def test_carets_stand_under_wide_and_hidden_characters():
    assert list(quote_lines(Quote("\tif 漢字(\x1b[31m", 8, 13))) == snapshot(
        ["     if 漢字(\\x1b[31m", "             ^^^^^^^^"]
    )


def test_a_long_line_is_cut_around_its_fault():
    text, carets = quote_lines(Quote("x" * 300 + "(" + "y" * 300, 301, 301))
    assert text[carets.index("^")] == "("
    assert max(len(text), len(carets)) <= 76


@given(st.text())
def test_nothing_shown_acts_on_a_terminal(text):
    told = shown(text, 80)
    assert told.isprintable()
    assert len(told) <= 80


@given(st.text(max_size=60), st.integers(0, 70), st.integers(0, 70))
def test_a_quote_is_two_printable_lines(text, first, last):
    lines = list(quote_lines(Quote(text, first + 1, max(first, last) + 1)))
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)
    assert set(lines[1]) <= {" ", "^"}
    assert columns(lines[1]) >= 5


WORDS = st.text(max_size=200)
FINDINGS = st.builds(
    lambda path, line, sentence, hint: Finding(
        code="some-code", place=Place(path=path, line=line), sentence=sentence, hint=hint
    ),
    WORDS,
    st.integers(1, 999),
    WORDS,
    WORDS,
)


@given(st.lists(FINDINGS, min_size=1, max_size=40), st.integers(0, 9))
def test_the_answer_is_a_screen_that_shows_something_and_acts_on_nothing(findings, n_unjudged):
    broken = [
        GateResult(gate=f"g{n}", state=GateState.UNJUDGED, reason=findings[0].sentence)
        for n in range(n_unjudged)
    ]
    lines = render_verdict(verdict(failed(*findings), *broken), "0" * 12, color=False, full=False).split("\n")
    assert all(line.isprintable() for line in lines)
    assert any("some-code" in line for line in lines)
    first = next(line for line in lines if "some-code" in line)
    rows = sum(max(1, -(-columns(line) // 72)) for line in lines)
    assert rows <= SCREEN + -(-columns(first) // 72) + 6
    assert lines[0].startswith(f"refused: {len(findings)} finding")
    assert lines[-1] == "verdict 000000000000"


def test_many_gates_without_an_answer_are_counted():
    broken = [GateResult(gate=f"g{n}", state=GateState.UNJUDGED, reason="no tool") for n in range(9)]
    assert render_verdict(verdict(*broken), "0123456789ab", color=False, full=False) == snapshot("""\
could not judge: 9 of 9 gates gave no answer, 0 gates passed
g0: no answer: no tool
g1: no answer: no tool
g2: no answer: no tool
g3: no answer: no tool
and 5 more gates without an answer
  hint: this is not your fault; tell the administrators the verdict's number
verdict 0123456789ab\
""")


def test_marks_take_no_column():
    assert columns("e\u0301\u20dd") == 1
    assert columns("\u2764\ufe0f") == 1
    assert columns("\u0e01\u0e31") == 1
    assert columns("\u6f22") == 2


def test_findings_of_one_code_are_told_once_with_their_places_and_warnings_of_a_misplaced_file_not_at_all():
    def found(code, path, **more):
        place = Place(path=path, line=1)
        return Finding(code=code, place=place, sentence=f"{code} is wrong", hint="mend it", **more)

    layout = GateResult(
        gate="layout",
        state=GateState.FAILED,
        findings=(found("unknown-task", "x.py"), *(found("wrong-language", f"{n}.py") for n in range(5))),
    )
    docs = GateResult(
        gate="docs",
        state=GateState.PASSED,
        findings=tuple(found("undocumented", path, severity=Severity.WARN) for path in ("x.py", "y.py")),
    )
    text = render_verdict(verdict(layout, docs), "0123456789ab", color=False, full=False)
    assert text == snapshot("""\
refused: 6 findings (layout 6), 1 gate passed; 2 warnings
0.py:1 wrong-language: wrong-language is wrong
  hint: mend it
  5 x wrong-language: also 1.py:1, 2.py:1 and 2 more places
x.py:1 unknown-task: unknown-task is wrong
  hint: mend it
y.py:1 undocumented: undocumented is wrong (warning)
  hint: mend it
hint: 4 more: push again with -o full to see all
verdict 0123456789ab\
""")
    assert render_verdict(verdict(layout, docs), "", color=False, full=True).count("is wrong") == 8
