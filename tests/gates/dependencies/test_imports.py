"""What a text imports, and whether that is known."""

import pytest

from gitcorpus.gates.dependencies.imports import Known, missing
from gitcorpus.gates.manifests import Ecosystem
from gitcorpus.syntax.imported import imports_of


def found(language, text):
    return [tuple(each) for each in imports_of(text.encode(), language, None, None)]


@pytest.mark.parametrize(
    ("language", "text", "imports"),
    [
        (
            "python",
            (
                "import a.b, c as d\nfrom . import e\nfrom f.g import (\n  h,\n"
                "  i as j,\n)\nfrom k import *\n\n\ndef l():\n    import m\n"
            ),
            [("a.b", 1), ("c", 1), ("f.g.h", 3), ("f.g.i", 3), ("k", 7), ("m", 11)],
        ),
        (
            "javascript",
            (
                'import a from "a";\nimport "b";\nexport { c } from "@c/d/e";\n'
                'const f = require("f");\nimport("g");\nrequire(h);\nimport(`i${j}`);\n'
            ),
            [("a", 1), ("b", 2), ("@c/d/e", 3), ("f", 4), ("g", 5)],
        ),
        ("typescript", 'import type { A } from "a";\nimport b = require("b");\n', [("a", 1), ("b", 2)]),
        (
            "go",
            'package a\n\nimport "fmt"\nimport (\n\tx "b.c/d"\n\t_ "e"\n)\n',
            [("fmt", 3), ("b.c/d", 5), ("e", 6)],
        ),
        (
            "rust",
            (
                "use a::b;\nuse {c::d, e as f};\nextern crate g;\nmod h;\n"
                "use h::i;\nuse crate::j;\nuse std::fmt;\nenum K { L }\nuse K::L;\n"
            ),
            [("a", 1), ("c", 2), ("e", 2), ("g", 3), ("std", 7)],
        ),
    ],
)
def test_imports(language, text, imports):
    assert found(language, text) == imports


KNOWN = Known(
    declared=frozenset(
        {
            "requests",
            "pillow",
            "google-cloud-storage",
            "left-pad",
            "@types/node-fetch",
            "x.org/text",
            "serde-json",
            "odd",
        }
    ),
    own=frozenset({"mine", "x.org/me"}),
    provides={"strange": frozenset({"odd"})},
)


@pytest.mark.parametrize(
    ("ecosystem", "path", "package"),
    [
        ("pypi", "os.path", ""),
        ("pypi", "requests.adapters", ""),
        ("pypi", "PIL.Image", ""),
        ("pypi", "google.cloud.storage.Client", ""),
        ("pypi", "mine.inner", ""),
        ("pypi", "strange", ""),
        ("pypi", "yaml", "pyyaml"),
        ("pypi", "numpy.linalg", "numpy"),
        ("npm", "fs/promises", ""),
        ("npm", "node:test", ""),
        ("npm", "./near", ""),
        ("npm", "left-pad/lib", ""),
        ("npm", "node-fetch", ""),
        ("npm", "@a/b/c", "@a/b"),
        ("go", "net/http", ""),
        ("go", "x.org/text/language", ""),
        ("go", "x.org/textual", "x.org/textual"),
        ("go", "x.org/me/inner", ""),
        ("cargo", "std", ""),
        ("cargo", "serde_json", ""),
        ("cargo", "rand", "rand"),
    ],
)
def test_what_must_be_declared(ecosystem, path, package):
    assert missing(Ecosystem(ecosystem), path, KNOWN) == package
