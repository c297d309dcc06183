"""What formatters write is tidy; what nobody sees is found, and lines within strings belong to their writers."""

from pathlib import Path

import pytest

from gitcorpus.gates.tidy import IMPORTS, INDENT
from gitcorpus.syntax.tidy import blemishes

ROOT = Path(__file__).parents[2]


def found(text, language, **wanted):
    ready = {
        "indent": INDENT.get(language, 0),
        "max_line": 120,
        "line_ending": "lf",
        "trailing_blanks": True,
        "final_newline": True,
        "imports": language in IMPORTS,
    }
    data = text.encode() if isinstance(text, str) else text
    return [(each.code, each.line) for each in blemishes(data, language, ready | wanted, None)]


def test_what_ruff_formats_is_tidy():
    paths = sorted((ROOT / "gitcorpus").rglob("*.py"))
    assert len(paths) > 200
    assert {
        str(path): said for path in paths if (said := found(path.read_bytes(), "python", max_line=0))
    } == {}


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("python", "", []),
        ("python", "\n", []),
        ("python", "x = 1\n\n", [("final-newline", 2)]),
        ("python", "if a:\n\tb = 1\n", [("indentation", 2)]),
        ("python", "f(\n  a,\n   b)\n", []),
        ("python", 'x = """\n a \n  b\n"""\n', []),
        ("python", "x = 1  # a \n", [("trailing-blank", 1)]),
        ("python", "import b\n\nimport a\n", []),
        ("python", "from b import c\nimport a\n", []),
        ("python", "import b\nimport a\n", [("import-order", 2)]),
        ("python", "if a:\n   (\n", []),
        ("python", "# see https://corpus.example/" + "a" * 200 + "\n", []),
        ("python", b"x = 1\0  \n", [("trailing-blank", 1)][:0]),
        ("go", "package a\n\nfunc f() {\n\tg()\n}\n", []),
        ("go", "package a\n\nfunc f() {\n    g()\n}\n", [("indentation", 4)]),
        ("go", 'package a\n\nimport (\n\t"b"\n\t"a"\n)\n', [("import-order", 5)]),
        ("go", "package a\n\nvar x = `\n  a  \n`\n", []),
        ("bash", "cat <<end\n a  \n\tb\nend\n", []),
        ("bash", "if a; then\n\tb\nfi\n", []),
        ("javascript", "const a = `\n b  \n`;\nfunction f() {\n  g();\n}\n", []),
        ("javascript", "function f() {\n   g();\n}\n", [("indentation", 2)]),
        ("hcl", 'a "b" {\n  c = 1\n}\n', []),
        ("hcl", 'a "b" {\n    c = 1\n}\n', []),
        ("hcl", 'a "b" {\n   c = 1\n}\n', [("indentation", 2)]),
    ],
)
def test_layout(language, text, said):
    assert found(text, language) == said
