"""Templates keep every origin, or say that they cannot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitcorpus.compiler.filters import Names
from gitcorpus.compiler.templates import compile_template
from gitcorpus.errors import GitcorpusError
from gitcorpus.model.place import Oid, Place
from gitcorpus.model.traced import Piece, Source, TracedText, lines_of, text_of
from gitcorpus.model.view import SpecFile, Template

VIEW = SpecFile(path="specs/views/v.yaml", blob=Oid("1" * 40), commit=None)
A = Source("a.py", Oid("a" * 40), in_tree=True)
B = Source("b.py", Oid("b" * 40), in_tree=True)


def traced(text: str, source: Source = A) -> TracedText:
    return TracedText([Piece(text, source, 1)])


def names(one: str = "x = 1\ny = 2", other: str = "z = 3\n") -> dict:
    files = [
        Names({"text": traced(one), "inner": "a.py"}),
        Names({"text": traced(other, B), "inner": "b.py"}),
    ]
    return {"task": Names({"prompt": traced(one), "id": "add", "n": 3}), "files": files}


def render(text: str, values: dict | None = None) -> TracedText:
    lines = tuple(range(10, 10 + text.count("\n") + 1))
    template = Template(text=text, lines=lines, place=Place(path=VIEW.path, line=10, column=5))
    return compile_template(template, VIEW)(values or names())


def told(text: str) -> list[tuple[str, str, int, bool]]:
    return [(line.text, line.source.path, line.line, line.whole) for line in lines_of(render(text))]


X = ("x = 1", "a.py", 1, True)
Y = ("y = 2", "a.py", 2, True)
Z = ("z = 3", "b.py", 1, True)


def own(text: str, line: int = 10) -> tuple[str, str, int, bool]:
    return (text, VIEW.path, line, True)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ task.prompt }}", [X, Y]),
        (
            "Do {{ task.id }}:\n{{ task.prompt }}!",
            [own("Do add:"), X, ("y = 2!", "a.py", 2, False)],
        ),
        ("{{ files | join_files }}", [X, Y, Z]),
        (
            "{{ files | join_files(header='# {path}') | lines(1, 3) }}",
            [own("# a.py"), X, Y],
        ),
        (
            "{{ task.prompt | fence('py') }}",
            [own("```py"), X, Y, own("```")],
        ),
        ("{% for f in files %}{{ loop.index }}{% endfor %}", [own("12")]),
        ("{% if task.n > 2 %}{% set t %}{{ task.prompt }}{% endset %}{{ t }}{% endif %}", [X, Y]),
        ("{% macro m(t) %}{{ t }}{% endmacro %}{{ m(task.prompt) }}", [X, Y]),
        ("{{ task.prompt == 'x' }}", [own("False")]),
    ],
)  # fmt: skip
def test_every_line_keeps_its_origin(template, expected):
    assert told(template) == expected


@pytest.mark.parametrize(
    "touch",
    [
        "task.prompt.upper()", "task.prompt | upper", "task.prompt | trim", "task.prompt ~ 'x'", "task.prompt[0]",
        "task.prompt[:3]", "'%s' % task.prompt", "task.prompt + 'x'", "'x' + task.prompt", "task.prompt * 2",
        "[task.prompt] | join", "task.prompt | replace('x', 'y')", "task.prompt | first", "task", "files",
        "task.prompt.__class__", "none",
    ],
)  # fmt: skip
def test_whatever_would_lose_an_origin_says_which_filters_keep_it(touch):
    with pytest.raises(GitcorpusError) as caught:
        render("{{ " + touch + " }}")
    assert caught.value.code == "traced-text-touched"
    assert "join_files" in caught.value.hint
    assert caught.value.place == "specs/views/v.yaml:10:5"


@pytest.mark.parametrize(
    "hostile",
    [
        "{{ ''.__class__.__mro__ }}", "{{ task.__class__ }}", "{{ task._fields }}", "{{ 'a' * 999999999 }}",
        "{{ 9 ** 9 ** 9 }}", "{{ 'x'.ljust(999999999) }}", "{% include '/etc/passwd' %}", "{% import 'os' as os %}",
        "{{ self.__init__.__globals__ }}", "{% for f in files recursive %}{{ loop(files) }}{% endfor %}",
        "{{ '%999999999d' % 1 }}", "{% for a in files %}" * 4 + "{% endfor %}" * 4, "{{", "{{ 1 | attr('x') }}",
        "{{ '{0.__class__}'.format(task) }}",
    ],
)  # fmt: skip
def test_the_sandbox_ends_in_an_error_and_in_bounded_time(hostile):
    with pytest.raises(GitcorpusError) as caught:
        render(hostile)
    assert caught.value.code == "template-broken"


@pytest.mark.parametrize("missing", ["range", "cycler", "lipsum", "environment", "task.nope", "namespace"])
def test_an_unknown_name_is_named(missing):
    with pytest.raises(GitcorpusError) as caught:
        render("{{ " + missing + " }}" if "." in missing else "{{ " + missing + "() }}")
    assert caught.value.code == "name-unknown"
    assert missing.rsplit(".", maxsplit=1)[-1] in caught.value.sentence


def test_a_view_can_make_no_record_larger_than_memory():
    with pytest.raises(GitcorpusError, match="more text than a record may have"):
        render("{{ task.prompt }}" * 9, names("x" * (8 << 20)))


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r{}"), max_size=40)
PIECES = st.lists(
    st.one_of(
        TEXT,
        st.sampled_from(
            ["{{ task.prompt }}", "{{ files | join_files }}", "{{ task.id }}", "{{ task.prompt | fence }}"]
        ),
    ),
    max_size=6,
)


@given(PIECES, TEXT, TEXT)
def test_every_line_of_every_text_is_covered_exactly_once(pieces, one, other):
    text = render("".join(pieces), names(one, other))
    lines = lines_of(text)
    plain = text_of(text)
    assert "\n".join(line.text for line in lines) == plain.removesuffix("\n") or plain == "\n"
    assert len(lines) == plain.count("\n") + (bool(plain) and not plain.endswith("\n"))
    sources = {"a.py": one.split("\n"), "b.py": other.split("\n")}
    for line in lines:
        if line.whole and line.source.in_tree:
            assert sources[line.source.path][line.line - 1] in line.text
