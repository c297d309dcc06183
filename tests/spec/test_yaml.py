from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from inline_snapshot import snapshot
from spec.printing import printed

from gitcorpus.spec.nodes import plain
from gitcorpus.spec.yaml import parse_yaml


def parse(text):
    return parse_yaml(text if isinstance(text, bytes) else text.encode(), "a.yaml")


def said(text):
    return printed(parse(text).findings)


def test_types_are_those_of_the_core_schema():
    root = parse(
        "a: no\nb: 2026-11-01\nc: 0.10\nd: 010\ne: 0x1f\nf: ~\ng: True\nh: '5'\ni: 1e3\nj: 1_0\n"
    ).root
    assert plain(root) == {
        "a": "no",
        "b": "2026-11-01",
        "c": Fraction(1, 10),
        "d": 10,
        "e": 31,
        "f": None,
        "g": True,
        "h": "5",
        "i": 1000,
        "j": "1_0",
    }


def test_a_byte_order_mark_and_crlf_are_read_over():
    assert plain(parse("\ufeffa: |\r\n  b\r\n  c\r\n").root) == {"a": "b\nc\n"}


def test_an_alias_repeats_a_value_with_its_place():
    root = parse("a: &x\n  b: c\nd: *x\n").root
    assert plain(root) == {"a": {"b": "c"}, "d": {"b": "c"}}
    assert str(root.get("d").get("b").place) == "a.yaml:2:6"


def test_refuses_duplicate_keys_and_names_both_lines():
    assert said("a: 1\nb:\n  c: 2\n  c: 3\na: 4\n") == snapshot("""\
a.yaml:4:3 duplicate-key: `c` stands twice: here and on line 3
      c: 3
      ^
  hint: keep one of the two
a.yaml:5:1 duplicate-key: `a` stands twice: here and on line 1
    a: 4
    ^
  hint: keep one of the two
""")


def test_refuses_tags():
    assert said("a: !!python/object/apply:os.system [ls]\nb: !!str 5\nc: !mine {}\n") == snapshot("""\
a.yaml:1:4 yaml-tag: the tag `!!python/object/apply:os.system` is not known here: specs have no tags
    a: !!python/object/apply:os.system [ls]
       ^
  hint: remove the tag; quote a value that must be text
a.yaml:2:4 yaml-tag: the tag `!!str` is not known here: specs have no tags
    b: !!str 5
       ^
  hint: remove the tag; quote a value that must be text
a.yaml:3:4 yaml-tag: the tag `!mine` is not known here: specs have no tags
    c: !mine {}
       ^
  hint: remove the tag; quote a value that must be text
""")


def test_refuses_a_second_document():
    assert said("a: b\n---\nc: d\n") == snapshot("""\
a.yaml:2:1 several-documents: a second document begins here
    ---
    ^
  hint: write one document a file
""")


def test_refuses_directives():
    assert said("%YAML 1.1\n---\na: no\n") == snapshot("""\
a.yaml:1:1 yaml-directive: a directive is not needed: specs are YAML 1.2
    %YAML 1.1
    ^
  hint: remove this line
""")


def test_refuses_keys_that_are_no_text():
    assert said("? [a, b]\n: c\n") == snapshot("""\
a.yaml:1:3 key-not-text: a key is a text
    ? [a, b]
      ^
  hint: quote it, or make it a list item
""")


def test_refuses_numbers_out_of_bounds():
    assert said(f"a: {'9' * 5000}\nb: 1e999999999\nc: .inf\nd: 9007199254740992\n") == snapshot("""\
a.yaml:1:4 bad-number: `99999999999999999999999999999999999999999999999…` is out of bounds
    …a: 9999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999…
        ^
  hint: a number is whole and below 2**53, or a decimal of at most 40 characters
a.yaml:2:4 bad-number: `1e999999999` is out of bounds
    b: 1e999999999
       ^
  hint: a number is whole and below 2**53, or a decimal of at most 40 characters
a.yaml:3:4 bad-number: `.inf` is out of bounds
    c: .inf
       ^
  hint: a number is whole and below 2**53, or a decimal of at most 40 characters
a.yaml:4:4 bad-number: `9007199254740992` is out of bounds
    d: 9007199254740992
       ^
  hint: a whole number stays below 2**53
""")


