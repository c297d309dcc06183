"""What others may use, and what is said about it, in the convention of each language."""

import pytest

from gitcorpus.syntax.documented import symbols_of


def found(text, language):
    return [(each.kind, each.name, each.doc) for each in symbols_of(text.encode(), language, None, None)]


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("python", '"""A."""\n\n\ndef f():\n    pass\n', [("module", "", "A."), ("function", "f", None)]),
        (
            "python",
            "class A:\n    '''It is.'''\n\n    def b(self): pass\n\n    def _c(self): pass\n\n    class B: pass\n",
            [("module", "", None), ("class", "A", "It is."), ("method", "b", None), ("class", "B", None)],
        ),
        ("python", "@override\ndef f(): pass\n\n\n@a.setter\ndef g(): pass\n", [("module", "", None)]),
        ("go", "package a\n\n// F does.\nfunc F() {}\n\nfunc g() {}\n", [("function", "F", "F does.")]),
        ("go", "package a\n\n// F does.\n\nfunc F() {}\n", [("function", "F", None)]),
        (
            "go",
            "package a\n\n// T is.\ntype T struct{}\n\nfunc (t *T) M() {}\n",
            [("type", "T", "T is."), ("method", "M", None)],
        ),
        ("go", "package a\n\ntype t struct{}\n\nfunc (t *t) M() {}\n", []),
        (
            "javascript",
            "/** It does. */\nexport function f() {}\nfunction g() {}\n",
            [("function", "f", "It does.")],
        ),
        (
            "javascript",
            "// no\nexport class A {\n  /** It does. */\n  b() {}\n  #c() {}\n}\n",
            [("class", "A", None), ("method", "b", "It does.")],
        ),
        (
            "typescript",
            "/** It is. */\nexport interface A {}\nexport type B = A;\n",
            [("type", "A", "It is."), ("type", "B", None)],
        ),
        (
            "java",
            (
                "/** It is. */\npublic class A {\n  /** It does. */\n  @Test\n  public int f() { return 1; }\n"
                "  @Override\n  public int g() { return 1; }\n  int h() { return 1; }\n}\n"
            ),
            [("class", "A", "It is."), ("method", "f", "It does.")],
        ),
        (
            "rust",
            "/// It does.\n#[inline]\npub fn f() {}\nfn g() {}\npub struct A;\n",
            [("function", "f", "It does."), ("type", "A", None)],
        ),
        ("rust", "impl A {\n    /// It does.\n    pub fn f() {}\n}\n", [("function", "f", "It does.")]),
        (
            "c",
            "/* It does. */\nint f(int a) { return a; }\nstatic int g(void) { return 1; }\nint *h(void) { return 0; }",
            [("function", "f", "It does."), ("function", "h", None)],
        ),
        (
            "cpp",
            "namespace a {\n// It does.\nint f() { return 1; }\n/// It is.\nclass A {};\n}\n",
            [("function", "f", "It does."), ("class", "A", "It is.")],
        ),
        (
            "bash",
            "# It does.\nf() { :; }\n\n_g() { :; }\nh() { :; }\n",
            [("function", "f", "It does."), ("function", "h", None)],
        ),
        (
            "hcl",
            'variable "a" {\n  description = "It is."\n}\noutput "b" {}\nresource "c" "d" {}\n',
            [("variable", "a", "It is."), ("variable", "b", None)],
        ),
    ],
)
def test_public_symbols(language, text, said):
    assert found(text, language) == said


def test_parameters_and_what_is_returned():
    text = "def f(self, a, b: int = 1, *c, _d=2, **e):\n    if a:\n        return b\n\n\ndef g() -> None:\n    return\n"
    told = [
        (each.name, each.parameters, each.returns) for each in symbols_of(text.encode(), "python", None, None)
    ]
    assert told[1:] == [("f", ("a", "b", "c", "e"), True), ("g", (), False)]
    text = "public class A { public int f(int a, String b) { return a; } public void g() {} }"
    told = [
        (each.name, each.parameters, each.returns) for each in symbols_of(text.encode(), "java", None, None)
    ]
    assert told[1:] == [("f", ("a", "b"), True), ("g", (), False)]
