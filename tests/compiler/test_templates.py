"""Templates keep every origin, or say that they cannot."""

import time

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
        "[task.prompt] | join", "task.prompt | replace('x', 'y')", "task.prompt | first", "task.prompt.__class__",
        "task.prompt is iterable", "task.prompt | join", "['x', task.prompt] | join(', ')", "'x' ~ task.prompt",
        "task.prompt['upper']", "files | join(',', 'text')", "-1 * task.prompt",
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
        "{{ '{0.__class__}'.format(task) }}", "{{ '{:>999999999}'.format(1) }}",
        "{{ '{x:>999999999}'.format_map({'x': 1}) }}",
        # doubling
        "{% set a = 'x' %}" + "{% set a = a ~ a ~ a ~ a %}" * 40 + "{{ a | length }}",
        "{% set a = 'x' %}" + "{% set a = a + a %}" * 60 + "{{ a | length }}",
        "{% set a = ['x'] %}" + "{% set a = a + a %}" * 60 + "{{ a | length }}",
        "{% set a = task.prompt %}" + "{% set a = a + a %}" * 60 + "{{ a }}",
        "{% set a = task.prompt %}" + "{% set a %}{{ a }}{{ a }}{% endset %}" * 60 + "{{ a }}",
        "{% set a = 9 %}" + "{% set a = a * a %}" * 60 + "{{ a }}",
        "{{ 'xxxxxxxxxx'" + " | replace('x', 'xxxxxxxxxx')" * 20 + " | length }}",
        "{{ ['x', 'x'] | join('" + "y" * 200_000 + "') | replace('y', 'yyyyyyyyyy') }}",
        # going on
        "{% set a = '" + "y" * 2000 + "' %}{% for i in a %}{% for j in a %}{% endfor %}{% endfor %}",
        "{% macro m(n) %}{% if n %}{% set x = m(n - 1) %}{% set y = m(n - 1) %}{% endif %}{% endmacro %}{{ m(99) }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{{ " + "(" * 2000 + "1" + ")" * 2000 + " }}",
        "{{ 1" + " + 1" * 5000 + " }}", "{% if 1 %}" * 300 + "{% endif %}" * 300,
        # past the environment
        "{% filter upper %}x{% endfilter %}", "{% filter length %}x{% endfilter %}", "{% block b %}{% endblock %}",
        "{% set a | upper %}x{% endset %}{{ a }}", "{% autoescape true %}{{ task.prompt }}{% endautoescape %}",
        "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}x{% endcall %}", "{% extends 'x' %}", "{{ self }}",
        # what is not there to be printed, or not the kind that is asked for
        "{{ 1 // 0 }}", "{{ 1 % 0 }}", "{{ 0.5 }}", "{{ none }}", "{{ task }}", "{{ files }}", "{{ {} }}",
        "{% for f in task %}{% endfor %}", "{% for f in 9 %}{% endfor %}", "{{ task | join_files }}",
        "{{ [task] | join_files }}", "{{ [1] | join_files }}", "{{ files | join_files(task.prompt) }}",
        "{{ files | join_files(1) }}", "{{ 'x' | fence }}", "{{ task.prompt | fence(task.prompt) }}",
        "{{ task.prompt | lines('1', 2) }}", "{{ task.prompt | lines }}", "{{ task.n | replace('1', '2') }}",
        "{{ 'x' | replace('', 'y') }}", "{{ [files] | join }}", "{{ files | sort }}", "{{ task.prompt < 'x' }}",
    ],
)  # fmt: skip
def test_the_sandbox_ends_in_an_error_and_in_bounded_time(hostile):
    started = time.monotonic()
    with pytest.raises(GitcorpusError) as caught:
        render(hostile)
    assert caught.value.code == "template-broken"
    assert time.monotonic() - started < 20


def test_reading_the_same_text_again_and_again_is_counted():
    rounds = "{% for a in files %}" * 3 + "{% if 'z' in task.prompt %}{% endif %}" + "{% endfor %}" * 3
    many = names("x" * (4 << 20)) | {"files": names()["files"] * 3}
    with pytest.raises(GitcorpusError, match="again and again"):
        render(rounds, many)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\ntwo\n{{ task.prompt.upper() }}\nfour", 12),
        ("one\n{{ task.id }} {{ task.prompt |\n  upper }}", 12),
        ("{% for f in files %}\n{{ f.text }}\n{{ f.text ~ 1 }}{% endfor %}", 12),
        ("{{ task.id }}\n{{ task.nope }}", 11),
        ("{% macro m(t) %}\n{{ t ~ 1 }}{% endmacro %}\n{{ m(task.prompt) }}", 11),
        ("one\n{{ 1 // 0 }}", 11),
        ("one\ntwo {{ task.prompt | nofilter }}", 11),
        ("one\n\n{% if %}", 12),
        ("one\n{% include 'x' %}", 11),
    ],
)
def test_a_fault_is_said_at_its_line(text, line):
    with pytest.raises(GitcorpusError) as caught:
        render(text)
    assert caught.value.place == f"specs/views/v.yaml:{line}"


@pytest.mark.parametrize(
    ("template", "sentence", "hint"),
    [
        ("{{ files | join_file }}", "there is no filter `join_file`", "did you mean `join_files`?"),
        ("{{ task }}", "a row cannot be printed; print one of its fields", ""),
        ("{{ task.nope }}", "there is no field `nope`", "names here: files, task"),
        ("{{ nope }}", "there is no name `nope`", "names here: files, task"),
    ],
)
def test_a_fault_says_what_to_do(template, sentence, hint):
    with pytest.raises(GitcorpusError) as caught:
        render(template)
    assert (caught.value.sentence, caught.value.hint) == (sentence, hint)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ 'a' if false }}", ""),
        ("{{ task.n + 1 }} {{ 7 // 2 }} {{ -task.n }}", "4 3 -3"),
        ("{{ 'a' ~ 1 ~ 'b' }}{{ 'c' + 'd' }}", "a1bcd"),
        ("{{ ['b', 'a'] | sort | join(', ') | upper | replace('A', 'x') }}", "x, B"),
        ("{{ files | join(',', 'inner') }}", "a.py,b.py"),
        ("{{ task.prompt | length }} {{ files | count }} {{ files | length }}", "11 2 2"),
        ("{% for f in files if f.inner != 'a.py' %}{{ f.inner }}{% else %}none{% endfor %}", "b.py"),
        ("{% for f in [] %}{% else %}none{% endfor %}", "none"),
        ("{% for f in files %}{{ loop.cycle('x', 'y') }}{{ ', ' if not loop.last }}{% endfor %}", "x, y"),
        ("{% if 'x' in task.prompt and 'q' not in task.prompt %}yes{% endif %}", "yes"),
        ("{{ task.prompt | fence(none) }}", "```\nx = 1\ny = 2\n```"),
        ("{{ task.nope | default('none') }}", "none"),
        ("{{ 'inner' in files[0] }} {{ task.prompt is string }}", "True False"),
        ("{% raw %}{{ x }}{% endraw %}{# nothing #}", "{{ x }}"),
        ("{{ (task.prompt + task.prompt) | lines(2, 2) }}", "y = 2x = 1\n"),
        ("{{ files | first | length if false else 'z' }}", "z"),
    ],
)
def test_templates_can_do_what_views_need(template, expected):
    assert text_of(render(template)) == expected


def test_a_fence_is_longer_than_any_within():
    text = text_of(render("{{ task.prompt | fence }}", names("a ```` b\n```\n")))
    assert text == "`````\na ```` b\n```\n`````"


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