def test_refuses_an_empty_file():
    assert said("# nothing but a comment\n") == snapshot("""\
a.yaml:1 empty-document: the file declares nothing
  hint: begin with `apiVersion: gitcorpus/v1` and `kind:`
""")


def test_refuses_bytes_that_are_not_utf8():
    assert said("a: b\nc: d é\n".encode("latin-1")) == snapshot("""\
a.yaml:2:6 spec-not-utf8: byte 0xe9 is not UTF-8
  hint: save the file as UTF-8
""")


@pytest.mark.parametrize(
    "text", ["a: b\0c\n", "a: b\rc: d\n", "a: b\u2028c\n", "a: \x1b[2J\n", "a: b\ufeff\n"]
)
def test_refuses_characters_that_do_not_show(text):
    assert [finding.code for finding in parse(text).findings] == ["control-character"]


def test_refuses_escapes_that_no_text_may_hold():
    assert said('a: "\\0"\nb: "\\ud800"\n') == snapshot("""\
a.yaml:1:4 control-character: a NUL may not stand in a spec
    a: "\\0"
       ^^^^
  hint: remove it
a.yaml:2:4 control-character: the character U+D800 may not stand in a spec
    b: "\\ud800"
       ^^^^^^^^
  hint: remove it
""")
    assert said('a: "\\UFFFFFFFF"\n') == snapshot("""\
a.yaml:1 not-yaml: an escape names a character that does not exist
  hint: mend the `\\x`, `\\u` or `\\U`
""")


@pytest.mark.parametrize(
    "text",
    ["a: b: c", "a:\n\t- b", 'a: "b\nc: d', "a:\n  b: c\n d: e", "a: [b, c\nd: e", "a: @b", "a: b\nc\nd: e"],
)
def test_says_where_the_syntax_breaks_and_what_to_do(text):
    (finding,) = parse(text).findings
    assert finding.code == "not-yaml"
    assert finding.hint
    assert finding.quote


def test_words_a_fault_of_the_syntax():
    assert said("a: b\ntitle: Retry: with backoff\n") == snapshot("""\
a.yaml:2:13 not-yaml: a `: ` cannot stand within a plain text
    title: Retry: with backoff
                ^
  hint: quote the text: `title: "a: b"`
""")


def bomb(levels):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (bomb(9), "spec-too-large"),
        ("".join(f"a{n}: &a{n} [*a{n - 1}]\n" if n else "a0: &a0 [x]\n" for n in range(99)), "spec-too-deep"),
        ("&a [*a]", "unknown-anchor"),
        ("a: *b", "unknown-anchor"),
        ("[" * 100_000, "spec-too-deep"),
        ("{a: " * 100_000, "spec-too-deep"),
        ("- " * 100_000, "spec-too-deep"),
        ("? " * 100_000, "spec-too-deep"),
        ("- a\n" * 100_001, "spec-too-large"),
        ("a" * (1 << 20) + ": b", "spec-too-large"),
    ],
    ids=["bomb", "chain", "circle", "dangling", "brackets", "braces", "dashes", "marks", "values", "bytes"],
)
def test_stops_at_hostile_files(text, code):
    parsed = parse(text)
    assert parsed.root is None
    assert [finding.code for finding in parsed.findings] == [code]


@given(
    st.text(max_size=60)
    | st.text(alphabet="ab:-?[]{},&*!|>'\"%@`#\\ux0 \n\t~<=", max_size=40)
    | st.binary(max_size=40)
)
@example('"\\U00110000"')
@example("!<")
@example("%TAG ! x")
@example("&")
def test_never_raises(data):
    parsed = parse_yaml(data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass"), "a.yaml")
    assert parsed.root is not None or parsed.findings
