"""Where a text does not parse, shown as a pusher sees it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from gitcorpus.syntax import MAX_QUOTE, FaultKind, faults, grammar_version, languages


def drawn(text: str, language: str) -> str:
    """Draw the first fault: where, what, and the line with its carets."""
    (fault,) = faults(text.encode(), language, most=1)
    carets = "^" * (fault.last_column - fault.first_column + 1)
    what = f"{fault.kind} {fault.text}".strip()
    return (
        f"{fault.line}:{fault.first_column} {what}\n{fault.quote}\n{' ' * (fault.first_column - 1)}{carets}"
    )


def test_a_bracket_that_nothing_closes_has_the_caret():
    assert drawn("def add(a, b:\n    return a + b\n", "python") == snapshot("""\
1:8 unclosed (
def add(a, b:
       ^\
""")
    assert drawn("const x = {a: 1\nconsole.log(x)\n", "javascript") == snapshot("""\
1:11 unclosed {
const x = {a: 1
          ^\
""")
    assert drawn("a: [1, 2\nb: 3\n", "yaml") == snapshot("""\
1:4 unclosed [
a: [1, 2
   ^\
""")


def test_a_missing_piece_has_the_caret_where_it_belongs():
    assert drawn("package a\n\nfunc f() {\n\tx := 1\n\n", "go") == snapshot("""\
4:8 missing }
	x := 1
       ^\
""")
    assert drawn("fn main() {\n    let x = 1\n    let y = 2;\n}\n", "rust") == snapshot("""\
2:14 missing ;
    let x = 1
             ^\
""")
    assert drawn("if true; then\n  echo a\n", "bash") == snapshot("""\
2:9 missing fi
  echo a
        ^\
""")


def test_an_error_is_told_where_the_parser_went_astray_and_not_where_its_block_begins():
    assert drawn("class A:\n  def f(self)\n    return 1\n", "python") == snapshot("""\
2:3 error
  def f(self)
  ^^^^^^^^^^^\
""")
    assert drawn("def f():\n    x = 1\n    y = = 2\n", "python") == snapshot("""\
3:9 error
    y = = 2
        ^\
""")


def test_columns_count_characters():
    assert drawn('é = "漢字" (\r\n', "python") == snapshot("""\
1:10 unclosed (
é = "漢字" (
         ^\
""")


def test_says_one_fault_a_line_and_no_more_than_wanted():
    text = b"x = = 1\ny = = 2\nz = = = 3\n"
    assert [fault.line for fault in faults(text, "python", most=2)] == [1, 2]
    assert [fault.line for fault in faults(text, "python", most=9)] == [1, 2, 3]


def test_a_nul_is_a_fault_that_no_grammar_sees():
    (fault,) = faults("x = 1\né\0\n".encode(), "bash")
    assert (fault.line, fault.first_column, fault.kind) == (2, 2, FaultKind.ERROR)


@pytest.mark.parametrize("text", ["", "\n", "x = 1", "x = 1\r\ny = 2\r\n", "\ufeffx = 1\n", "# é\n"])
def test_odd_but_sound_texts_have_no_fault(text):
    assert faults(text.encode(), "python") == ()


@pytest.mark.parametrize("language", sorted(languages()))
def test_every_grammar_loads_and_says_its_version(language):
    assert faults(b"", language) in ((), faults(b"", language))
    package, _, engine = grammar_version(language).partition(", ")
    assert package.startswith("tree-sitter-")
    assert engine.startswith("tree-sitter 0.")


@given(
    st.text(alphabet="()[]{}\"'`$<>:;=,.#\\ \t\r\n\0abé漢if\ufeff", max_size=60),
    st.sampled_from(sorted(languages())),
)
def test_a_fault_stands_in_the_text(text, language):
    lines = text.split("\n")
    for fault in faults(text.encode(), language, most=5):
        assert 1 <= fault.line <= len(lines)
        assert 1 <= fault.first_column <= fault.last_column
        assert fault.first_column <= len(lines[fault.line - 1]) + 1
        assert fault.quote == lines[fault.line - 1].rstrip("\r")[:MAX_QUOTE]
