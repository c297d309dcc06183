"""Named pieces of texts in whole lines, and texts without their comments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitcorpus.syntax.fragments import comments_in, pieces_in, without_comments


def pieces(text: str, language: str) -> list[tuple]:
    return [tuple(piece) for piece in pieces_in(text.encode(), language, None, None)]


def bare(text: str, language: str) -> str:
    data = text.encode()
    found = comments_in(data, language, None, None)
    return "\n".join(line.decode() for _, line in without_comments(data, found))


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("python", 'class A:\n    """Say."""\n\n    def f(self):\n        """Do."""\n        return 1\n',
         [("class", "A", 1, 6, 2, 2), ("function", "f", 4, 6, 5, 5)]),
        ("python", "@deco\ndef f():\n    return 1\n", [("function", "f", 1, 3, 0, 0)]),
        ("python", "def f(): return 1\n", [("function", "f", 1, 1, 0, 0)]),
        ("go", "package p\n\n// F does.\n// More.\nfunc F() {}\n", [("function", "F", 3, 5, 3, 4)]),
        ("rust", "/// Says.\n#[inline]\npub fn f() {}\n", [("function", "f", 1, 3, 1, 1)]),
        ("c", "/* does */\nint f(void) { return 1; }\n", [("function", "f", 1, 2, 1, 1)]),
        ("javascript", "/** Does. */\nexport function f() {}\n", [("function", "f", 1, 2, 1, 1)]),
        ("java", "/** A. */\nclass A {\n  /** F. */\n  void f() {}\n}\n",
         [("class", "A", 1, 5, 1, 1), ("method", "f", 3, 4, 3, 3)]),
        ("bash", "# Does.\nf() {\n  :\n}\n", [("function", "f", 1, 4, 1, 1)]),
        ("python", "x = 1; \\\ny = 2\n\x00", []),
    ],
)  # fmt: skip
def test_a_piece_has_its_lines_and_those_of_its_documentation(language, text, expected):
    assert pieces(text, language) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (
            "python",
            "#!/usr/bin/python\n# a\nx = 1  # b\ny = '# c'\n",
            "#!/usr/bin/python\nx = 1\ny = '# c'\n",
        ),
        ("c", "/* a\n b */ int x; /* c */ int y;\n// d\n", " int x;  int y;\n"),
        ("go", "package p // a\n\n/* b\nc\n*/\nvar x = 1\n", "package p\n\nvar x = 1\n"),
        ("python", "x = 1\n\n\ny = 2", "x = 1\n\n\ny = 2"),
    ],
)
def test_comments_go_and_what_is_left_stays_as_it_was(language, text, expected):
    assert bare(text, language) == expected


@given(
    st.text(st.sampled_from("ax#/*'\" \n"), max_size=40),
    st.sampled_from(["python", "c", "javascript", "bash"]),
)
def test_whatever_the_text_is_lines_keep_their_numbers_and_come_from_it(text, language):
    data = text.encode()
    kept = list(without_comments(data, comments_in(data, language, None, None)))
    lines = data.split(b"\n")
    assert [number for number, _ in kept] == sorted({number for number, _ in kept})
    for number, line in kept:
        assert len(line) <= len(lines[number - 1])
    for piece in pieces_in(data, language, None, None):
        assert 1 <= piece.first <= piece.last <= len(lines)
